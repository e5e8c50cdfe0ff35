import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { partitionName } from '@millrace/redis';
import { encodePosition } from '@millrace/stream';
import { waitFor } from '../../../tools/local-services/wait-for.js';
import { PLAN } from './customer-plan.js';
import { runApi, type Answer, type RunningApi } from './running-api.js';

const PARTITION = partitionName('customer', 3);

let api: RunningApi;

beforeAll(async () => {
  api = await runApi(PLAN, { MILLRACE_WAIT_MS_MAX: '2000', MILLRACE_WAITING_READS_MAX: '2' });
});

afterAll(() => api.stop());

const readAfter = (minPosition: string, waitMs?: number) =>
  api.post('/v1/features', {
    features: ['purchases:count_1h'],
    entities: [{ customer_id: 1 }],
    minPosition,
    ...(waitMs !== undefined && { waitMs }),
  });

/** A turn of the partition committed up to here. */
const commit = (offset: string) => api.redis.hset(api.keys.meta(PARTITION), 'offset', offset);

describe('reading no earlier than a position', () => {
  it('answers at once when the position is applied', async () => {
    await commit('100-1');
    expect((await readAfter(encodePosition(new Map([[PARTITION, '100-1']])))).status).toBe(200);
    expect((await readAfter(encodePosition(new Map([[PARTITION, '99-7']])))).status).toBe(200);
  });

  it('waits for a commit that comes in time', async () => {
    await commit('100-1');
    const answer = readAfter(encodePosition(new Map([[PARTITION, '100-2']])));
    await commit('100-2');
    expect((await answer).status).toBe(200);
  });

  it('says which partition is behind when the time is over', async () => {
    await commit('100-1');
    const { status, body } = await readAfter(encodePosition(new Map([[PARTITION, '200-0']])), 20);
    expect(status).toBe(504);
    expect(body).toMatchObject({ code: 'POSITION_NOT_REACHED', behind: [PARTITION], waitMs: 20 });
  });

  it('beyond the reads that may wait, one is told to come back, and one that does not wait is served', async () => {
    await commit('100-1');
    const answers: Answer[] = [];
    const position = encodePosition(new Map([[PARTITION, '100-2']]));
    const all = Array.from({ length: 3 }, async () => void answers.push(await readAfter(position)));
    await waitFor('one of the three to be refused', () => answers.length === 1, { deadlineMs: 1_500 });
    expect(answers[0]).toMatchObject({ status: 429, retryAfter: '1', body: { code: 'OVERLOADED' } });
    const features = ['purchases:count_1h'];
    expect((await api.post('/v1/features', { features, entities: [{ customer_id: 1 }] })).status).toBe(200);
    await commit('100-2');
    await Promise.all(all);
    expect(answers.map(({ status }) => status)).toEqual([429, 200, 200]);
  });

  it('a text that is no position, or of another plan, is refused', async () => {
    const strange = encodePosition(new Map([[partitionName('planet', 0), '1-0']]));
    const beyond = encodePosition(new Map([[partitionName('customer', 99), '1-0']]));
    for (const text of ['yesterday', strange, beyond]) {
      const { status, body } = await readAfter(text);
      expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'BAD_REQUEST' });
    }
  });
});
