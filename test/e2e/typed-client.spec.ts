/** The example in TypeScript, from its definitions to a typed read, on the three built apps. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MillraceClient } from '@millrace/client';
import type { CatalogOf } from '@millrace/define';
import fraud from '../../examples/fraud/fraud.js';
import {
  startPostgres,
  startRedis,
  startTestApps,
  type TestApps,
  type TestDatabase,
  type TestRedis,
} from '../kit/index.js';

const root = path.resolve(import.meta.dirname, '../..');

let redis: TestRedis;
let database: TestDatabase;
let apps: TestApps;
let millrace: MillraceClient<CatalogOf<typeof fraud>>;

beforeAll(async () => {
  [redis, database] = await Promise.all([startRedis(), startPostgres()]);
  apps = await startTestApps({ redisUrl: redis.url, databaseUrl: database.url });
  millrace = new MillraceClient({ apiUrl: apps.api.url, ingestUrl: apps.ingest.url });
});

afterAll(async () => {
  await apps.stop();
  await Promise.all([redis.stop(), database.stop()]);
});

/** What the command line answers to `apply <example> -o json`. */
async function applied(example: string): Promise<{ created: object[]; unchanged: object[] }> {
  const cli = path.join(root, 'dist/tools/cli/main.js');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [cli, '--api', apps.api.url, 'apply', example, '-o', 'json'],
    { cwd: root },
  );
  return JSON.parse(stdout) as { created: object[]; unchanged: object[] };
}

it.each(['flights', 'fraud'])(
  'examples/%s gives the same registry content from TypeScript as from YAML',
  async (example) => {
    const fromTypeScript = await applied(`examples/${example}/${example}.ts`);
    expect(fromTypeScript.created.length).toBeGreaterThan(0);
    const fromYaml = await applied(`examples/${example}`);
    expect(fromYaml.created).toEqual([]);
    expect(fromYaml.unchanged).toHaveLength(fromTypeScript.created.length);
  },
);

it('a client typed by the definitions reads its own writes', async () => {
  const now = Date.now();
  const payment = { customer_id: 'c1', merchant_id: 'm1', country: 'FR', category: 'books', declined: false };
  const { accepted, rejected, position } = await millrace.send('transactions', [
    { ...payment, transaction_id: 't1', occurred_at: new Date(now - 60_000), amount: 10 },
    { ...payment, transaction_id: 't2', occurred_at: now - 30_000, amount: 30.5 },
  ]);
  expect({ accepted, rejected }).toEqual({ accepted: 2, rejected: [] });
  const { values, statuses } = await millrace.features.get(
    'fraud_detection',
    { customer_id: 'c1', merchant_id: 'm1' },
    { request: { amount: 40.5 }, minPosition: position, waitMs: 5_000 },
  );
  expect(values.amount_sum_1h).toBe(40.5);
  expect(values.merchant_id_last_k_24h).toEqual(['m1', 'm1']);
  expect(values.merchant_count_24h).toBe(2);
  expect(values.abroad_sum_24h).toBe(2);
  expect(values.is_burst).toBe(false);
  expect(values.amount_ratio).toBe(1);
  expect(values.segment).toBe('new');
  expect(statuses.segment).toBe('NOT_FOUND');
});

it('a service that there is not is a problem with a code', async () => {
  const untyped = new MillraceClient({ apiUrl: apps.api.url });
  await expect(untyped.features.get('fraud_detecton', {})).rejects.toMatchObject({
    code: 'UNKNOWN_SERVICE',
    status: 404,
  });
});
