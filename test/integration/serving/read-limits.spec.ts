import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitFor } from '../../../tools/local-services/wait-for.js';
import type { Proxy } from '../../faults/proxy.js';
import { PLAN, PROFILE } from './customer-plan.js';
import { ROWS_MAX, runApiBehindProxy } from './api-behind-proxy.js';
import { runApi, type Answer, type RunningApi } from './running-api.js';

/** The api gives Redis two seconds; the rest is for a busy machine. */
const ANSWER_MS_MAX = 5_000;

let api: RunningApi;
let proxy: Proxy;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ api, proxy, stop } = await runApiBehindProxy());
});

afterAll(() => stop());

const features = ['purchases:count_1h'];
const ids = (rows: number) => Array.from({ length: rows }, (_, i) => i + 1);
const read = (rows: number) =>
  api.post('/v1/features', { features, entities: ids(rows).map((id) => ({ customer_id: id })) });
const readAsFeast = (rows: number) =>
  api.post('/get-online-features', { features, entities: { customer_id: ids(rows) } });

it('beyond the rows that may be in flight, reads of both contracts are told to come back', async () => {
  proxy.change({ link: 'silent' });
  const refused: Answer[] = [];
  // Whichever comes first holds the gate until Redis answers; there is no room for the others.
  const all = [read(8), read(8), readAsFeast(8)].map(async (reading) => {
    const answer = await reading;
    if (answer.status !== 200) refused.push(answer);
    return answer.status;
  });
  await waitFor('two of the three to be refused', () => refused.length === 2, {
    deadlineMs: ANSWER_MS_MAX,
  });
  const { text: metrics } = await api.get('/metrics');
  expect(metrics).toContain('millrace_rows_in_flight{process="api"} 8\n');
  expect(metrics).toContain('millrace_waiting_reads{process="api"} 0\n');
  expect(metrics).toContain('millrace_registry_transactions{state="waiting",process="api"} 0\n');
  proxy.change({ link: 'open' });
  expect((await Promise.all(all)).toSorted((a, b) => a - b)).toEqual([200, 429, 429]);
  for (const { retryAfter, text } of refused) {
    expect(text).toContain('8 rows are being read or written; at most 10 may be at a time');
    expect(retryAfter).toBe('1');
  }
  expect(refused.some(({ body }) => body['code'] === 'OVERLOADED')).toBe(true);
  // What was read and what was refused left the gate alike.
  expect((await read(ROWS_MAX)).status).toBe(200);
});

it('pushed rows pass the same gate', async () => {
  const at = new Date().toISOString();
  const column = (value: unknown): unknown[] => ids(8).map(() => value);
  const df = { origin: column('JFK'), destination: column('LAX'), at: column(at), toll: column(3) };
  const push = () => api.post('/push', { push_source_name: 'toll_push', df });
  proxy.change({ link: 'silent' });
  const answers: Answer[] = [];
  const all = [push(), push()].map(async (pushing) => void answers.push(await pushing));
  await waitFor('one of the two to be refused', () => answers.length === 1, { deadlineMs: ANSWER_MS_MAX });
  expect(answers[0]).toMatchObject({ status: 429, retryAfter: '1' });
  expect(answers[0]?.text).toContain('8 rows are being read or written; at most 10 may be at a time');
  proxy.change({ link: 'open' });
  await Promise.all(all);
  expect(answers[1]?.status).toBe(200);
});

it('where Redis is silent, reads and writes get 503 within the time-out, and are served when it is back', async () => {
  const df = { origin: ['JFK'], destination: ['LAX'], at: [new Date().toISOString()], toll: [3] };
  proxy.change({ link: 'silent' });
  const startedMs = performance.now();
  const answers = await Promise.all([
    read(1),
    readAsFeast(1),
    api.post('/push', { push_source_name: 'toll_push', df }),
    api.post('/write-to-online-store', { feature_view_name: 'tolls', df }),
  ]);
  expect(performance.now() - startedMs).toBeLessThan(ANSWER_MS_MAX);
  expect(answers.map(({ status, retryAfter }) => ({ status, retryAfter }))).toEqual(
    answers.map(() => ({ status: 503, retryAfter: '1' })),
  );
  expect(answers[0]?.body['code']).toBe('REDIS_UNAVAILABLE');
  proxy.change({ link: 'open' });
  await waitFor('reads to be served again', async () => (await read(ROWS_MAX)).status === 200, {
    deadlineMs: 10_000,
  });
});

it('a read is one round trip, however many groups it reads, and counting it is none', async () => {
  const body = {
    features: ['trips', 'purchases', 'profile'],
    entities: [{ customer_id: 1, origin: 'JFK', destination: 'LAX' }],
  };
  const answers = async () => (await api.post('/v1/features', body)).status === 200;
  await waitFor('reads', answers, { deadlineMs: 10_000 });
  const asked: string[] = [];
  const note = (request: Buffer): boolean => {
    asked.push(request.toString('latin1'));
    return false;
  };
  proxy.change({ link: 'open', dropsReplyTo: note });
  for (let i = 0; i < 5; i++) expect(await answers()).toBe(true);
  proxy.change({ link: 'open' });
  const reads = asked.filter((text) => text.includes('HMGET'));
  expect(reads).toHaveLength(5);
  expect(reads.join().split('HMGET')).toHaveLength(1 + 5 * 3);
  // Every five seconds, beside the reads.
  expect(asked.filter((text) => text.includes(api.keys.usage)).length).toBeLessThanOrEqual(1);
});

it('a group whose state does not come in time costs its own values only', async () => {
  const row = { customer_id: 1, origin: 'JFK', destination: 'LAX' };
  const readGroups = (groups: readonly string[]) =>
    api.post('/v1/features', { features: groups, entities: [row] });
  await waitFor('reads', async () => (await readGroups(['trips', 'purchases'])).status === 200, {
    deadlineMs: 10_000,
  });
  let reply: Buffer = Buffer.alloc(0);
  proxy.change({ link: 'open', partOf: (whole) => (reply = whole) });
  await readGroups(['purchases']);
  // Redis has answered for the customer and not for the route.
  const { length } = reply;
  proxy.change({ link: 'open', partOf: (whole) => whole.subarray(0, length) });
  const startedMs = performance.now();
  const answer = await readGroups(['trips', 'purchases']);
  proxy.change({ link: 'open' });
  expect(performance.now() - startedMs).toBeLessThan(ANSWER_MS_MAX);
  expect(answer.status).toBe(200);
  expect(answer.first.statuses).toMatchObject({ count_24h: 'INVALID', count_1h: 'PRESENT' });
  expect(answer.first.values).toMatchObject({ count_24h: null, count_1h: 1 });
  expect(answer.first.faults).toEqual({ 'trips@1': 'Redis did not answer within 2000 ms' });
  await waitFor(
    'all of them',
    async () => (await readGroups(['trips'])).first.statuses['count_24h'] === 'NOT_FOUND',
    {
      deadlineMs: 10_000,
    },
  );
});

it('an answer that would be too long is refused, however few entities it is about', async () => {
  const roomy = await runApi(PLAN);
  try {
    const unset = Object.fromEntries(PROFILE.features.map(({ name }) => [name, [null]]));
    const row = { ...unset, customer: [1], updated_at: [new Date().toISOString()] };
    const df = { ...row, segment: ['x'.repeat(1_000_000)] };
    expect((await roomy.post('/push', { push_source_name: 'profile_push', df })).status).toBe(200);
    const customers = Array.from({ length: 300 }, () => 1);
    const segment = ['profile:segment'];
    const entities = customers.map((customer_id) => ({ customer_id }));
    const answer = await roomy.post('/v1/features', { features: segment, entities });
    expect([answer.status, answer.body['code']]).toEqual([413, 'TOO_MANY_ENTITIES']);
    expect(answer.text).toContain('longer than 256 MiB');
    const asFeast = await roomy.post('/get-online-features', {
      features: segment,
      entities: { customer_id: customers },
    });
    expect(asFeast.status).toBe(413);
    expect(
      (await roomy.post('/v1/features', { features: segment, entities: entities.slice(0, 2) })).status,
    ).toBe(200);
  } finally {
    await roomy.stop();
  }
});

it('more values than one answer may hold are refused before anything is read', async () => {
  const roomy = await runApi(PLAN, { MILLRACE_ENTITIES_PER_REQUEST_MAX: '300000' });
  try {
    const customers = Array.from({ length: 200_001 }, () => 1);
    const entities = customers.map((customer_id) => ({ customer_id }));
    const answer = await roomy.post('/v1/features', { service: 'fraud_detection', entities });
    expect(answer.status).toBe(413);
    expect(answer.body).toMatchObject({ code: 'TOO_MANY_ENTITIES', got: 200_001, allowed: 200_000 });
    const explained = { service: 'fraud_detection', entities: entities.slice(0, 50_001), evidence: true };
    expect((await roomy.post('/v1/features', explained)).body).toMatchObject({
      code: 'TOO_MANY_ENTITIES',
      got: 50_001,
      allowed: 50_000,
    });
    const asFeast = await roomy.post('/get-online-features', {
      feature_service: 'fraud_detection',
      entities: { customer_id: customers },
    });
    expect(asFeast.status).toBe(413);
    expect(asFeast.text).toContain('at most 1000000 are allowed');
  } finally {
    await roomy.stop();
  }
});
