import type { RedisConnection } from '@millrace/redis';

const STREAMS = 16;
const PIPELINES_AT_ONCE = 4;

/**
 * The limit of W3: the bodies of events as they are, one XADD each, in pipelines. Nothing is checked, packed,
 * routed or remembered. Answers the ms that it took.
 */
export async function appendBare(
  redis: RedisConnection,
  bodies: readonly string[],
  pipelineLength: number,
): Promise<number> {
  let next = 0;
  const appendSome = async (): Promise<void> => {
    while (next < bodies.length) {
      const pipeline = redis.pipeline();
      const end = Math.min(next + pipelineLength, bodies.length);
      for (; next < end; next++) pipeline.xadd(`bare:${next % STREAMS}`, '*', 'e', bodies[next] as string);
      await pipeline.exec();
    }
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: PIPELINES_AT_ONCE }, appendSome));
  return performance.now() - startedMs;
}
