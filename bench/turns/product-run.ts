import {
  ActivationCache,
  compileTurnPrograms,
  readPartitionStatus,
  RedisActorStore,
  TurnDispatcher,
  TurnRunner,
  TurnWorker,
} from '@millrace/actor';
import { compileGroup } from '@millrace/core';
import { partitionsOf, type Keys, type RedisConnection } from '@millrace/redis';
import { EventLog } from '@millrace/stream';
import { type PurchaseFrame, type Purchases, type Shape } from './purchases.js';

export interface Connections {
  readonly redis: RedisConnection;
  readonly queueRedis: RedisConnection;
}

const APPENDS_AT_ONCE = 8;

/** The log with its limits lifted: the whole workload waits in the mailboxes. */
export function benchLog(redis: RedisConnection, keys: Keys): EventLog {
  return new EventLog(redis, keys, { mailboxFrames: 1e9, mailboxBytes: 2 ** 40, dedupHorizonMs: 600_000 });
}

/** Appends frames with their event ids, some at once, as several clients would. */
export async function appendAll(
  log: EventLog,
  purchases: Purchases,
  frames: readonly PurchaseFrame[],
  wake: (frame: PurchaseFrame) => Promise<void> = async () => {},
): Promise<void> {
  let next = 0;
  const appendSome = async (): Promise<void> => {
    while (next < frames.length) {
      const frame = frames[next++] as PurchaseFrame;
      const { partition, rows, encoded, eventIds } = frame;
      const result = await log.append({
        partition,
        frame: encoded,
        events: rows.length,
        newestEventTime: purchases.at[rows.at(-1) as number] as number,
        ids: { scope: 'purchases', byRow: eventIds },
      });
      if (result.kind !== 'appended') throw new Error(`append answered ${result.kind}`);
      if (result.wake) await wake(frame);
    }
  };
  await Promise.all(Array.from({ length: APPENDS_AT_ONCE }, appendSome));
}

/**
 * One worker's parts, as apps/worker puts them together.
 * @param frames how many it is to apply. They are counted as they are committed, because to ask for the mailboxes
 * again and again took a tenth of what was measured.
 */
export function startWorker(
  { redis, queueRedis }: Connections,
  keys: Keys,
  { plan }: Shape,
  frames: number,
): { readonly dispatcher: TurnDispatcher; readonly drained: () => Promise<void>; close(): Promise<void> } {
  const programs = compileTurnPrograms(plan, compileGroup);
  const fail = (error: Error): void => {
    throw error;
  };
  const dispatcher = new TurnDispatcher(queueRedis, keys, fail);
  let left = frames;
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const worker = new TurnWorker({
    connection: queueRedis,
    keys,
    dispatcher,
    onError: fail,
    // The longest that is allowed: neighbours on a busy machine must not look like a dead worker.
    lockMs: 5_000,
    runner: new TurnRunner({
      store: new RedisActorStore(redis, keys),
      cache: new ActivationCache(),
      program: (entity) => programs.get(entity),
      worker: 'bench',
      elapsedMs: () => performance.now(),
      observer: {
        committed: (_partition, batch) => {
          left -= batch.frames;
          if (left === 0) finish();
        },
      },
    }),
  });
  const partitions = plan.entities.flatMap(partitionsOf);
  return {
    dispatcher,
    drained: async () => {
      await finished;
      const status = await readPartitionStatus(redis, keys, partitions);
      if (status.some(({ mailbox }) => mailbox.frames > 0)) throw new Error('a mailbox is not empty');
    },
    close: async () => {
      await worker.close();
      await dispatcher.close();
    },
  };
}
