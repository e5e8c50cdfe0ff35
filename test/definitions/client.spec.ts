import { afterEach, describe, expect, it } from 'vitest';
import { MillraceClient, NoAnswerError, ProblemError, type ClientSettings } from '@millrace/client';
import { startScriptedServer, type ScriptedAnswer, type ScriptedServer } from './scripted-server.js';

const VECTOR = {
  asOf: '2026-01-01T00:00:00.000Z',
  results: [{ entity: { airport: 'ATL' }, values: { count_1h: 3 }, statuses: {}, eventTimes: {} }],
};
const RECEIPT = { accepted: 1, duplicates: 0, rejected: [], position: 'p' };
const FULL = { status: 429, code: 'MAILBOX_FULL', detail: 'wait' };

const servers: ScriptedServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function clientOf(script: readonly ScriptedAnswer[], settings: ClientSettings = {}) {
  const server = await startScriptedServer(script);
  servers.push(server);
  const pauses: number[] = [];
  const client = new MillraceClient({
    apiUrl: server.url,
    ingestUrl: server.url,
    pause: async (ms) => void pauses.push(ms),
    ...settings,
  });
  return { client, server, pauses };
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

describe('a read', () => {
  it('asks for one row of a service and gives its vector', async () => {
    const { client, server } = await clientOf([{ status: 200, body: VECTOR }], { apiKey: 'secret' });
    const vector = await client.features.get('board', { airport: 'ATL' }, { evidence: true });
    expect(vector.values['count_1h']).toBe(3);
    expect(vector.asOf).toBe(VECTOR.asOf);
    expect(server.seen[0]?.headers.authorization).toBe('Bearer secret');
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({
      service: 'board',
      entities: [{ airport: 'ATL' }],
      evidence: true,
    });
  });

  it('reads integers beyond 2^53 exactly with a parser that can', async () => {
    const parseJson = (text: string): unknown => JSON.parse(text.replace(/:(\d{16,})/g, ':"$1"'));
    const body = JSON.stringify(VECTOR).replace(':3', ':9007199254740993');
    const { client } = await clientOf([{ status: 200, body }], { parseJson });
    const vector = await client.features.get('board', {});
    expect(vector.values['count_1h']).toBe('9007199254740993');
  });
});

describe('a refusal', () => {
  it('is an error with the code, the status and all members of the problem document', async () => {
    const problem = { code: 'UNKNOWN_SERVICE', title: 'none', detail: 'no bord', didYouMean: 'board' };
    const { client, server } = await clientOf([{ status: 404, body: problem }]);
    const error = await failure(client.features.get('bord', {}));
    if (!(error instanceof ProblemError)) throw new Error('was not refused', { cause: error });
    expect(error.code).toBe('UNKNOWN_SERVICE');
    expect(error.status).toBe(404);
    expect(error.message).toBe('UNKNOWN_SERVICE: no bord');
    expect(error.problem['didYouMean']).toBe('board');
    expect(server.seen).toHaveLength(1);
  });

  it('by something that speaks no problem documents still has a code and a text', async () => {
    const { client } = await clientOf([{ status: 502, body: '<h1>bad gateway</h1>' }]);
    const error = await failure(client.features.get('board', {}));
    expect(error).toMatchObject({ code: 'HTTP_502', status: 502, message: 'HTTP_502: <h1>bad gateway</h1>' });
  });
});

describe('a request that may succeed later', () => {
  it('is sent again when the server said, with the same idempotency key', async () => {
    const full = { status: 429, body: FULL, headers: { 'retry-after': '2' } };
    const { client, server, pauses } = await clientOf([full, { status: 202, body: RECEIPT }]);
    expect(await client.send('departures', { at: new Date(0) })).toEqual(RECEIPT);
    expect(pauses).toEqual([2_000]);
    const keys = server.seen.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(keys[1]).toBe(keys[0]);
    expect(server.seen[1]?.body).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
  });

  it('is sent again after growing pauses where the server does not say when', async () => {
    const away = { status: 503, body: { code: 'REDIS_UNAVAILABLE' } };
    const { client, pauses } = await clientOf([away, 'cut', { status: 200, body: VECTOR }]);
    await client.features.get('board', {});
    expect(pauses).toEqual([100, 200]);
  });

  it('is given up after the last attempt, with the last refusal', async () => {
    const { client, server } = await clientOf([{ status: 503, body: { code: 'NOT_READY' } }]);
    expect(await failure(client.features.get('board', {}))).toMatchObject({ code: 'NOT_READY' });
    expect(server.seen).toHaveLength(3);
  });

  it('is not waited for longer than its time-out, and the error says when to come back', async () => {
    const full = { status: 429, body: FULL, headers: { 'retry-after': '60' } };
    const { client, pauses } = await clientOf([full]);
    const error = await failure(client.send('departures', {}));
    expect(error).toMatchObject({ code: 'MAILBOX_FULL', retryAfterMs: 60_000 });
    expect(pauses).toEqual([]);
  });
});

describe('a server that does not answer', () => {
  it('is left when the time is up', async () => {
    const { client } = await clientOf(['hang']);
    const error = await failure(client.features.get('board', {}, { timeoutMs: 50 }));
    expect(error).toBeInstanceOf(NoAnswerError);
    expect((error as Error).message).toMatch(/^no answer from http:.*: not in time$/);
  });

  it('on a port that fetch blocks is told from one that is away', async () => {
    const client = new MillraceClient({ apiUrl: 'http://127.0.0.1:6566', attemptsMax: 1 });
    const error = await failure(client.features.get('board', {}));
    expect((error as Error).message).toContain('use the one that the api opens for browsers');
  });

  it('is left when the caller aborts, with the caller’s reason', async () => {
    const { client } = await clientOf(['hang']);
    const abort = new AbortController();
    const read = failure(client.features.get('board', {}, { signal: abort.signal }));
    abort.abort(new Error('changed my mind'));
    expect(await read).toMatchObject({ message: 'changed my mind' });
  });
});
