import { closeRedis, connected, Keys, writeRefusal, openRedis, type RedisConnection } from '@millrace/redis';
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

  it('says whether Redis would take an append or a commit: of a full memory commits, of a full disk neither', async () => {
    const refusals = async (): Promise<(string | undefined)[]> => {
      const said = await Promise.all([
        writeRefusal('append', observer, new Keys()),
        writeRefusal('commit', observer, new Keys()),
      ]);
      return said.map((refusal) => refusal && /[A-Z]{3,}/.exec(refusal)?.[0]);
    };
    expect(await refusals()).toEqual([undefined, undefined]);
    await observer.config('SET', 'maxmemory', '1');
    expect(await refusals()).toEqual(['OOM', undefined]);
    await observer.config('SET', 'maxmemory', '0');
    await server.breakDisk();
    expect(await refusals()).toEqual(['MISCONF', 'MISCONF']);
    await server.mendDisk();
    expect(await refusals()).toEqual([undefined, undefined]);
  });
});
