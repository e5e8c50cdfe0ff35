import { setTimeout as sleep } from 'node:timers/promises';
import { PARTITIONS_DEFAULT } from '@millrace/core';
import { quantile } from '../figures.js';
import type { Workload } from '../workload.js';
import { blockedRead } from './blocked-read.js';
import { FreshnessWorld } from './freshness-world.js';
import { openLoop } from './open-loop.js';
import { Payments, type Payment } from './payments.js';

const DEFAULT_SECONDS = 60;
const LIMIT_SECONDS = 5;
const SLICES = 4;
/** Every fifth request is followed to its first read: twenty a second, whose reads load the machine little. */
const PROBED = 5;
const POLL_MS = 1;
const LOST_MS = 30_000;
const LONE_EVENTS = 100;
/** Events a second, for three seconds each. */
const WARM_UP = [1_000, 10_000];

/**
 * Partitions of the entity: one worker on two cores, and another if it should come to that. Each of them costs a frame, a turn and
 * a commit for each request.
 */
const PARTITIONS = 2;

/** W5: from the request that carries an event to the end of the first read that includes it. */
export const freshness: Workload = {
  name: 'W5',
  about: 'open loop of 1,000, 5,000 and 10,000 events/s (Zipf 0.99), a hot key with 10 %, a lone event',
  async run({ seconds = DEFAULT_SECONDS, say }) {
    const result = await onWorld(PARTITIONS, say, async ({ measure, measureInTurn, sendAlone }) => {
      await measure({ seconds, eventsPerSecond: 1_000, hot: false });
      await measure({ seconds, eventsPerSecond: 5_000, hot: false });
      const [full, hot] = await measureInTurn(
        { seconds, eventsPerSecond: 10_000, hot: false },
        { seconds, eventsPerSecond: 10_000, hot: true },
      );
      const lone = await sendAlone();
      const [hotRatio, hotSinceAccepted] = [
        hot.p99 / full.p99,
        hot.sinceAccepted.p99 / full.sinceAccepted.p99,
      ].map((ratio) => ratio.toFixed(2));
      return (
        `at 10,000 events/s p50 ${full.p50.toFixed(1)} ms, p99 ${full.p99.toFixed(1)} ms, since the 202 ` +
        `${full.sinceAccepted.p50.toFixed(1)} and ${full.sinceAccepted.p99.toFixed(1)} ms; ` +
        `hot key p99 × ${hotRatio}, since the 202 × ${hotSinceAccepted}; lone event p50 ${lone.p50.toFixed(1)} ms`
      );
    });
    say(`with the ${PARTITIONS_DEFAULT} partitions that an entity has where it does not say:`);
    await onWorld(PARTITIONS_DEFAULT, say, ({ measure }) =>
      measure({ seconds, eventsPerSecond: 10_000, hot: false }),
    );
    return result;
  },
};

/** Of samples since they were to be sent, and since the answer that accepted them. */
type Measured = Quantiles & { readonly sinceAccepted: Quantiles };

interface Measurements {
  readonly measure: (load: Load) => Promise<Measured>;
  /** Two loads that are compared: in slices, one after the other, since this machine is not from one minute to the next what it was. */
  readonly measureInTurn: (one: Load, other: Load) => Promise<[Measured, Measured]>;
  readonly sendAlone: () => Promise<Quantiles>;
}

/** Starts the three apps, warms them up, lets `run` measure, and checks what they hold in the end. */
async function onWorld<Result>(
  partitions: number,
  say: (line: string) => void,
  run: (measurements: Measurements) => Promise<Result>,
): Promise<Result> {
  const world = await FreshnessWorld.open(partitions);
  const payments = new Payments();
  const slice = async (load: Load, part: number): Promise<Slice> => ({
    bareMs: await blockedRead(world.redisUrl, LIMIT_SECONDS * part, load.eventsPerSecond),
    samples: await underLoad(world, payments, { ...load, seconds: load.seconds * part }),
  });
  const measured = (load: Load, slices: readonly Slice[]): Measured => {
    const samples = slices.flatMap((each) => each.samples);
    const own = quantilesOf(samples.map(({ readMs }) => readMs));
    const sinceAccepted = quantilesOf(samples.map(({ readMs, acceptedMs }) => readMs - acceptedMs));
    const bare = quantilesOf(slices.flatMap(({ bareMs }) => bareMs));
    say(
      `${load.eventsPerSecond} events/s${load.hot ? ', 10 % of one key' : ''}: ${shown(own)}; since the 202 ` +
        `${shown(sinceAccepted)}; blocked XREAD ${shown(bare)}`,
    );
    return { ...own, sinceAccepted };
  };
  try {
    // Not counted: it compiles the code of all processes.
    for (const eventsPerSecond of WARM_UP)
      await underLoad(world, payments, { seconds: 3, eventsPerSecond, hot: false });
    const result = await run({
      measure: async (load) => measured(load, [await slice(load, 1)]),
      measureInTurn: async (one, other) => {
        const [slicesOfOne, slicesOfOther]: [Slice[], Slice[]] = [[], []];
        for (let i = 0; i < SLICES; i++) {
          slicesOfOne.push(await slice(one, 1 / SLICES));
          slicesOfOther.push(await slice(other, 1 / SLICES));
        }
        return [measured(one, slicesOfOne), measured(other, slicesOfOther)];
      },
      sendAlone: async () => {
        const lone = quantilesOf(await loneEvents(world, payments));
        say(`lone events: ${shown(lone)}`);
        return lone;
      },
    });
    await world.mustHold(payments.counts);
    say(`the counts of all ${payments.counts.size} customers were checked at the end: 0 wrong`);
    return result;
  } finally {
    await world.close();
  }
}

interface Load {
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly hot: boolean;
}

/** Since the request should have been sent: until its answer, and until the first read that includes it. */
interface Sample {
  readonly acceptedMs: number;
  readonly readMs: number;
}

/** Of one load, for a part of its time. */
interface Slice {
  readonly samples: readonly Sample[];
  readonly bareMs: readonly number[];
}

async function underLoad(world: FreshnessWorld, payments: Payments, load: Load): Promise<Sample[]> {
  const samples: Sample[] = [];
  await openLoop(load.seconds, load.eventsPerSecond, async (events, intendedMs, request) => {
    const sent = Array.from({ length: events }, () => payments.make(load.hot));
    await world.send(sent);
    if (request % PROBED > 0) return;
    const acceptedMs = performance.now() - intendedMs;
    samples.push({ acceptedMs, readMs: await untilRead(world, sent.at(-1) as Payment, intendedMs) });
  });
  return samples;
}

async function loneEvents(world: FreshnessWorld, payments: Payments): Promise<number[]> {
  const samplesMs: number[] = [];
  for (let i = 0; i < LONE_EVENTS; i++) {
    // Uneven pauses, so that nothing periodic in the system is always met at the same moment.
    await sleep(50 + Math.random() * 50);
    const sentMs = performance.now();
    const payment = payments.make(false);
    await world.send([payment]);
    samplesMs.push(await untilRead(world, payment, sentMs));
  }
  return samplesMs;
}

/** Reads again and again until a read includes the payment; answers the ms since it was to be sent. */
async function untilRead(
  world: FreshnessWorld,
  { customer, seq }: Payment,
  sinceMs: number,
): Promise<number> {
  for (;;) {
    const newest = await world.newestSeqOf(customer);
    const elapsedMs = performance.now() - sinceMs;
    if (newest >= seq) return elapsedMs;
    if (elapsedMs > LOST_MS)
      throw new Error(`${customer}: payment ${seq} is not readable after ${LOST_MS} ms`);
    await sleep(POLL_MS);
  }
}

interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly samples: number;
}

function quantilesOf(samplesMs: readonly number[]): Quantiles {
  return {
    p50: quantile(samplesMs, 0.5),
    p99: quantile(samplesMs, 0.99),
    max: Math.max(...samplesMs),
    samples: samplesMs.length,
  };
}

function shown({ p50, p99, max, samples }: Quantiles): string {
  return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${max.toFixed(0)} ms (${samples})`;
}
