import { openHashFields, StoredFields, type HashFields } from '@millrace/redis';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startRedis, waitFor, type TestRedis } from '../kit/index.js';

const DEADLINE = { deadlineMs: 10_000 };
const FIELDS = ['a', 'b', 'c'];

let server: TestRedis;
let redis: Redis;
const opened: HashFields[] = [];

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((hashes) => hashes.close()));
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

async function open(commandTimeoutMs?: number, url = `${server.url}/3`): Promise<HashFields> {
  const hashes = openHashFields({
    url,
    name: 'test-reads',
    ...(commandTimeoutMs !== undefined && { commandTimeoutMs }),
  });
  opened.push(hashes);
  await hashes.connected();
  return hashes;
}

const reads = (...keys: string[]) => keys.map((key) => ({ key, fields: FIELDS }));
const texts = (values: unknown): unknown =>
  values instanceof StoredFields
    ? values.values.map((value) => (value === null ? null : String(value)))
    : values;

it('answers each hash in the order asked for, of the database in the URL, to many callers at once', async () => {
  await redis.select(3);
  for (let i = 0; i < 50; i++) await redis.hset(`hash:${i}`, { a: `a${i}`, c: `ü${i}` });
  const hashes = await open();
  const callers = Array.from({ length: 20 }, async (_, caller) => {
    const keys = Array.from({ length: 30 }, (__, i) => (caller * 7 + i) % 60);
    const answers = await hashes.read(reads(...keys.map((n) => `hash:${n}`)));
    expect(answers.map(texts)).toEqual(
      keys.map((n) => (n < 50 ? [`a${n}`, null, `ü${n}`] : [null, null, null])),
    );
  });
  await Promise.all(callers);
  await redis.select(0);
});

it('comes in by name and password', async () => {
  await redis.call('ACL', 'SETUSER', 'reader', 'on', '>secret', '~*', '+@all');
  await redis.hset('of database 0', { a: '1' });
  const url = server.url.replace('redis://', 'redis://reader:secret@');
  const [values] = await (await open(undefined, url)).read(reads('of database 0'));
  expect(texts(values)).toEqual(['1', null, null]);
});

it('reads values of megabytes, which come in many pieces', async () => {
  await redis.select(3);
  const [long, longer] = ['x'.repeat(3_000_000), 'y'.repeat(5_000_001)];
  await redis.hset('long', { a: long, b: '', c: longer });
  const [values] = await (await open()).read(reads('long'));
  expect(texts(values)).toEqual([long, '', longer]);
  await redis.select(0);
});

it('a key that is no hash costs only its own read', async () => {
  await redis.select(3);
  await redis.set('text', 'no hash');
  await redis.hset('one', { a: '1' });
  const [first, second, third] = await (await open()).read(reads('one', 'text', 'one'));
  expect([texts(first), texts(third)]).toEqual([
    ['1', null, null],
    ['1', null, null],
  ]);
  expect(second).toBeInstanceOf(Error);
  expect((second as Error).message).toContain('WRONGTYPE');
  await redis.select(0);
});

it('reads fail while Redis does not answer or is gone, and go on when it is back', async () => {
  const hashes = await open(300);
  server.signal('SIGSTOP');
  const [frozen] = await hashes.read(reads('one'));
  expect(String(frozen)).toContain('did not answer within 300 ms');
  server.signal('SIGCONT');
  const answers = async (): Promise<boolean> => !((await hashes.read(reads('one')))[0] instanceof Error);
  await waitFor('reads after the freeze', answers, DEADLINE);

  await server.kill();
  await waitFor('reads to fail', async () => !(await answers()), DEADLINE);
  expect(hashes.fault()).toContain('no connection to Redis');
  await server.restart();
  await waitFor('reads after the restart', answers, DEADLINE);
  expect(hashes.fault()).toBeUndefined();
});

it('a read that is under way when the connection ends fails, and so does any later one', async () => {
  const hashes = await open();
  const underWay = hashes.read(reads('one', 'one'));
  await hashes.close();
  for (const answer of [...(await underWay), ...(await hashes.read(reads('one')))])
    expect(answer).toBeInstanceOf(Error);
});
