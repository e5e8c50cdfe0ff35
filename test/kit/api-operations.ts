/** The operations that the OpenAPI document of a running app lists, and requests that each of them takes. */

export interface ApiSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly allOf?: readonly ApiSchema[];
  readonly oneOf?: readonly ApiSchema[];
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, ApiSchema>>;
}

type Content = Readonly<Record<string, { readonly schema: ApiSchema }>>;

export interface ApiOperation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: ApiSchema }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

/** The document as it is served. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Omit<ApiOperation, 'method' | 'path'>>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, ApiSchema>> };
}

export async function readApiDocument(url: string): Promise<ApiDocument> {
  return (await (await fetch(`${url}/docs-json`)).json()) as ApiDocument;
}

export function operationsOf({ paths }: ApiDocument): ApiOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      ...operation,
      parameters: operation.parameters ?? [],
      method: method.toUpperCase(),
      path,
    })),
  );
}

const ENTITY = { kind: 'Entity', name: 'account', joinKeys: [{ name: 'account', type: 'string' }] };
const STREAM = {
  kind: 'Source',
  name: 'payments',
  type: 'stream',
  fields: { id: 'string', at: 'timestamp', account: 'string', amount: 'float', cents: 'int', note: 'string' },
  timestampField: 'at',
  idField: 'id',
};
const PUSHES = {
  kind: 'Source',
  name: 'profiles',
  type: 'push',
  fields: { account: 'string', at: 'timestamp', segment: 'string', taste: 'embedding' },
  timestampField: 'at',
};
const AGGREGATED = {
  kind: 'FeatureGroup',
  name: 'account_payments',
  entity: 'account',
  source: 'payments',
  where: 'amount > 0.0',
  derive: { large: 'amount > 100.0 ? 1 : 0' },
  aggregations: [
    { of: 'amount', functions: ['sum', 'mean'], windows: ['1h', 'lifetime'] },
    { of: 'large', functions: ['sum', { last_k: 3 }], windows: ['24h', { records: 10 }] },
  ],
  ttl: '7d',
};
/** Cannot apply an event whose note is no number. */
const STRICT = {
  kind: 'FeatureGroup',
  name: 'account_notes',
  entity: 'account',
  source: 'payments',
  derive: { number: 'int(note)' },
  aggregations: [{ of: 'number', functions: ['sum'], windows: ['1h'] }],
};
const PUSHED = {
  kind: 'FeatureGroup',
  name: 'account_profile',
  entity: 'account',
  source: 'profiles',
  features: [
    { name: 'segment', type: 'string', default: 'new' },
    { name: 'taste', type: 'embedding', dimensions: 2 },
  ],
};
const DERIVED = {
  kind: 'DerivedFeatureGroup',
  name: 'account_risk',
  inputs: ['account_payments'],
  requestFields: { limit: 'float' },
  features: [{ name: 'share', type: 'float', expression: 'amount_sum_1h / limit' }],
};
const SERVICE = {
  kind: 'FeatureService',
  name: 'risk',
  features: ['account_payments', 'account_profile', 'account_risk'],
  by: 'account',
  variants: [
    { name: 'control', weight: 90 },
    { name: 'bare', weight: 10, features: ['account_payments@1:amount_sum_1h'] },
  ],
};

/** One of every kind, and what every kind may say. */
export const EXAMPLE_DEFINITIONS = [ENTITY, STREAM, PUSHES, AGGREGATED, STRICT, PUSHED, DERIVED, SERVICE];

/** An event that `account_notes` cannot apply: it leaves a dead letter. */
export const POISON_EVENT = { id: 'p0', at: '2001-01-01T00:00:00Z', account: 'ada', amount: 1, note: 'none' };

/** By operation: a body that it takes when the example definitions are applied. */
export const EXAMPLE_BODIES: Readonly<Record<string, unknown>> = {
  'POST /v1/events/{source}': [
    { id: 'p1', at: '2001-01-01T00:00:00Z', account: 'ada', amount: 1.5, cents: 150, note: '7' },
  ],
  'POST /v1/features': {
    service: 'risk',
    entities: [{ account: 'ada' }, { account: 'bob' }],
    request: [{ limit: 1.5 }, { limit: null }],
    asOf: '2030-01-01T00:00:00Z',
    evidence: true,
    waitMs: 1,
  },
  'POST /v1/apply': { definitions: EXAMPLE_DEFINITIONS, dryRun: true },
  'PUT /v1/entities/{name}': ENTITY,
  'PUT /v1/sources/{name}': STREAM,
  'PUT /v1/feature-groups/{name}': AGGREGATED,
  'PUT /v1/derived-feature-groups/{name}': DERIVED,
  'PUT /v1/feature-services/{name}': SERVICE,
  'POST /v1/keys': { name: 'example', scopes: ['read'], patterns: ['a*'], expiresAt: '2099-01-01T00:00:00Z' },
  'POST /get-online-features': {
    feature_service: 'risk',
    entities: { account: ['ada', 'bob'], limit: [1.5, 2] },
    full_feature_names: true,
  },
  'POST /push': {
    push_source_name: 'profiles',
    df: { account: ['ada'], at: ['2001-01-01T00:00:00Z'], segment: ['gold'], taste: [[0.5, 1]] },
    to: 'online',
  },
  'POST /write-to-online-store': {
    feature_view_name: 'account_profile',
    df: { account: ['ada'], event_timestamp: ['2001-01-01T00:00:00'], segment: [null], taste: [null] },
  },
};

/** By operation or by the beginning of its path: what stands in for `{name}` and its like. */
const EXAMPLE_NAMES: readonly (readonly [path: string, names: Readonly<Record<string, string>>])[] = [
  ['/v1/events/', { source: 'payments' }],
  ['/v1/entities/', { name: 'account', version: '1' }],
  ['/v1/sources/', { name: 'payments', version: '1' }],
  ['/v1/feature-groups/', { name: 'account_payments', version: '1' }],
  ['/v1/derived-feature-groups/', { name: 'account_risk', version: '1' }],
  ['/v1/feature-services/', { name: 'risk', version: '1' }],
  ['/v1/lineage/', { kind: 'features', name: 'account_payments:amount_sum_1h' }],
];

/** The path with what exists when the example definitions are applied; `names` come first. */
export function examplePath(path: string, names: Readonly<Record<string, string>> = {}): string {
  const [, known = {}] = EXAMPLE_NAMES.find(([prefix]) => path.startsWith(prefix)) ?? [];
  return path.replaceAll(/\{([^}]+)\}/g, (_, name: string) =>
    encodeURIComponent(names[name] ?? known[name] ?? 'none'),
  );
}
