import { readPartitionStatus } from '@millrace/actor';
import { partitionsOf } from '@millrace/redis';
import { compareEntryIds } from '@millrace/stream';
import { waitFor } from '../../tools/local-services/wait-for.js';
import type { FaultOptions } from './fault-test.js';
import { Load, type LoadOptions } from './load.js';
import { PaymentSource, PLAN, type Payment } from './payments.js';
import { seededRandom } from './seeded-random.js';
import { judge, type Verdict } from './verdict.js';
import { FaultWorld, type WorldOptions } from './world.js';

export const PARTITIONS = PLAN.entities.flatMap(partitionsOf);

/** Half an hour: all events stay inside the windows, so counts show what was lost and what was doubled. */
const AGE_MS = 1_800_000;
const EVENTS_PER_REQUEST = 50;

export interface Disturbance {
  readonly world: FaultWorld;
  readonly load: Load;
  readonly random: () => number;
}

export interface UnderLoadOptions extends Pick<LoadOptions, 'timesSent' | 'oneByOne'> {
  /** Changes each payment's event time before it is sent. */
  readonly retime?: (payment: Payment, random: () => number) => Payment;
}

export interface Disturbed<T> {
  readonly result: T;
  readonly verdict: Verdict;
  readonly load: Load;
  readonly accepted: readonly Payment[];
  /** `lost 0 dup 0 wrong 0` */
  readonly figures: string;
  /** Nothing lost, nothing doubled, nothing wrong, and something accepted. */
  readonly clean: boolean;
}

/**
 * What most fault tests are: a world under load, a disturbance, then quiet, and every value of every account
 * compared with what was accepted.
 */
export async function underLoad<T>(
  { seed, eventsPerSecond = 2_000, say }: FaultOptions,
  options: WorldOptions & UnderLoadOptions,
  disturb: (disturbance: Disturbance) => Promise<T>,
): Promise<Disturbed<T>> {
  const random = seededRandom(seed);
  const world = await FaultWorld.open(options);
  let sending: Load | undefined;
  try {
    const { timesSent, oneByOne, retime } = options;
    const source = new PaymentSource(300, random, Date.now() - AGE_MS);
    const load = new Load({
      ingestUrl: world.ingest.url,
      source: retime ? { next: () => retime(source.next(), random) } : source,
      eventsPerSecond,
      eventsPerRequest: EVENTS_PER_REQUEST,
      ...(timesSent && { timesSent }),
      ...(oneByOne && { oneByOne }),
    }).start();
    sending = load;
    const result = await disturb({ world, load, random });
    const accepted = await load.finish();
    await world.drained();
    const verdict = await judge(world.redis, world.keys, accepted);
    const { lost, dup, wrong } = verdict;
    say(`${accepted.length} events of ${verdict.accounts} accounts, ${verdict.values} values compared`);
    return {
      result,
      verdict,
      load,
      accepted,
      figures: `lost ${lost} dup ${dup} wrong ${wrong}`,
      clean: lost + dup + wrong === 0 && accepted.length > 0,
    };
  } finally {
    sending?.abandon();
    await world.close();
  }
}

/** How long it takes until everything that is in the logs now is applied, in ms. */
export async function recovery(world: FaultWorld, deadlineMs = 120_000): Promise<number> {
  const startedMs = performance.now();
  const before = await readPartitionStatus(world.redis, world.keys, PARTITIONS);
  await waitFor(
    'the frames of before the fault to be applied',
    async () => {
      const now = await readPartitionStatus(world.redis, world.keys, PARTITIONS);
      return now.every(({ offset }, i) => compareEntryIds(offset, before[i]?.lastEntry ?? '0-0') >= 0);
    },
    { deadlineMs, everyMs: 20 },
  );
  return performance.now() - startedMs;
}
