import { Redis } from 'ioredis';
import pg from 'pg';
import { expect, test } from 'vitest';
import { startPostgres, startRedis } from '../../kit/index.js';

test('a Redis of the kit keeps acknowledged writes when it is killed and started again', async () => {
  const server = await startRedis();
  const redis = new Redis(server.url, { maxRetriesPerRequest: null });
  try {
    await redis.set('kept', 'yes');
    await server.kill();
    await server.restart();
    expect(await redis.get('kept')).toBe('yes');
    expect(await redis.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    expect(await redis.config('GET', 'appendfsync')).toEqual(['appendfsync', 'everysec']);
  } finally {
    redis.disconnect();
    await server.stop();
  }
});

test('each test file gets a database of its own', async () => {
  const [one, other] = await Promise.all([startPostgres(), startPostgres()]);
  const client = new pg.Client({ connectionString: one.url });
  await client.connect();
  await client.query('CREATE TABLE mine (id int)');
  await client.end();
  const elsewhere = new pg.Client({ connectionString: other.url });
  await elsewhere.connect();
  const { rows } = await elsewhere.query("SELECT 1 FROM pg_tables WHERE tablename = 'mine'");
  await elsewhere.end();
  expect(rows).toEqual([]);
  await Promise.all([one.stop(), other.stop()]);
});
