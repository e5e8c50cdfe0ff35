import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RawConnection, rawPost, type RawAnswer } from './kit/raw-connection.js';
import { runIngest } from './kit/running-ingest.js';

const PATH = '/v1/events/payments';
/** What the door answers itself, and the same to Fastify, which the door leaves alone. */
const AT_DOOR = { 'content-type': 'application/json' };
const BEHIND = { 'content-type': 'application/json; charset=UTF-8' };

let url: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ url, stop } = await runIngest({ MILLRACE_EVENTS_PER_REQUEST_MAX: '10' }));
});

afterAll(() => stop());

async function ask(request: string): Promise<RawAnswer> {
  const connection = await RawConnection.open(url);
  connection.send(request);
  const answer = await connection.answer();
  connection.abort();
  return answer;
}

/** How many requests came to Node's HTTP server meanwhile. */
async function seenByNode(during: () => Promise<unknown>): Promise<number> {
  let seen = 0;
  const count = () => seen++;
  subscribe('http.server.request.start', count);
  try {
    await during();
  } finally {
    unsubscribe('http.server.request.start', count);
  }
  return seen;
}

const event = (id: string) => ({ id, at: Date.now(), customer: 'ada', merchant: 'shop' });

it('answers a plain request before Node sees it, and leaves one with a key of its own to the route', async () => {
  const plain = rawPost(PATH, JSON.stringify(event('a')), AT_DOOR);
  expect(await seenByNode(async () => expect((await ask(plain)).status).toBe(202))).toBe(0);
  const keyed = rawPost(PATH, JSON.stringify(event('b')), { ...AT_DOOR, 'idempotency-key': 'k' });
  expect(await seenByNode(async () => expect((await ask(keyed)).status).toBe(202))).toBe(1);
});

it('takes one request after the other on a connection, and forgets no event between', async () => {
  const connection = await RawConnection.open(url);
  const answers: RawAnswer[] = [];
  for (let i = 0; i < 20; i++) {
    // Each event once by itself and once with the one before.
    const events = i === 0 ? event('s0') : [event(`s${i - 1}`), event(`s${i}`)];
    connection.send(rawPost(PATH, JSON.stringify(events), AT_DOOR));
    answers.push(await connection.answer());
  }
  connection.abort();
  const counts = answers.map(({ text }) => (JSON.parse(text) as { accepted: number }).accepted);
  expect(counts).toEqual(answers.map(() => 1));
});

it.each([
  ['an event', JSON.stringify(event('c')), PATH],
  ['an array', JSON.stringify([event('d'), event('e'), event('d')]), PATH],
  ['no events', '[]', PATH],
  ['wrong events', '[{"id":1},null,{"id":"x","at":"yesterday","customer":"ada"}]', PATH],
  ['broken JSON', '{', PATH],
  ['too many events', JSON.stringify(Array.from({ length: 11 }, (_, i) => event(`m${i}`))), PATH],
  ['an unknown source', '{}', '/v1/events/nobody'],
  ['a source that is none', '{}', '/v1/events/a%20b'],
  ['no source', '{}', '/v1/events/'],
  ['another address', '{}', '/v1/nothing'],
])('answers %s as the route does', async (_what, body, path) => {
  const [first, second] = [await ask(rawPost(path, body, BEHIND)), await ask(rawPost(path, body, AT_DOOR))];
  expect(second.status).toBe(first.status);
  expect(second.headers['content-type']).toBe(first.headers['content-type']);
  // The second time all of them are duplicates, at the same position.
  const accepted = ({ text }: RawAnswer) => text.replace(/"accepted":\d+,"duplicates":\d+/, '');
  expect(accepted(second)).toBe(accepted(first));
});
