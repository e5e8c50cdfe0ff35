import {
  closeRedis,
  connected,
  Keys,
  openRedis,
  ProcessRegister,
  writeRefusal,
  type RedisConnection,
} from '@millrace/redis';
import { Redis } from 'ioredis';
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

  it('sends a script at once where nothing is under way or much is gathered, and others together', async () => {
    const connection = openRedis({ url: server.url, role: 'request', name: 'gathers' });
    if (!(connection instanceof Redis)) throw new Error('one server was asked for');
    await connected(connection);
    const held = (): number => connection.stream.writableLength;
    const register = new ProcessRegister(connection, new Keys('gathers:'));
    const announce = (id: string): Promise<void> => register.announce({ id, kind: 'api' });
    const sent = [announce('first')];
    expect(held()).toBe(0);
    sent.push(announce('second'));
    const ofOne = held();
    sent.push(announce('third'));
    expect(ofOne).toBeGreaterThan(0);
    expect(held()).toBeGreaterThan(ofOne);
    sent.push(announce('x'.repeat(20_000)));
    expect(held()).toBe(0);
    sent.push(announce('last'));
    expect(held()).toBeGreaterThan(0);
    await Promise.all(sent);
    expect(held()).toBe(0);
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
