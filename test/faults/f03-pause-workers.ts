import { execFileSync } from 'node:child_process';
import { waitFor } from '../../tools/local-services/wait-for.js';
import type { FaultTest } from './fault-test.js';
import { metric } from './scrape.js';
import { recovery, underLoad } from './under-load.js';

/** F3: a worker is frozen with a finished turn in its hands, loses its lock, and wakes up to commit it. */
export const pauseWorkers: FaultTest = {
  name: 'F3',
  about: 'a worker is stopped before its commit, past its lock, and goes on after another took over',
  async run(options) {
    const { rounds = 5, say } = options;
    const { figures, clean, result, verdict } = await underLoad(
      options,
      { workers: 1 },
      async ({ world }) => {
        const frozen = await world.addWorker({ MILLRACE_FAIL_POINT: 'applied:40:stop' });
        for (let round = 1; round <= rounds; round++) {
          await waitFor('the worker to freeze', () => isStopped(frozen.process.pid), { deadlineMs: 30_000 });
          const takenOverMs = await recovery(world);
          frozen.process.signal('SIGCONT');
          say(`pause ${round}: taken over after ${Math.round(takenOverMs)} ms`);
        }
        // The last one may be frozen again: what it was refused can only be asked when it runs.
        await waitFor(
          'every stale commit to be refused',
          async () => {
            if (isStopped(frozen.process.pid)) frozen.process.signal('SIGCONT');
            return (await metric(frozen.url, 'millrace_commits_refused_total')) >= rounds;
          },
          { deadlineMs: 30_000 },
        );
        const refused = await metric(frozen.url, 'millrace_commits_refused_total');
        await world.killWorker(frozen);
        return refused;
      },
    );
    // A stale commit that was applied sets the offset back: its frames take effect twice.
    const applied = verdict.dup > 0 ? verdict.dup : 0;
    return {
      figures: `stale-commits ${result + applied} applied ${applied} refused ${result} ${figures}`,
      passed: clean && result >= rounds,
    };
  },
};

function isStopped(pid: number): boolean {
  return execFileSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' }).trim() === 'T';
}
