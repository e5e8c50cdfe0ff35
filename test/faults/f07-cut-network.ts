import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultTest } from './fault-test.js';
import { Proxy } from './proxy.js';
import { recovery, underLoad } from './under-load.js';

/** How long the network is away, and how: closed connections, or silence on connections that look open. */
const CUTS = [
  { link: 'cut', ms: 1_000 },
  { link: 'silent', ms: 1_000 },
  { link: 'cut', ms: 10_000 },
  { link: 'silent', ms: 10_000 },
] as const;
const RESUME_MS_MAX = 2_000;
const GROWTH_MIB_MAX = 200;

/** F7: the network between the apps and Redis is cut, closed and half-open; `--rounds 2` adds a minute of each. */
export const cutNetwork: FaultTest = {
  name: 'F7',
  about: 'the network to Redis is cut for 1 and 10 s, closed and half-open (a minute with --rounds 2)',
  async run(options) {
    let proxy: Proxy | undefined;
    const minute = [{ link: 'cut', ms: 60_000 } as const, { link: 'silent', ms: 60_000 } as const];
    const cuts = (options.rounds ?? 1) > 1 ? [...CUTS, ...minute] : CUTS;
    const redisUrlOf = async ({ port }: { port: number }): Promise<string> => {
      proxy = await Proxy.before(port);
      return proxy.url;
    };
    const { figures, clean, result, load } = await underLoad(
      { ...options, eventsPerSecond: options.eventsPerSecond ?? 1_000 },
      { workers: 2, redisUrlOf },
      async ({ world }) => {
        const pids = [world.ingest, ...world.workers].map((app) => app.process.pid);
        const before = pids.map(residentMib);
        const resumesMs: number[] = [];
        for (const { link, ms } of cuts) {
          await delay(1_000);
          proxy?.change({ link });
          await delay(ms);
          proxy?.change({ link: 'open' });
          const resumeMs = await recovery(world);
          resumesMs.push(resumeMs);
          options.say(`${link} for ${ms} ms: caught up ${Math.round(resumeMs)} ms after`);
        }
        const growthMib = Math.max(...pids.map((pid, i) => residentMib(pid) - (before[i] as number)));
        return { resumeMs: Math.max(...resumesMs), growthMib };
      },
    );
    await proxy?.close();
    const resumeMs = Math.round(result.resumeMs);
    const growthMib = Math.round(result.growthMib);
    return {
      figures: `cuts ${cuts.length} ${figures} hung ${load.hung} resume ${resumeMs} ms memory +${growthMib} MiB`,
      passed: clean && load.hung === 0 && resumeMs <= RESUME_MS_MAX && growthMib <= GROWTH_MIB_MAX,
    };
  },
};

function residentMib(pid: number): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? 0) / 1_024;
}
