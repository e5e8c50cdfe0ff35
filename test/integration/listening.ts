import type { MailboxWatch } from '@millrace/actor';
import type { RedisConnection } from '@millrace/redis';
import { LOG_START } from '@millrace/stream';
import { waitFor } from '../kit/index.js';

/** Until a watch listens: before that it lets whoever waits go at once. Nobody else may wait meanwhile. */
export async function listening(watch: MailboxWatch, redis: RedisConnection): Promise<void> {
  const listens = async (): Promise<boolean> => {
    const wait = watch.wait('nobody.0', LOG_START, 60_000);
    const first = await Promise.race([wait, redis.ping()]);
    watch.releaseAll();
    return first === 'PONG';
  };
  await waitFor('the watch to listen', listens, { deadlineMs: 20_000 });
}
