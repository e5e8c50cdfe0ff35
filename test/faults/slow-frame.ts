import { readPartitionStatus, RedisActorStore } from '@millrace/actor';
import { compileGroup, partitionOf, type Definition, type FeatureValue } from '@millrace/core';
import { partitionName, stateField } from '@millrace/redis';
import { waitFor } from '../../tools/local-services/wait-for.js';
import { planOf } from './payments.js';
import { metric } from './scrape.js';
import { FaultWorld } from './world.js';

/** One frame of them takes a worker some three seconds, six times its lock. */
const EVENTS = 7_000;
const GROUPS = 6;
const LOCK_MS = 500;
/** Each list with itself takes just below the steps that an event may take. */
const LIST = Array.from({ length: 190 }, (_, i) => i);

const plan = planOf([
  {
    kind: 'Source',
    name: 'lists',
    type: 'stream',
    fields: { account: 'string', list: 'float_list', at: 'timestamp' },
    timestampField: 'at',
  },
  ...Array.from({ length: GROUPS }, (_, n): Definition => ({
    kind: 'FeatureGroup',
    name: `account_lists_${n}`,
    entity: 'account',
    source: 'lists',
    derive: { found: 'size(list.filter(x, x in list))' },
    aggregations: [{ of: 'found', functions: ['count', 'sum'], windows: ['1h'] }],
  })),
]);
const partition = partitionName('account', partitionOf('a', plan.entities[0]?.partitions ?? 0));

export interface SlowFrame {
  readonly appliedInMs: number;
  /** Turns that began with it after the first. */
  readonly repeats: number;
  /** Group values that are not what one application of the frame makes of them. */
  readonly wrong: number;
}

/** A frame that takes longer than the lock of its partition, and two workers that take it from each other. */
export async function slowFrame(): Promise<SlowFrame> {
  const environment = { MILLRACE_TURN_LOCK_MS: String(LOCK_MS) };
  const world = await FaultWorld.open({ workers: 2, plan, environment });
  try {
    await send(world.ingest.url);
    const startedMs = performance.now();
    await waitFor(
      'the slow frame to be applied',
      async () => {
        const [status] = await readPartitionStatus(world.redis, world.keys, [partition]);
        return status?.mailbox.frames === 0;
      },
      { deadlineMs: 60_000 },
    );
    const appliedInMs = performance.now() - startedMs;
    const repeats = await Promise.all(
      world.workers.map(({ url }) => metric(url, 'millrace_turns_repeated_total')),
    );
    return {
      appliedInMs,
      repeats: repeats.reduce((sum, count) => sum + count, 0),
      wrong: (await valuesOf(world)).filter(
        ([count, sum]) => count !== EVENTS || sum !== EVENTS * LIST.length,
      ).length,
    };
  } finally {
    await world.close();
  }
}

async function send(ingestUrl: string): Promise<void> {
  const at = Date.now();
  const events = Array.from({ length: EVENTS }, (_, i) => ({ account: 'a', list: LIST, at: at - i }));
  const answer = await fetch(`${ingestUrl}/v1/events/lists`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(events),
  });
  if (answer.status !== 202) throw new Error(`the slow frame was answered ${answer.status}`);
}

/** What each group of the lists holds of the account. */
async function valuesOf({ redis, keys }: FaultWorld): Promise<FeatureValue[][]> {
  const store = new RedisActorStore(redis, keys);
  const groups = plan.groups.flatMap((group) =>
    group.kind === 'aggregated' && group.source === 'lists' ? [group] : [],
  );
  const [states = []] = await store.load(partition, groups.map(stateField), ['a']);
  return groups.map((group, i) => {
    const engine = compileGroup(group);
    const state = states[i];
    const values: FeatureValue[] = [];
    engine.finish(state ? engine.decode(state) : engine.create(), Date.now(), values);
    return values;
  });
}
