import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Keys, partitionName, PlanStore } from '@millrace/redis';
import { encodePosition } from '@millrace/stream';
import { Redis } from 'ioredis';
import { answersOk, startApp } from '../../../tools/launch/apps.js';
import { Guard } from '../../../tools/local-services/guard.js';
import { privateFolder } from '../../../tools/local-services/private-folder.js';
import { hostileRequests } from '../../faults/hostile-input.js';
import type { Proxy } from '../../faults/proxy.js';
import { seededRandom } from '../../faults/seeded-random.js';
import { startRedis, waitFor } from '../../kit/index.js';
import { PLAN } from './customer-plan.js';
import { rawHead, rawPost, RawConnection, type RawAnswer } from '../kit/raw-connection.js';
import { ROWS_MAX, runApiBehindProxy } from './api-behind-proxy.js';
import { type RunningApi } from './running-api.js';

const BODY_BYTES_MAX = 4_096;
const DEADLINE_MS = 15_000;
/** Enough that the first door gives a request up. */
const PIECES = 3;

/** What the doors answer themselves, and the same to Fastify, which the doors leave alone. */
const HOT = { 'content-type': 'application/json' };
const SLOW = { 'content-type': 'application/json; charset=UTF-8' };

const PATHS = ['/v1/features', '/get-online-features'] as const;
const features = ['purchases:count_1h'];
const ids = (rows: number) => Array.from({ length: rows }, (_, i) => i + 1);
const read = (rows: number, more: object = {}) =>
  JSON.stringify({ features, entities: ids(rows).map((id) => ({ customer_id: id })), ...more });
const readAsFeast = (rows: number) => JSON.stringify({ features, entities: { customer_id: ids(rows) } });
const BODY_OF = { '/v1/features': read(2), '/get-online-features': readAsFeast(2) } as const;

/** With every member, so that each can be broken. */
const RICH = {
  '/v1/features': {
    features: ['purchases', 'profile', 'risk', 'trips:count_24h'],
    entities: [1, 2].map((customer_id) => ({ customer_id, origin: 'JFK', destination: 'LAX' })),
    request: [{ amount: 1.5 }, { amount: null }],
    asOf: '2040-01-01T00:00:00Z',
    evidence: true,
    waitMs: 1,
  },
  '/get-online-features': {
    features: ['purchases', 'profile:vector', 'risk:frequency', 'trips:count_24h'],
    entities: {
      customer_id: [1, 2],
      origin: ['JFK', 'ATL'],
      destination: ['LAX', 'JFK'],
      amount: [1.5, null],
    },
    full_feature_names: true,
  },
} as const;

let api: RunningApi;
let proxy: Proxy;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ api, proxy, stop } = await runApiBehindProxy({
    MILLRACE_BODY_BYTES_MAX: String(BODY_BYTES_MAX),
  }));
});

afterAll(() => stop());

/** The answer to one request on a connection of its own. */
async function ask(request: string | Buffer): Promise<RawAnswer> {
  const connection = await RawConnection.open(api.url);
  connection.send(request);
  const answer = await connection.answer();
  connection.abort();
  return answer;
}

/**
 * All of an answer but its clocks. What a refusal says of the connection differs: Fastify closes it after a body that is
 * no JSON, the door has read such a body to its end.
 */
async function timeless(request: string | Buffer): Promise<object> {
  const { status, headers, text } = await ask(request);
  const { date, connection, 'keep-alive': keepAlive, ...others } = headers;
  expect([date, connection]).not.toContain(undefined);
  return {
    status,
    headers: status === 200 ? { ...others, connection, keepAlive } : others,
    text: text.replaceAll(/"\d{4}-[^"]*Z"|"freshnessMs":\d+/g, ''),
  };
}

/** Everything that was sent before has arrived now: the server answers in the same event loop. */
const arrived = () => api.get('/healthz');

async function sendInPieces(connection: RawConnection, request: string, pieces: number): Promise<void> {
  for (let piece = 0; piece < pieces; piece++) {
    const [from, to] = [piece, piece + 1].map((end) => Math.round((end * request.length) / pieces));
    connection.send(request.slice(from, to));
    await arrived();
  }
}

describe('a read that the door answers', () => {
  it('never comes to Fastify, nor to Node, and one of another form does', async () => {
    const seen = { node: 0, fastify: 0 };
    const [byNode, byFastify] = [() => seen.node++, () => seen.fastify++];
    subscribe('http.server.request.start', byNode);
    subscribe('tracing:fastify.request.handler:start', byFastify);
    try {
      for (const path of PATHS) expect((await ask(rawPost(path, BODY_OF[path], HOT))).status).toBe(200);
      expect(seen).toEqual({ node: 0, fastify: 0 });
      for (const path of PATHS) {
        const chunky = await RawConnection.open(api.url);
        await sendInPieces(chunky, rawPost(path, BODY_OF[path], HOT), PIECES);
        expect((await chunky.answer()).status).toBe(200);
        chunky.abort();
      }
      // Those that ask whether a piece has arrived.
      const asked = PATHS.length * PIECES;
      expect(seen).toEqual({ node: asked + PATHS.length, fastify: asked });
      for (const path of PATHS) expect((await ask(rawPost(path, BODY_OF[path], SLOW))).status).toBe(200);
      expect(seen).toEqual({ node: asked + 2 * PATHS.length, fastify: asked + PATHS.length });
    } finally {
      unsubscribe('http.server.request.start', byNode);
      unsubscribe('tracing:fastify.request.handler:start', byFastify);
    }
  });

  it.each(PATHS)('%s has the status, headers and bytes that Fastify answers with', async (path) => {
    const body = BODY_OF[path];
    const wrong = [
      '{',
      '{"features": [',
      'null',
      '[]',
      '{}',
      '"text"',
      '{"service": "nobody", "entities": []}',
      read(ROWS_MAX + 1),
      readAsFeast(ROWS_MAX + 1),
      body.replaceAll('purchases', 'purchase'),
      ' '.repeat(BODY_BYTES_MAX + 1),
    ];
    for (const sent of [body, ...wrong]) {
      expect(await timeless(rawPost(path, sent, HOT)), sent).toEqual(
        await timeless(rawPost(path, sent, SLOW)),
      );
    }
  });

  it.each(PATHS)('%s has them for whatever is sent', async (path) => {
    const operation = { method: 'POST', path, parameters: [], requestBody: { content: {} }, responses: {} };
    for (const { body = Buffer.alloc(0) } of hostileRequests(operation, RICH[path], seededRandom(6), 60)) {
      if (body.length > 2 * BODY_BYTES_MAX) continue;
      const [hot, slow] = await Promise.all(
        [HOT, SLOW].map((headers) => {
          const head = rawHead('POST', path, { ...headers, 'content-length': String(body.length) });
          return timeless(Buffer.concat([Buffer.from(head), body]));
        }),
      );
      expect(hot, body.toString()).toEqual(slow);
    }
  });

  it('is counted in the metrics as one that Fastify answers', async () => {
    const counts = async () => {
      const { text } = await api.get('/metrics');
      const lines = text.matchAll(/millrace_serving_request_seconds_count\{(.*?)\} (\d+)/g);
      return new Map([...lines].map(([, labels = '', count]) => [labels, Number(count)]));
    };
    const grown = async (headers: Readonly<Record<string, string>>) => {
      const before = await counts();
      for (const path of PATHS) {
        await ask(rawPost(path, BODY_OF[path], headers));
        await ask(rawPost(path, '{', headers));
      }
      // Fastify counts a read when its answer has left.
      return waitFor(
        'four more reads',
        async () => {
          const grownBy = [...(await counts())]
            .map(([labels, count]) => `${labels} ${count - (before.get(labels) ?? 0)}`)
            .filter((line) => !line.endsWith(' 0'));
          return grownBy.length === 4 && grownBy.toSorted();
        },
        { deadlineMs: DEADLINE_MS },
      );
    };
    expect(await grown(HOT)).toEqual(await grown(SLOW));
  });
});

it('requests of other methods, types and lengths go on to Fastify', async () => {
  const [path] = PATHS;
  const body = BODY_OF[path];
  const chunked = `${rawHead('POST', path, { ...HOT, 'transfer-encoding': 'chunked' })}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const outcomes = await Promise.all(
    [
      rawHead('GET', path, {}),
      rawHead('OPTIONS', path, {}),
      rawPost(path, body, { 'content-type': 'text/plain' }),
      rawPost(path, '', HOT),
      rawPost(`${path}?at=once`, body, HOT),
      chunked,
    ].map(async (request) => (await ask(request)).status),
  );
  expect(outcomes).toEqual([404, 404, 415, 400, 200, 200]);
});

it('a request in pieces is one request, whichever of them ends where', async () => {
  const body = readAsFeast(3);
  const path = '/get-online-features';
  const { text } = await ask(rawPost(path, body, SLOW));
  for (const pieces of [2, 3, 7]) {
    const connection = await RawConnection.open(api.url);
    // The second request comes to whoever answered the first.
    for (let request = 0; request < 2; request++) {
      await sendInPieces(connection, rawPost(path, body, HOT), pieces);
      expect(await connection.answer()).toMatchObject({ status: 200, text });
    }
    connection.abort();
  }
});

it('a connection answers requests of every form, one after the other', async () => {
  const connection = await RawConnection.open(api.url);
  const [path] = PATHS;
  const statuses: number[] = [];
  for (const sent of [
    rawPost(path, read(1), HOT),
    rawPost(path, '{', HOT),
    rawPost(path, read(ROWS_MAX), HOT),
    rawPost(path, read(1), SLOW),
    rawHead('GET', '/healthz', {}),
    rawPost(path, read(1), HOT),
  ]) {
    connection.send(sent);
    statuses.push((await connection.answer()).status);
  }
  expect(statuses).toEqual([200, 400, 200, 200, 200, 200]);
  connection.abort();
});

it.each([HOT, SLOW])(
  'a request that comes before the last one was answered waits for it (%j)',
  async (next) => {
    const connection = await RawConnection.open(api.url);
    proxy.change({ link: 'silent' });
    connection.send(rawPost('/v1/features', read(2), HOT));
    await arrived();
    await sendInPieces(connection, rawPost('/get-online-features', readAsFeast(2), next), 2);
    proxy.change({ link: 'open' });
    expect((await connection.answer()).text).toContain('"asOf"');
    expect((await connection.answer()).text).toContain('"metadata"');
    connection.abort();
  },
);

it('a client that has nothing more to say gets its answer, and then the end', async () => {
  const connection = await RawConnection.open(api.url);
  proxy.change({ link: 'silent' });
  connection.send(rawPost('/v1/features', read(2), HOT));
  connection.end();
  await arrived();
  proxy.change({ link: 'open' });
  const { status, headers } = await connection.answer();
  expect([status, headers['connection']]).toEqual([200, 'close']);
  await connection.closed();
});

it('requests that come together on one connection are answered in order', async () => {
  const connection = await RawConnection.open(api.url);
  // The first waits for Redis, the second for nothing, the third takes Fastify's way.
  proxy.change({ link: 'silent' });
  connection.send(
    rawPost('/v1/features', read(2), HOT) +
      rawPost('/v1/features', '{', HOT) +
      rawPost('/get-online-features', readAsFeast(2), SLOW) +
      rawPost('/v1/features', read(2), HOT),
  );
  await arrived();
  proxy.change({ link: 'open' });
  const answers: RawAnswer[] = [];
  for (let i = 0; i < 4; i++) answers.push(await connection.answer());
  expect(answers.map(({ status }) => status)).toEqual([200, 400, 200, 200]);
  const shapes = answers.map(({ text }) => Object.keys(JSON.parse(text) as object)[0]);
  expect(shapes).toEqual(['asOf', 'type', 'metadata', 'asOf']);
  connection.abort();
});

describe('a client that goes away', () => {
  const connections = () => api.connections();

  it('in the middle of its body leaves nothing behind', async () => {
    const before = await connections();
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawConnection.open(api.url)));
    for (const client of clients) {
      client.send(rawHead('POST', '/v1/features', { ...HOT, 'content-length': '1000' }) + read(1));
    }
    await arrived();
    for (const client of clients) client.abort();
    await waitFor('their connections to end', async () => (await connections()) <= before, {
      deadlineMs: DEADLINE_MS,
    });
    expect((await ask(rawPost('/v1/features', read(ROWS_MAX), HOT))).status).toBe(200);
  });

  it('before its answer gives back what its read had taken', async () => {
    const client = await RawConnection.open(api.url);
    proxy.change({ link: 'silent' });
    client.send(rawPost('/v1/features', read(ROWS_MAX), HOT));
    await arrived();
    expect((await ask(rawPost('/v1/features', read(1), HOT))).text).toContain('OVERLOADED');
    client.abort();
    proxy.change({ link: 'open' });
    await waitFor(
      'all rows to be free again',
      async () => (await ask(rawPost('/v1/features', read(ROWS_MAX), HOT))).status === 200,
      { deadlineMs: DEADLINE_MS },
    );
  });
});

it('a drain answers the read that is under way, closes its connection and ends with 0', async () => {
  const redis = await startRedis();
  const client = new Redis(redis.url);
  const keys = new Keys();
  await new PlanStore(client, keys).publish(PLAN);
  const guard = new Guard();
  const folder = await privateFolder(guard);
  const app = await startApp('api', {
    redisUrl: redis.url,
    databaseUrl: 'postgres://127.0.0.1:1/away',
    guard,
    folder: folder.path,
    environment: { MILLRACE_WAITING_READS_MAX: '1', MILLRACE_WAIT_MS_MAX: '60000' },
  });
  try {
    const partition = partitionName('customer', 3);
    const waiting = rawPost(
      '/v1/features',
      read(1, { minPosition: encodePosition(new Map([[partition, '100-1']])) }),
      HOT,
    );
    const connection = await RawConnection.open(app.url);
    connection.send(waiting);
    const probe = await RawConnection.open(app.url);
    await waitFor(
      'a read to wait',
      async () => {
        probe.send(
          rawPost(
            '/v1/features',
            read(1, { minPosition: encodePosition(new Map([[partition, '100-1']])), waitMs: 0 }),
            HOT,
          ),
        );
        return (await probe.answer()).status === 429;
      },
      { deadlineMs: DEADLINE_MS },
    );
    app.process.signal('SIGTERM');
    await waitFor('the drain', async () => !(await answersOk(`${app.url}/healthz`)), {
      deadlineMs: DEADLINE_MS,
    });
    await client.hset(keys.meta(partition), 'offset', '100-1');
    const { status, headers } = await connection.answer();
    expect([status, headers['connection']]).toEqual([200, 'close']);
    await connection.closed();
    await probe.closed();
    expect(await app.process.ended).toBe('exit code 0');
  } finally {
    await app.process.stop();
    client.disconnect();
    await redis.stop();
    await folder.remove();
  }
});
