/** Requests that an operation's own schemas do not allow. */
import type { ApiDocument, ApiOperation, ApiSchema } from '../../kit/index.js';

export interface ContractRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What is wrong with it; for messages. */
  readonly what: string;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const NO_SUCH = 'no_such_thing';

/** @param rightPath the path of a request that is taken. */
export function* wrongRequests(
  operation: ApiOperation,
  { components: { schemas } }: ApiDocument,
  { rightPath, example, bodyBytesMax }: { rightPath: string; example: unknown; bodyBytesMax: number },
): Generator<ContractRequest> {
  const { method, path, parameters, requestBody } = operation;
  const body = requestBody && JSON.stringify(example);
  const base = {
    method,
    path: rightPath,
    headers: body === undefined ? {} : JSON_TYPE,
    ...(body && { body }),
  };
  for (const { name, in: place, schema } of parameters) {
    if (place === 'path') {
      yield { ...base, path: withoutParameter(path, rightPath, name), what: `the path's ${name} is unknown` };
    }
    if (place !== 'query') continue;
    for (const wrong of wrongTexts(schema)) {
      yield { ...base, path: `${rightPath}?${name}=${wrong}`, what: `the query's ${name} is ${wrong}` };
    }
  }
  const content = requestBody?.content['application/json'];
  if (content === undefined) return;
  yield { ...base, body: '{', what: 'the body is no JSON' };
  yield { ...base, body: '', what: 'the body is empty' };
  yield { ...base, body: JSON.stringify('x'.repeat(bodyBytesMax)), what: 'the body is over the limit' };
  yield { ...base, headers: { 'content-type': 'text/plain' }, what: 'the content type is another' };
  const schema = resolved(content.schema, schemas);
  if (schema.type !== 'object' || schema.properties === undefined) return;
  yield { ...base, body: '[]', what: 'the body is a list' };
  const whole = example as Readonly<Record<string, unknown>>;
  for (const name of schema.required ?? []) {
    // What the path says already need not be said again.
    if (rightPath !== path && ['kind', 'name'].includes(name)) continue;
    yield { ...base, body: JSON.stringify({ ...whole, [name]: undefined }), what: `${name} is missing` };
  }
  for (const [name, member] of Object.entries(schema.properties)) {
    const wrong = wrongValue(resolved(member, schemas));
    if (wrong === undefined) continue;
    yield {
      ...base,
      body: JSON.stringify({ ...whole, [name]: wrong }),
      what: `${name} is ${JSON.stringify(wrong)}`,
    };
  }
}

/** The right path with one of its places replaced. */
function withoutParameter(template: string, rightPath: string, name: string): string {
  const places = template.split('/');
  return rightPath
    .split('/')
    .map((text, i) => (places[i] === `{${name}}` ? NO_SUCH : text))
    .join('/');
}

function wrongTexts({ type, enum: choices, minimum, maximum }: ApiSchema): string[] {
  if (choices) return [NO_SUCH];
  if (type !== 'number' && type !== 'integer') return [];
  const beyond = [
    minimum === undefined ? [] : [minimum - 1],
    maximum === undefined ? [] : [maximum + 1],
  ].flat();
  return ['x', '1.5', ...beyond.map(String)];
}

/** A value of no type that the schema allows; undefined where it allows any. */
function wrongValue({ type, enum: choices, oneOf }: ApiSchema): unknown {
  if (choices) return NO_SUCH;
  if (oneOf) return true;
  if (type === undefined) return undefined;
  return type === 'string' || type === 'boolean' ? { wrong: 1 } : 'wrong';
}

function resolved(schema: ApiSchema, schemas: ApiDocument['components']['schemas']): ApiSchema {
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
  return reference === undefined ? schema : (schemas[reference.split('/').at(-1) ?? ''] ?? schema);
}
