import type { Catalog } from './catalog.js';
import type { CallOptions, Exchange } from './exchange.js';

/** What stands behind a value; all but PRESENT come with null or the feature's default. */
export type Status = 'PRESENT' | 'NULL_VALUE' | 'NOT_FOUND' | 'OUTSIDE_MAX_AGE' | 'INVALID';

/** The features of one row, finished at one instant. */
export interface FeatureVector<Row, Features> {
  readonly entity: Row;
  /** Which variant of the service the entity belongs to, where it has some. */
  readonly variant?: string;
  /** The instant of the read. */
  readonly asOf: string;
  readonly values: Features;
  readonly statuses: { readonly [Name in keyof Features]: Status };
  /** Event time of the newest event behind each value. */
  readonly eventTimes: { readonly [Name in keyof Features]: string | null };
  /** Why each value is what it is; on request. */
  readonly evidence?: { readonly [Name in keyof Features]: Evidence | null };
  /** Groups that could not be read for this row, and why. */
  readonly faults?: Readonly<Record<string, string>>;
}

export interface Evidence {
  readonly exact: boolean;
  /** Events in the window. */
  readonly events: number;
  readonly [member: string]: unknown;
}

export interface ReadOptions extends CallOptions {
  /** Not before the newest event applied to the entity. */
  readonly asOf?: string | number | Date;
  readonly evidence?: boolean;
  /** `position` of a receipt: the read waits until those events are applied. */
  readonly minPosition?: string;
  /** How long to wait for `minPosition`. */
  readonly waitMs?: number;
}

type Services<C extends Catalog> = C['services'];
type ServiceName<C extends Catalog> = keyof Services<C> & string;

type VectorOf<C extends Catalog, S extends ServiceName<C>> = FeatureVector<
  Services<C>[S]['row'],
  Services<C>[S]['features']
>;

/** Options, with the request's fields where the service needs some: one object of them per row. */
type Arguments<Request, Given> = object extends Request
  ? [options?: ReadOptions & { readonly request?: Given }]
  : [options: ReadOptions & { readonly request: Given }];

interface OptionsWith<Request> extends ReadOptions {
  readonly request?: Request;
}

type UntypedVector = FeatureVector<object, Readonly<Record<string, unknown>>>;

interface Answer<Vector> {
  readonly asOf: string;
  readonly results: readonly (Vector & { readonly asOf?: string })[];
}

/** Reads of feature vectors. */
export class FeatureReads<C extends Catalog> {
  constructor(
    private readonly exchange: Exchange,
    private readonly apiUrl: string,
  ) {}

  /** The features that a service serves, of one row: `get('fraud_detection', { customer_id })`. */
  async get<S extends ServiceName<C>>(
    service: S,
    row: Services<C>[S]['row'],
    ...options: Arguments<Services<C>[S]['request'], Services<C>[S]['request']>
  ): Promise<VectorOf<C, S>> {
    const [{ request, ...rest } = {}] = options as [OptionsWith<object>?];
    const [vector] = await this.read<VectorOf<C, S>>({ service }, [row], request && [request], rest);
    if (vector === undefined) throw new TypeError('the answer has no row');
    return vector;
  }

  /** The same for many rows, read in one round trip; `request` has one object per row. */
  async getMany<S extends ServiceName<C>>(
    service: S,
    rows: readonly Services<C>[S]['row'][],
    ...options: Arguments<Services<C>[S]['request'], readonly Services<C>[S]['request'][]>
  ): Promise<readonly VectorOf<C, S>[]> {
    const [{ request, ...rest } = {}] = options as [OptionsWith<readonly object[]>?];
    return this.read({ service }, rows, request, rest);
  }

  /** Single features, as `group:feature`; their types are not known. */
  async select(
    features: readonly string[],
    rows: readonly object[],
    { request, ...options }: OptionsWith<readonly object[]> = {},
  ): Promise<readonly UntypedVector[]> {
    return this.read({ features }, rows, request, options);
  }

  private async read<Vector extends UntypedVector | FeatureVector<object, object>>(
    selection: { readonly service: string } | { readonly features: readonly string[] },
    entities: readonly object[],
    request: readonly object[] | undefined,
    { signal, timeoutMs, ...options }: ReadOptions,
  ): Promise<readonly Vector[]> {
    const answer = (await this.exchange.post({
      url: new URL('/v1/features', this.apiUrl),
      body: { ...selection, entities, ...(request && { request }), ...options },
      ...(signal && { signal }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    })) as Answer<Vector>;
    // A row read later than the others, its newest event being ahead, says so itself.
    return answer.results.map((vector) => ({ ...vector, asOf: vector.asOf ?? answer.asOf }));
  }
}
