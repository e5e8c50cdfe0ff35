/**
 * What can be read and sent, as types: `CatalogOf<typeof repository>` of @millrace/define is one, and one may be
 * written by hand for definitions in YAML.
 */
export interface Catalog {
  readonly services: {
    readonly [Service: string]: {
      /** Join keys of every entity that the service reads. */
      readonly row: object;
      /** What its derived features need of the request. */
      readonly request: object;
      readonly features: object;
    };
  };
  /** Events by source. */
  readonly sources: { readonly [Source: string]: object };
}

type Row = Readonly<Record<string, unknown>>;

/** For a client without definitions: any name, any row, values of unknown type. */
export interface AnyCatalog {
  readonly services: {
    readonly [Service: string]: { readonly row: Row; readonly request: object; readonly features: Row };
  };
  readonly sources: { readonly [Source: string]: Row };
}
