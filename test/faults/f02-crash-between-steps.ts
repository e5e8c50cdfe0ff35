import type { FaultTest } from './fault-test.js';
import { underLoad } from './under-load.js';
import type { FaultWorld } from './world.js';

/** What a turn has done when its worker dies; after the last, only the job is left to be finished. */
const STEPS = ['begun', 'loaded', 'applied', 'committed'] as const;
const DOOMED_MS = 30_000;

/** F2: a worker dies exactly between each pair of steps of a turn. */
export const crashBetweenSteps: FaultTest = {
  name: 'F2',
  about: 'a worker dies exactly after each step of a turn, by fail points',
  async run(options) {
    const { rounds = 2, say } = options;
    const { figures, clean, result } = await underLoad(options, { workers: 1 }, async ({ world, random }) => {
      let crashes = 0;
      for (const step of STEPS) {
        for (let round = 0; round < rounds; round++) {
          const point = `${step}:${1 + Math.floor(random() * 20)}`;
          await crashAt(world, point);
          crashes++;
          say(`crashed at ${point}`);
        }
      }
      return crashes;
    });
    return { figures: `points ${STEPS.length} crashes ${result} ${figures}`, passed: clean };
  },
};

/** Starts a worker with a fail point and waits until it has died of it. */
export async function crashAt(world: FaultWorld, point: string): Promise<void> {
  const doomed = await world.spawnWorker({ MILLRACE_FAIL_POINT: point });
  const deadline = AbortSignal.timeout(DOOMED_MS);
  const late = new Promise<never>((_, reject) => {
    deadline.addEventListener('abort', () => reject(new Error(`no worker died at ${point}`)));
  });
  const how = await Promise.race([doomed.ended, late]);
  if (how !== 'SIGKILL') throw new Error(`the worker with fail point ${point} ended with ${how}`);
}
