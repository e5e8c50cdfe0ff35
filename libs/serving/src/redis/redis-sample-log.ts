import type { Keys, RedisConnection } from '@millrace/redis';
import type { SampleLog, ServedSample } from '../usage/served-samples.js';

/** Vectors that are kept, the newest ones; some 10 KB each for 50 features. */
const SAMPLES_MAX = 10_000;

/** Served vectors in one stream. */
export class RedisSampleLog implements SampleLog {
  constructor(
    private readonly redis: RedisConnection,
    private readonly keys: Keys,
  ) {}

  async append({ service, variant, vectorJson }: ServedSample): Promise<void> {
    await this.redis.xadd(
      this.keys.served,
      'MAXLEN',
      '~',
      SAMPLES_MAX,
      '*',
      'service',
      service ?? '',
      'variant',
      variant ?? '',
      'vector',
      vectorJson,
    );
  }
}
