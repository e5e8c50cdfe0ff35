import { gzipSync } from 'node:zlib';
import { decodeFrame } from '@millrace/core';
import { Keys, type RedisConnection } from '@millrace/redis';
import { decodePosition } from '@millrace/stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metric } from '../faults/scrape.js';
import { waitFor, type TestRedis } from '../kit/index.js';
import { runIngest } from './kit/running-ingest.js';

let server: TestRedis;
let redis: RedisConnection;
let url: string;
let stop: () => Promise<void>;
const keys = new Keys();

beforeAll(async () => {
  ({ server, redis, url, stop } = await runIngest({
    MILLRACE_BODY_BYTES_MAX: '100000',
    MILLRACE_EVENTS_PER_REQUEST_MAX: '1000',
  }));
});

afterAll(() => stop());

let ids = 0;
const payment = (more: object = {}) => ({
  id: `p${ids++}`,
  at: Date.now(),
  customer: 'ada',
  merchant: 'shop',
  amount: 1.5,
  ...more,
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Answers are JSON of many shapes here.
  readonly body: Record<string, unknown>;
}

async function send(
  body: unknown,
  headers: Record<string, string> = {},
  source = 'payments',
): Promise<Answer> {
  const bytes = Buffer.isBuffer(body) || typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(`${url}/v1/events/${source}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: bytes,
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Answer['body'] };
}

async function rowsOf(entity: string): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for (let partition = 0; partition < 4; partition++) {
    const entries = await redis.xrangeBuffer(keys.log(`${entity}.${partition}`), '-', '+');
    for (const [, fields] of entries) {
      const frame = decodeFrame(fields[fields.findIndex((field) => field.toString() === 'f') + 1] as Buffer);
      for (let row = 0; row < frame.size; row++) rows.push(frame.row(row));
    }
  }
  return rows;
}

describe('POST /v1/events/{source}', () => {
  it('accepts one event and appends it for every entity that it touches', async () => {
    const event = payment({ cents: 1 });
    const { status, body } = await send(event);
    expect(status).toBe(202);
    expect(body).toEqual({ accepted: 1, duplicates: 0, rejected: [], position: expect.any(String) });
    expect(await rowsOf('customer')).toContainEqual(event);
    expect(await rowsOf('merchant')).toContainEqual(event);
    expect(decodePosition(body['position'] as string)?.size).toBe(2);
  });

  it('accepts an array, lines, and zipped bodies', async () => {
    expect((await send([payment(), payment()])).body['accepted']).toBe(2);
    const lines = `${JSON.stringify(payment())}\n${JSON.stringify(payment())}\n`;
    expect((await send(lines, { 'content-type': 'application/x-ndjson' })).body['accepted']).toBe(2);
    const zipped = gzipSync(JSON.stringify([payment()]));
    expect((await send(zipped, { 'content-encoding': 'gzip' })).body['accepted']).toBe(1);
  });

  it('counts an event that it has seen as duplicate, in one request and across requests', async () => {
    const event = payment();
    expect((await send([event, event])).body).toMatchObject({ accepted: 1, duplicates: 1 });
    expect((await send(event)).body).toMatchObject({ accepted: 0, duplicates: 1 });
    expect((await rowsOf('customer')).filter((row) => row['id'] === event.id)).toHaveLength(2);
  });

  it('rejects a wrong event by its index and takes its neighbours', async () => {
    const { status, body } = await send([payment(), payment({ amount: 'much' }), payment()]);
    expect(status).toBe(202);
    expect(body).toMatchObject({
      accepted: 2,
      rejected: [
        { index: 1, code: 'FIELD_TYPE', message: 'amount: expected float, got "much"', field: 'amount' },
      ],
    });
  });

  it('rejects an event from the far future', async () => {
    const { body } = await send(payment({ at: Date.now() + 3_600_000 }));
    expect(body).toMatchObject({ accepted: 0, rejected: [{ code: 'EVENT_TIME_IN_FUTURE', field: 'at' }] });
  });

  it('keeps an integer beyond 2^53 to the last digit', async () => {
    const event = payment({ customer: 'wide' });
    await send(JSON.stringify(event).replace(/}$/, ',"cents":9007199254740993}'));
    const row = (await rowsOf('customer')).find(({ customer }) => customer === 'wide');
    expect(row?.['cents']).toBe(9007199254740993n);
  });

  it('says so when no feature group reads the source', async () => {
    const { status, body } = await send({ at: Date.now() }, {}, 'unread');
    expect([status, body['notice']]).toEqual([202, expect.stringContaining('no feature group reads')]);
  });

  /** Requests that were refused with a code, as `/metrics` has them. */
  async function refusals(code: string): Promise<number> {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const line = new RegExp(`^millrace_ingest_refused_total\\{code="${code}",.*\\} (\\d+)$`, 'm');
    return Number(line.exec(metrics)?.[1] ?? 0);
  }

  it.each<[string, number, string, unknown, Record<string, string>?, string?]>([
    ['a body that is no JSON', 400, 'BODY_NOT_JSON', '{'],
    ['an empty body', 400, 'BODY_NOT_JSON', ''],
    ['a body that is not UTF-8', 400, 'BODY_NOT_JSON', Buffer.from([0x22, 0xff, 0x22])],
    ['an unknown source', 404, 'UNKNOWN_SOURCE', {}, {}, 'refunds'],
    ['a body over the limit', 413, 'BODY_TOO_LARGE', 'x'.repeat(100_001)],
    ['too many events', 413, 'BODY_TOO_LARGE', JSON.stringify(Array.from({ length: 1_001 }, () => 1))],
    ['a gzip bomb', 413, 'BODY_TOO_LARGE', gzipSync(Buffer.alloc(5_000_000)), { 'content-encoding': 'gzip' }],
    ['what only claims to be gzip', 400, 'BAD_REQUEST', '{}', { 'content-encoding': 'gzip' }],
    ['an unknown encoding', 415, 'UNSUPPORTED_MEDIA_TYPE', '{}', { 'content-encoding': 'br' }],
    ['an unknown type', 415, 'UNSUPPORTED_MEDIA_TYPE', 'a=1', { 'content-type': 'text/csv' }],
    ['a long idempotency key', 400, 'BAD_REQUEST', '{}', { 'idempotency-key': 'k'.repeat(256) }],
  ])('answers %s with %i %s, and counts it', async (_what, status, code, body, headers, source) => {
    const before = await refusals(code);
    const answer = await send(body, headers, source);
    expect(await refusals(code)).toBe(before + 1);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect([answer.status, answer.body['status'], answer.body['code']]).toEqual([status, status, code]);
  });

  it('says how large a body may be', async () => {
    const { body } = await send('x'.repeat(100_001));
    expect(body['detail']).toBe('the body is larger than 100000 bytes');
  });

  it.each([
    ['10,000 levels of nesting', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    [
      'numbers that no type holds',
      '{"id":"n1","at":1,"customer":"c","merchant":"m","amount":1e400,"cents":1e30}',
    ],
    ['NaN', '{"amount":NaN}'],
    ['a key that reaches for the prototype', '{"__proto__":{"at":1},"constructor":{"prototype":{}}}'],
    ['NUL and lone surrogates', '{"id":"\\u0000","at":1,"customer":"\\ud800","merchant":"m"}'],
    ['a join key of 64 KiB', JSON.stringify(payment({ customer: 'x'.repeat(65_536) }))],
  ])('survives %s', async (_what, body) => {
    const answer = await send(body);
    expect([202, 400]).toContain(answer.status);
    expect(answer.body['accepted'] ?? 0).toBe(0);
  });

  const MISHAPS: Readonly<Record<string, readonly [begin: () => unknown, end: () => unknown, says: RegExp]>> =
    {
      'is away': [() => server.kill(), () => server.restart(), /ECONNREFUSED|connection/i],
      'is silent': [() => server.signal('SIGSTOP'), () => server.signal('SIGCONT'), /did not reply in time/],
      'has a full memory': [
        () => redis.config('SET', 'maxmemory', '1'),
        () => redis.config('SET', 'maxmemory', '0'),
        /OOM/,
      ],
      'has a full disk': [() => server.breakDisk(), () => server.mendDisk(), /MISCONF/],
    };

  it.each(Object.keys(MISHAPS))(
    'answers 503 in time while Redis %s, says so in /readyz, counts it, and takes up again by itself',
    async (mishap) => {
      const [begin, end, says] = MISHAPS[mishap] ?? [];
      const refusedBefore = await metric(url, 'millrace_ingest_refused_total');
      await begin?.();
      const askedMs = performance.now();
      const [{ status, headers, body }, ready] = await Promise.all([
        send(payment()),
        fetch(`${url}/readyz`).then(async (answer) => [answer.status, await answer.text()] as const),
      ]);
      expect(performance.now() - askedMs).toBeLessThan(4_000);
      expect([status, body['code']]).toEqual([503, 'REDIS_UNAVAILABLE']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(ready).toEqual([503, expect.stringMatching(says as RegExp)]);
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      expect(await metric(url, 'millrace_ingest_refused_total')).toBe(refusedBefore + 1);
      await end?.();
      await waitFor('ingest to be ready again', async () => (await fetch(`${url}/readyz`)).ok, {
        deadlineMs: 5_000,
      });
      expect((await send(payment())).status).toBe(202);
    },
  );

  it('answers 429 with Retry-After when a mailbox is full', async () => {
    await stop();
    ({ server, redis, url, stop } = await runIngest({ MILLRACE_MAILBOX_FRAMES_MAX: '1' }));
    await send(payment({ customer: 'busy' }));
    const { status, headers, body } = await send(payment({ customer: 'busy' }));
    expect([status, body['code']]).toEqual([429, 'MAILBOX_FULL']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
