import { RedisScript, type Keys, type RedisConnection } from '@millrace/redis';
import { unavailable } from '@millrace/stream';
import type { FeatureUsage, UsageStore } from '../usage/usage-store.js';

const addUsage = RedisScript.beside(import.meta.url, 'add-usage');

/** Services × features that are kept; some 150 B each. Beyond it new ones are not counted. */
const FIELDS_MAX = 20_000;
/** Features in one script: a millisecond of Redis. */
const FEATURES_PER_SCRIPT = 500;

/** The totals in one hash; see add-usage.lua. */
export class RedisUsageStore implements UsageStore {
  constructor(
    private readonly redis: RedisConnection,
    private readonly keys: Keys,
  ) {}

  async add(served: readonly FeatureUsage[]): Promise<void> {
    for (let from = 0; from < served.length; from += FEATURES_PER_SCRIPT) {
      const some = served.slice(from, from + FEATURES_PER_SCRIPT);
      const args = some.flatMap(({ byStatus, lastReadAt, ...read }) => [
        fieldOf(read),
        [...byStatus, lastReadAt].join(' '),
      ]);
      await addUsage.run(this.redis, [this.keys.usage], [FIELDS_MAX, ...args]).catch((error: unknown) => {
        throw unavailable(error);
      });
    }
  }

  async read(): Promise<FeatureUsage[]> {
    const stored = await this.redis.hgetall(this.keys.usage).catch((error: unknown) => {
      throw unavailable(error);
    });
    return Object.entries(stored)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([field, numbers]) => usageOf(field, numbers));
  }
}

/** A line for the variant only where there is one. */
function fieldOf({
  service,
  variant,
  feature,
}: Pick<FeatureUsage, 'service' | 'variant' | 'feature'>): string {
  return [service ?? '', feature, ...(variant === undefined ? [] : [variant])].join('\n');
}

function usageOf(field: string, numbers: string): FeatureUsage {
  const [service, feature = '', variant] = field.split('\n');
  const byStatus = numbers.split(' ').map(Number);
  const lastReadAt = byStatus.pop() ?? 0;
  return { service: service === '' ? undefined : service, variant, feature, byStatus, lastReadAt };
}
