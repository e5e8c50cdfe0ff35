import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import { openQueues } from '@millrace/actor';
import { problemOf } from '@millrace/http';
import type { Keys, RedisConnection } from '@millrace/redis';
import { recurringWarning, type Logger } from '@millrace/telemetry';
import type { FastifyInstance } from 'fastify';

/** Where the board is: no access rule names it, so it is for admins alone. */
export const QUEUE_BOARD_PATH = '/admin/queues';

/**
 * BullMQ's board, to look at turns and sweeps. Read-only: a turn that was retried or removed by hand would be
 * found by the sweep anyway.
 */
export async function mountQueueBoard(
  server: FastifyInstance,
  redis: RedisConnection,
  keys: Keys,
  logger: Logger,
): Promise<void> {
  const queues = openQueues(redis, keys, recurringWarning(logger, 'queue board'));
  const board = new FastifyAdapter();
  board.setBasePath(QUEUE_BOARD_PATH);
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })),
    serverAdapter: board,
    options: { uiConfig: { boardTitle: 'Millrace' } },
  });
  // Its own answers 500 to everything, also to a request without a key.
  board.setErrorHandler((error) => {
    const { status, body } = problemOf(error);
    return { status: status as 500, body };
  });
  await server.register(board.registerPlugin(), { prefix: QUEUE_BOARD_PATH });
  server.addHook('preClose', async () => {
    await Promise.all(queues.map((queue) => queue.close()));
  });
}
