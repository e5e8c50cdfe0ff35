import { createPlanHintClient, planHintChannel, planHintTransport } from '@millrace/http';
import { Redis } from 'ioredis';
import { firstValueFrom } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis, waitFor, type TestRedis } from '../kit/index.js';

const CHANNEL = planHintChannel('hint-test:');

let server: TestRedis;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

function listener(onHint: () => void) {
  const { strategy } = planHintTransport(server.url);
  strategy.addHandler(CHANNEL, async () => onHint(), true);
  return strategy;
}

describe('the hint of a new plan', () => {
  it('arrives again after the connection that listens was lost', async () => {
    let hints = 0;
    const listening = listener(() => hints++);
    const hint = createPlanHintClient(server.url);
    const redis = new Redis(server.url);
    const hintArrives = async (): Promise<boolean> => {
      const before = hints;
      await firstValueFrom(hint.emit(CHANNEL, {}), { defaultValue: undefined });
      return waitFor('the hint to arrive', () => hints > before, { deadlineMs: 500 }).then(
        () => true,
        () => false,
      );
    };
    try {
      await new Promise<unknown>((resolve) => void listening.listen(resolve));
      await waitFor('a first hint', hintArrives, { deadlineMs: 10_000 });
      await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await waitFor('a hint after the reconnection', hintArrives, { deadlineMs: 10_000 });
    } finally {
      await listening.close();
      await hint.close();
      redis.disconnect();
    }
  });

  // Bug: Nest subscribes without a look at the outcome, and a Redis that was late ended the process.
  it('ends no process by a subscription that fails', async () => {
    const late = new Redis(server.url, { lazyConnect: true });
    late.disconnect();
    const rejections: unknown[] = [];
    const note = (reason: unknown): void => void rejections.push(reason);
    process.on('unhandledRejection', note);
    try {
      const listening = listener(() => {});
      expect(() => listening.bindEvents(late, late)).not.toThrow();
      await expect(late.ping()).rejects.toThrow('Connection is closed');
      // Unhandled rejections are told after all microtasks of a round.
      await new Promise((resolve) => setImmediate(resolve));
      expect(rejections).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});
