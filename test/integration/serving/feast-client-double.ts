/**
 * A double of how Feast's Python client reads our answers (RemoteOnlineStore in Feast 0.67): what it parses,
 * which types it infers from single values, and which exceptions it raises. It is as strict as the original;
 * `npm run test:feast` runs the original itself.
 */
import { isInteger, parse } from 'lossless-json';

/** What the client makes of one value: a protobuf Value by the name of its field. */
export interface ProtoValue {
  readonly type: string;
  readonly value: unknown;
}

export interface FeastColumn {
  readonly values: readonly ProtoValue[];
  readonly statuses: readonly string[];
}

/** An exception of `feast.errors`, made from a double-encoded body. */
export class FeastException extends Error {
  constructor(
    readonly status: number,
    readonly className: string,
    message: string,
  ) {
    super(message);
  }
}

const NONE: ProtoValue = { type: 'none', value: null };
const STATUSES = ['INVALID', 'PRESENT', 'NULL_VALUE', 'NOT_FOUND', 'OUTSIDE_MAX_AGE'];

/** Python's `store.get_online_features(...)`: columns by name. @throws FeastException, TypeError. */
export async function getOnlineFeatures(
  url: string,
  body: Readonly<Record<string, unknown>>,
): Promise<ReadonlyMap<string, FeastColumn>> {
  const response = await post(`${url}/get-online-features`, body);
  const json = parsePython(await response.text()) as {
    metadata: { feature_names: string[] };
    results: { values: unknown[]; statuses: string[]; event_timestamps?: string[] }[];
  };
  const names = json.metadata.feature_names;
  if (names.length !== json.results.length) throw new TypeError('a result per feature name was expected');
  return new Map(
    json.results.map((result, i) => {
      for (const text of result.event_timestamps ?? []) fromIsoFormat(text.replace('Z', '+00:00'));
      const statuses = result.statuses.map((status) => (STATUSES.includes(status) ? status : 'INVALID'));
      return [names[i] ?? '', { values: result.values.map(protoValue), statuses }];
    }),
  );
}

/** Python's `store.write_to_online_store(...)` and pushes: any status but 200 is an error. */
export async function write(url: string, path: string, body: unknown): Promise<string> {
  const response = await post(`${url}${path}`, body);
  return response.text();
}

async function post(url: string, body: unknown): Promise<Response> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.ok) return response;
  // `FeastError.from_error_detail(response.json())`: the JSON is a string whose content is JSON.
  const detail = JSON.parse(await response.text()) as string;
  const error = JSON.parse(detail) as { module: string; class: string; message: string };
  if (error.module !== 'feast.errors') throw new TypeError(`no module ${error.module}`);
  throw new FeastException(response.status, error.class, error.message);
}

class PythonInt {
  constructor(readonly digits: string) {}
}
class PythonFloat {
  constructor(readonly value: number) {}
}

/** `json.loads`: a number with a fraction or an exponent is a float, any other an int of any size. */
function parsePython(text: string): unknown {
  return parse(text, null, (number) =>
    isInteger(number) ? new PythonInt(number) : new PythonFloat(Number(number)),
  );
}

/** `python_values_to_proto_values([value])`. */
function protoValue(value: unknown): ProtoValue {
  if (value === null) return NONE;
  if (Array.isArray(value)) return protoList(value);
  const scalar = protoScalar(value);
  if (scalar) return scalar;
  const entries = Object.entries(value as object);
  if (entries.length === 0) throw new TypeError("Couldn't infer value type from empty value");
  return { type: 'map', value: Object.fromEntries(entries.map(([key, each]) => [key, protoValue(each)])) };
}

function protoList(items: readonly unknown[]): ProtoValue {
  if (items.length === 0) throw new TypeError("Couldn't infer value type from empty value");
  const protos = items.map(protoScalar);
  const [first] = protos;
  if (!first || protos.some((item) => item?.type !== first.type)) {
    throw new TypeError('List value type is inconsistent');
  }
  return { type: `${first.type}_list`, value: protos.map((item) => item?.value) };
}

function protoScalar(value: unknown): ProtoValue | undefined {
  if (value instanceof PythonInt) {
    const int = BigInt(value.digits);
    if (BigInt.asIntN(64, int) !== int) throw new TypeError(`Value out of range: ${int}`);
    return { type: 'int64', value: int };
  }
  if (value instanceof PythonFloat) return { type: 'double', value: value.value };
  if (typeof value === 'string') return { type: 'string', value };
  return typeof value === 'boolean' ? { type: 'bool', value } : undefined;
}

/** `datetime.fromisoformat` of Python 3.10: 0, 3 or 6 digits of a second and a numeric offset. */
function fromIsoFormat(text: string): void {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3}|\.\d{6})?\+\d\d:\d\d$/.test(text)) {
    throw new TypeError(`Invalid isoformat string: ${text}`);
  }
}
