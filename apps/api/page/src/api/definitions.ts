import type { Api } from './api.js';

/** The kinds of definitions, by the path of the API that lists them. */
export type Kind = 'entities' | 'sources' | 'feature-groups' | 'derived-feature-groups' | 'feature-services';

/** A definition as it is registered. Members that its kind does not have are absent. */
export interface Stored<D extends Definition = Definition> {
  readonly definition: D;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt?: string;
}

export interface Definition {
  readonly kind: string;
  readonly name: string;
  readonly description?: string;
  readonly owner?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface EntityDefinition extends Definition {
  readonly joinKeys: readonly { readonly name: string; readonly type: string }[];
  readonly partitions?: number;
}

export interface SourceDefinition extends Definition {
  readonly type: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly timestampField: string;
  readonly idField?: string;
  readonly dedupHorizon?: string;
}

export interface FeatureGroupDefinition extends Definition {
  readonly kind: 'FeatureGroup';
  readonly entity: string;
  readonly source: string;
  readonly keys?: Readonly<Record<string, string>>;
  readonly where?: string;
  readonly derive?: Readonly<Record<string, string>>;
  readonly aggregations?: readonly {
    readonly of?: string;
    readonly by?: string;
    readonly where?: string;
    readonly functions: readonly unknown[];
    readonly windows: readonly unknown[];
  }[];
  readonly features?: readonly {
    readonly name: string;
    readonly type: string;
    readonly dimensions?: number;
  }[];
  readonly ttl?: string;
  readonly freshness?: { readonly target: string };
}

export interface DerivedFeatureGroupDefinition extends Definition {
  readonly kind: 'DerivedFeatureGroup';
  readonly inputs: readonly string[];
  readonly requestFields?: Readonly<Record<string, string>>;
  readonly features: readonly { readonly name: string; readonly type: string; readonly expression: string }[];
}

export interface FeatureServiceDefinition extends Definition {
  /** `group`, `group@version`, `group:feature` … */
  readonly features: readonly string[];
  /** The entity that decides over variants. */
  readonly by?: string;
  readonly variants?: readonly VariantDefinition[];
}

export interface VariantDefinition {
  readonly name: string;
  readonly weight: number;
  /** Absent: those of the service. */
  readonly features?: readonly string[];
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

export interface PageRequest {
  readonly limit: number;
  readonly after?: string;
  /** Part of the name or the description. */
  readonly text?: string;
}

export async function listDefinitions<D extends Definition>(
  api: Api,
  kind: Kind,
  { limit, after, text }: PageRequest,
  signal: AbortSignal,
): Promise<Page<Stored<D>>> {
  const query = new URLSearchParams({ limit: String(limit) });
  if (after !== undefined) query.set('after', after);
  if (text !== undefined && text !== '') query.set('text', text);
  return (await api.get(`v1/${kind}?${query}`, signal)) as unknown as Page<Stored<D>>;
}

/** More than this, and a person looks for a name instead of picking from a list. */
const SERVICES_MAX = 2_000;
const PAGE_LIMIT = 500;

export async function listServices(
  api: Api,
  signal: AbortSignal,
): Promise<Stored<FeatureServiceDefinition>[]> {
  const services: Stored<FeatureServiceDefinition>[] = [];
  let after: string | undefined;
  do {
    const request = { limit: PAGE_LIMIT, ...(after !== undefined && { after }) };
    const page = await listDefinitions<FeatureServiceDefinition>(api, 'feature-services', request, signal);
    services.push(...page.items);
    after = page.next;
  } while (after !== undefined && services.length < SERVICES_MAX);
  return services;
}

/** The definition, or the one that it was at a version. @throws ApiFault NOT_FOUND */
export async function findDefinition<D extends Definition>(
  api: Api,
  kind: Kind,
  name: string,
  version: number | undefined,
  signal: AbortSignal,
): Promise<D> {
  const path = `v1/${kind}/${encodeURIComponent(name)}${version === undefined ? '' : `/versions/${version}`}`;
  const { definition } = (await api.get(path, signal)) as unknown as Stored<D>;
  return definition;
}
