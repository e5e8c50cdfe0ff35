import { setTimeout as delay } from 'node:timers/promises';
import { RedisActorStore } from '@millrace/actor';
import { stateField } from '@millrace/redis';
import { answersOk } from '../../tools/launch/apps.js';
import { waitFor } from '../../tools/local-services/wait-for.js';
import type { FaultOptions, FaultTest } from './fault-test.js';
import { GROUP } from './payments.js';
import { smallDisk, type SmallDisk } from './small-disk.js';
import { PARTITIONS, recovery, underLoad } from './under-load.js';
import type { FaultWorld } from './world.js';

const RESUME_MS_MAX = 2_000;
const REFUSED_MIN = 20;

interface Full {
  readonly what: string;
  readonly begin: (world: FaultWorld) => Promise<unknown>;
  readonly end: (world: FaultWorld) => Promise<unknown>;
}

/** Why Redis refuses writes, and how it is brought about and ended. */
export const FULL: readonly Full[] = [
  {
    what: 'memory',
    begin: async (world) =>
      world.redis.config('SET', 'maxmemory', String(Math.floor((await usedBytes(world)) / 2))),
    end: (world) => world.redis.config('SET', 'maxmemory', '0'),
  },
  { what: 'disk', begin: ({ server }) => server.breakDisk(), end: ({ server }) => server.mendDisk() },
];

/** What Redis without room for more did to those who write. */
interface Refusals {
  readonly figures: string;
  readonly passed: boolean;
}

/**
 * F15: Redis is at its memory limit, then it refuses writes as it does when a snapshot failed, then its file system has
 * not a page left: appends are refused, reads answer, ingest is not ready, and all goes on when there is room.
 */
export const fullMemory: FaultTest = {
  name: 'F15',
  about:
    'Redis with full memory, then with a full disk: 503 to writes, reads answer, recovery without a restart',
  async run(options) {
    const first = await refusals(options, FULL, {});
    const disk = await smallDisk();
    if (!disk) {
      options.say('a file system of its own for Redis cannot be mounted here (only root may): left out');
      return { ...first, figures: `${first.figures} file-system not-permitted` };
    }
    try {
      const second = await refusals(options, [fullFileSystem(disk)], { dir: disk.folder });
      return {
        figures: `${first.figures} file-system ${second.figures}`,
        passed: first.passed && second.passed,
      };
    } finally {
      await disk.remove();
    }
  },
};

/** No room for the append-only file of Redis; it tries again each second, and only then there is room for it. */
const fullFileSystem = (disk: SmallDisk): Full => ({
  what: 'file system',
  begin: () => disk.fill(),
  end: async ({ redis }) => {
    await disk.empty();
    await waitFor(
      'Redis to write its append-only file',
      async () => (await redis.info('persistence')).includes('aof_last_write_status:ok'),
      { deadlineMs: 10_000, everyMs: 20 },
    );
  },
});

async function refusals(
  options: FaultOptions,
  mishaps: readonly Full[],
  redis: Readonly<Record<string, string>>,
): Promise<Refusals> {
  const { figures, clean, load, result } = await underLoad(
    { ...options, eventsPerSecond: options.eventsPerSecond ?? 1_000 },
    { workers: 1, redis },
    async ({ world, load: sending }) => {
      const seen = { resumeMs: 0, readyWhileFull: 0 };
      for (let round = 1; round <= (options.rounds ?? 2); round++) {
        for (const { what, begin, end } of mishaps) {
          await delay(1_000);
          await begin(world);
          const refusedBefore = sending.answers(503);
          await waitFor('appends to be refused', () => sending.answers(503) >= refusedBefore + REFUSED_MIN, {
            deadlineMs: 30_000,
          });
          await readSomething(world);
          if (await isReady(world)) seen.readyWhileFull++;
          await end(world);
          const resumeMs = await recovery(world);
          options.say(`full ${what}: caught up ${Math.round(resumeMs)} ms after`);
          seen.resumeMs = Math.max(seen.resumeMs, resumeMs);
          await waitFor('ingest to be ready again', () => isReady(world), { deadlineMs: RESUME_MS_MAX });
        }
      }
      return seen;
    },
  );
  const refused = load.answers(503);
  const silent = load.refusedWithoutRetryAfter;
  return {
    figures:
      `503s ${refused} without-retry-after ${silent} other-5xx ${load.serverErrors - refused} ` +
      `ready-while-full ${result.readyWhileFull} ${figures} resume ${Math.round(result.resumeMs)} ms`,
    passed:
      clean &&
      refused > 0 &&
      load.serverErrors === refused &&
      silent + result.readyWhileFull === 0 &&
      result.resumeMs <= RESUME_MS_MAX,
  };
}

const isReady = ({ ingest }: FaultWorld): Promise<boolean> => answersOk(`${ingest.url}/readyz`);

async function usedBytes({ redis }: FaultWorld): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
}

/** As the api does: a read that fails here fails the test. */
async function readSomething({ redis, keys }: FaultWorld): Promise<void> {
  const store = new RedisActorStore(redis, keys);
  const [partition = 'account.0'] = PARTITIONS;
  await store.load(partition, [stateField(GROUP)], ['account-1']);
}
