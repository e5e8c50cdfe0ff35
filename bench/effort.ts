import type { RedisConnection } from '@millrace/redis';

/** What some work took: its time on the clock, and the processor time of this process and of Redis. */
export interface Effort {
  readonly elapsedMs: number;
  readonly ownCpuMs: number;
  readonly redisCpuMs: number;
}

/**
 * Measures some work. On a machine that is shared with others the clock tells about them as well; processor
 * time does not, so it is printed beside it.
 */
export async function effortOf(redis: RedisConnection, work: () => Promise<unknown>): Promise<Effort> {
  const redisBefore = await usedByRedisMs(redis);
  const before = process.cpuUsage();
  const startedMs = performance.now();
  await work();
  const elapsedMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(before);
  return {
    elapsedMs,
    ownCpuMs: (user + system) / 1_000,
    redisCpuMs: (await usedByRedisMs(redis)) - redisBefore,
  };
}

/** `4.1 + 3.9 µs`: processor time per event of this process and of Redis. */
export function cpuPerEvent({ ownCpuMs, redisCpuMs }: Effort, events: number): string {
  const micros = (ms: number): string => ((ms * 1_000) / events).toFixed(1);
  return `${micros(ownCpuMs)} + ${micros(redisCpuMs)} µs`;
}

async function usedByRedisMs(redis: RedisConnection): Promise<number> {
  const text = await redis.info('cpu');
  const seconds = (name: string): number => Number(new RegExp(`${name}:([\\d.]+)`).exec(text)?.[1]);
  return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1_000;
}
