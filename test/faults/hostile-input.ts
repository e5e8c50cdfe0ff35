import { gzipSync } from 'node:zlib';
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

const HOSTILE_NAMES = [
  'nothing',
  '%00',
  '..%2f..%2f',
  '__proto__',
  'constructor',
  '%ff',
  'x'.repeat(1_500),
  '%F0%9F%92%A9',
];

/** One route as OpenAPI names it, with a body that it takes. */
export interface Route {
  readonly method: string;
  readonly path: string;
  readonly example?: unknown;
}

/** Every hostile request of one route, in random order of what is broken in its example. */
export function* hostileRequests(
  route: Route,
  random: () => number,
  mutations: number,
): Generator<RawRequest> {
  const { method } = route;
  const takesBody = method !== 'GET' && method !== 'DELETE';
  for (const name of HOSTILE_NAMES) {
    yield { method, path: withNames(route.path, name), ...(takesBody && jsonBody(Buffer.from('{}'))) };
  }
  const path = withNames(route.path, 'x');
  yield { method, path: `${path}?${'a=1&'.repeat(500)}limit=-1&page=1e99&__proto__=1&asOf=%00` };
  if (!takesBody) return;
  for (const body of hostileBodies()) yield { method, path, ...jsonBody(body) };
  for (const headers of hostileHeaders()) yield { method, path, headers, body: Buffer.from('{}') };
  yield { method, path, ...jsonBody(gzipSync(Buffer.alloc(50 * MIB)), { 'content-encoding': 'gzip' }) };
  if (route.example === undefined) return;
  for (let i = 0; i < mutations; i++) {
    yield { method, path, ...jsonBody(Buffer.from(mutate(route.example, random))) };
  }
}

function hostileHeaders(): Record<string, string>[] {
  return [
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/json; charset=utf-7' },
    { 'content-type': 'application/json', 'content-encoding': 'br' },
    { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    { 'content-type': 'multipart/form-data; boundary=x' },
    { 'content-type': 'application/json', 'idempotency-key': 'k'.repeat(4_000) },
    { 'content-type': 'application/json', 'if-match': '"%00"', authorization: 'Bearer ' + 'x'.repeat(4_000) },
  ];
}

function jsonBody(body: Buffer, more: Record<string, string> = {}): Pick<RawRequest, 'headers' | 'body'> {
  return { headers: { 'content-type': 'application/json', ...more }, body };
}

function withNames(path: string, name: string): string {
  return path.replaceAll(/\{[^}]+\}/g, name);
}

/** The example's JSON with one value, at any depth, replaced by a hostile one. */
function mutate(example: unknown, random: () => number): string {
  const places: string[] = [];
  const marked = mark(example, places);
  const target = places[Math.floor(random() * places.length)] as string;
  let text = JSON.stringify(marked);
  for (const place of places) {
    const original = JSON.stringify(at(example, place));
    const hostile = HOSTILE_VALUES[Math.floor(random() * HOSTILE_VALUES.length)] as string;
    text = text.replace(JSON.stringify(`@${place}`), () => (place === target ? hostile : original));
  }
  return text;
}

/** Replaces every leaf by a marker that names its place, and collects the places. */
function mark(value: unknown, places: string[], path = ''): unknown {
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    const entries = Object.entries(value).map(([key, inner]) => [key, mark(inner, places, `${path}/${key}`)]);
    return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
  }
  places.push(path);
  return `@${path}`;
}

function at(value: unknown, place: string): unknown {
  let found = value;
  for (const key of place.split('/').slice(1)) found = (found as Record<string, unknown>)[key];
  return found;
}
