import { closeRedis, connected, openRedis, type RedisConnection } from '@millrace/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../kit/index.js';
import { waitFor } from '../../tools/local-services/wait-for.js';

describe('a connection for requests', () => {
  let server: TestRedis;
  let observer: RedisConnection;

  beforeAll(async () => {
    server = await startRedis();
    observer = openRedis({ url: server.url, role: 'request', name: 'observer' });
    await connected(observer);
  });

  afterAll(async () => {
    await closeRedis(observer);
    await server.stop();
  });

  it('fails a command that is under way when the connection breaks, long before its time-out', async () => {
    const connection = openRedis({
      url: server.url,
      role: 'request',
      name: 'victim',
      commandTimeoutMs: 60_000,
    });
    await connected(connection);
    const id = await connection.client('ID');
    const underWay = connection.blpop('nothing-comes', 0).then(
      () => 'a reply',
      (error: Error) => error.name,
    );
    await waitFor(
      'the command to be under way',
      async () => String(await observer.client('LIST', 'ID', id)).includes('cmd=blpop'),
      { deadlineMs: 5_000 },
    );
    await observer.client('KILL', 'ID', id);
    expect(await underWay).toBe('MaxRetriesPerRequestError');
    await connected(connection);
    expect(await connection.ping()).toBe('PONG');
    await closeRedis(connection);
  });
});
