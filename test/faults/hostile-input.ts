import { gzipSync } from 'node:zlib';
import { examplePath, type ApiOperation } from '../kit/index.js';
import type { RawRequest } from './raw-http.js';

const MIB = 1024 * 1024;

/** Values that break what trusts its input; as JSON text, since some of them no JSON.stringify writes. */
const HOSTILE_VALUES: readonly string[] = [
  'null',
  'true',
  '-0',
  '1e400',
  '-1e400',
  '9007199254740993',
  '-9223372036854775809',
  '1e-400',
  '0.1',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"../../etc/passwd"',
  '"__proto__"',
  '"constructor"',
  '"2001-02-30T25:61:61Z"',
  '"\'; DROP TABLE definitions; --"',
  JSON.stringify('x'.repeat(65_537)),
  JSON.stringify('é|\\|'.repeat(500)),
  '[]',
  '{}',
  '[[[[[]]]]]',
  '{"__proto__":{"admin":true}}',
  '{"constructor":{"prototype":{"admin":true}}}',
  '{"toString":1,"valueOf":2,"hasOwnProperty":3}',
  `[${'1,'.repeat(2_000)}1]`,
];

/** Whole bodies that are wrong before any value is looked at. */
function hostileBodies(): Buffer[] {
  return [
    Buffer.alloc(0),
    Buffer.from('{'),
    Buffer.from('NaN'),
    Buffer.from('{"a":NaN}'),
    Buffer.from('\u{feff}{}'),
    Buffer.from([0xff, 0xfe, 0x00]),
    Buffer.from([0x22, 0xc3, 0x28, 0x22]),
    Buffer.from('\u0000'),
    Buffer.from(`${'['.repeat(10_000)}${']'.repeat(10_000)}`),
    Buffer.from(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`),
    Buffer.from(`[${'{},'.repeat(1_000_000)}{}]`),
    Buffer.alloc(10 * MIB, 0x20),
    Buffer.from(JSON.stringify({ ['k'.repeat(65_536)]: 1 })),
    Buffer.from(JSON.stringify(Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`k${i}`, i])))),
  ];
}

/** In a path or a query, as they stand in it. */
const HOSTILE_NAMES = [
  'nothing',
  '%00',
  '..%2f..%2f',
  '__proto__',
  'constructor',
  '%ff',
  '%',
  'x'.repeat(1_500),
  '%F0%9F%92%A9',
  '-1',
  '1e99',
  '9007199254740993',
  'NaN',
  '%27%3B%20DROP%20TABLE%20definition%3B--',
  '%5B%5D',
  '%7B%22%24ne%22%3A1%7D',
];

/** Of any header; what Node's own client refuses to send is left out. */
const HOSTILE_HEADERS = ['', '"', '"%00"', '*', '__proto__', '\u00ff\u00fe', ',,,,', 'x'.repeat(4_000)];

/** Every hostile request of one operation; `mutations` of its body, in random order of what is broken in it. */
export function* hostileRequests(
  operation: ApiOperation,
  example: unknown,
  random: () => number,
  mutations: number,
): Generator<RawRequest> {
  const { method } = operation;
  const path = examplePath(operation.path);
  const takesBody = operation.requestBody !== undefined;
  const whole = takesBody ? jsonBody(Buffer.from(JSON.stringify(example))) : {};
  for (const hostile of hostilePaths(operation, path)) yield { method, path: hostile, ...whole };
  for (const headers of hostileHeaders(operation)) {
    yield { method, path, ...whole, headers: { ...whole.headers, ...headers } };
  }
  if (!takesBody) {
    // A body where none is expected must do no harm.
    yield { method, path, ...jsonBody(Buffer.from('{')) };
    return;
  }
  for (const body of hostileBodies()) yield { method, path, ...jsonBody(body) };
  for (const headers of HOSTILE_CONTENT_HEADERS) yield { method, path, headers, body: Buffer.from('{}') };
  yield { method, path, ...jsonBody(gzipSync(Buffer.alloc(50 * MIB)), { 'content-encoding': 'gzip' }) };
  for (let i = 0; i < mutations; i++) {
    yield { method, path, ...jsonBody(Buffer.from(mutate(example, random))) };
  }
}

/** Each place of the path, and each parameter of the query, with each hostile value; and queries nobody documented. */
function* hostilePaths(operation: ApiOperation, path: string): Generator<string> {
  for (const { name, in: place } of operation.parameters) {
    for (const hostile of HOSTILE_NAMES) {
      if (place === 'path') yield examplePath(operation.path.replace(`{${name}}`, hostile));
      if (place === 'query') yield `${path}?${name}=${hostile}`;
    }
    // Twice: a list where a text is expected.
    if (place === 'query') yield `${path}?${name}=a&${name}=b`;
    if (place === 'query') yield `${path}?${name}[]=a&${name}[b]=c`;
  }
  yield `${path}?${'a=1&'.repeat(500)}limit=-1&page=1e99&__proto__=1&constructor[prototype]=1&asOf=%00`;
}

/** Headers that the operation documents, and those that every request may have. */
function* hostileHeaders({ parameters }: ApiOperation): Generator<Record<string, string>> {
  const documented = parameters.filter(({ in: place }) => place === 'header').map(({ name }) => name);
  for (const name of [
    ...documented,
    'authorization',
    'traceparent',
    'accept',
    'accept-encoding',
    'x-request-id',
  ]) {
    for (const value of HOSTILE_HEADERS) yield { [name]: value };
  }
}

const HOSTILE_CONTENT_HEADERS: readonly Record<string, string>[] = [
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/json; charset=utf-7' },
  { 'content-type': 'application/json', 'content-encoding': 'br' },
  { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  { 'content-type': 'application/x-ndjson' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  { 'content-type': ';;;' },
];

function jsonBody(body: Buffer, more: Record<string, string> = {}): Pick<RawRequest, 'headers' | 'body'> {
  return { headers: { 'content-type': 'application/json', ...more }, body };
}

/** The example's JSON with one thing broken at any depth: a value replaced, a member gone or under a hostile name. */
function mutate(example: unknown, random: () => number): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const places = placesIn(example);
  const target = pick(places);
  const how = pick(['value', 'value', 'value', 'gone', 'name'] as const);
  const write = (value: unknown, place: string): string => {
    if (place === target && (how === 'value' || place === '')) return pick(HOSTILE_VALUES);
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    const members = Object.entries(value).flatMap(([name, inner]): string[] => {
      const isTarget = `${place}/${name}` === target;
      if (isTarget && how === 'gone') return [];
      const text = write(inner, `${place}/${name}`);
      if (Array.isArray(value)) return [text];
      return [`${isTarget && how === 'name' ? pick(HOSTILE_MEMBERS) : JSON.stringify(name)}:${text}`];
    });
    return Array.isArray(value) ? `[${members.join(',')}]` : `{${members.join(',')}}`;
  };
  return write(example, '');
}

const HOSTILE_MEMBERS = ['"__proto__"', '"constructor"', '""', '"\\u0000"', '"\\ud800"', '"toString"'];

/** Every value in it, inner ones too: `''` is the whole. */
function placesIn(value: unknown, place = ''): string[] {
  if (typeof value !== 'object' || value === null) return [place];
  return [place, ...Object.entries(value).flatMap(([name, inner]) => placesIn(inner, `${place}/${name}`))];
}
