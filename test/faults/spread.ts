import { setTimeout as delay } from 'node:timers/promises';
import { readPartitionStatus } from '@millrace/actor';
import { PARTITIONS } from './under-load.js';
import type { FaultWorld } from './world.js';

const SPREAD_SAMPLES = 20;
/** docs/guarantees.md: partitions spread within some two seconds of a worker's coming. */
const SETTLED_MS = 2_000;

/** What one of several workers may hold: an even share of the partitions, and the one place more that a worker has. */
export function evenShare(workers: number): number {
  return Math.ceil(PARTITIONS.length / workers) + 1;
}

export interface Spread {
  readonly workers: number;
  readonly mostHeld: number;
}

/** As many workers as there are join, again and again up to `most`: what one of them holds two seconds after each time. */
export async function spreadUpTo(world: FaultWorld, most: number): Promise<Spread[]> {
  const spreads: Spread[] = [];
  while (world.workers.length < most) {
    const workers = Math.min(most, 2 * world.workers.length);
    await Promise.all(Array.from({ length: workers - world.workers.length }, () => world.addWorker()));
    await delay(SETTLED_MS);
    spreads.push({ workers, mostHeld: await mostHeldByOne(world) });
  }
  return spreads;
}

/** How many partitions one worker holds at most: the median of a second, since turns change hands all the time. */
export async function mostHeldByOne(world: FaultWorld): Promise<number> {
  const samples: number[] = [];
  for (let i = 0; i < SPREAD_SAMPLES; i++) {
    const held = new Map<string, number>();
    for (const { worker = '' } of await readPartitionStatus(world.redis, world.keys, PARTITIONS)) {
      held.set(worker, (held.get(worker) ?? 0) + 1);
    }
    samples.push(Math.max(...held.values()));
    await delay(50);
  }
  return samples.toSorted((a, b) => a - b)[SPREAD_SAMPLES / 2] as number;
}
