import { Keys, partitionsOf, type RedisConnection } from '@millrace/redis';
import { readPartitionStatus } from '@millrace/actor';
import { closeRedis, connected, openRedis } from '@millrace/redis';
import { startApps, type RunningApps } from '../../tools/launch/apps.js';
import { startLocalServices, type LocalServices } from '../../tools/local-services/local-services.js';
import { waitFor } from '../../tools/local-services/wait-for.js';
import { ConnectionPool } from '../http/connection-pool.js';
import { postRequest } from '../http/http-connection.js';
import { COUNT, definitions, NEWEST, type Payment } from './payments.js';

const GROUP = 'customer_payments';
const DRAINED = { deadlineMs: 60_000, everyMs: 50 };
const READ_AT_ONCE = 100;

/** The three real apps, one process each, on stores of their own. */
export class FreshnessWorld {
  private constructor(
    readonly redisUrl: string,
    private readonly partitions: number,
    private readonly redis: RedisConnection,
    private readonly apps: RunningApps,
    private readonly services: LocalServices,
    private readonly ingest: ConnectionPool,
    private readonly api: ConnectionPool,
  ) {}

  static async open(partitions: number): Promise<FreshnessWorld> {
    const services = await startLocalServices(() => {});
    const { redisUrl, databaseUrl, guard, folder } = services;
    const apps = await startApps({
      redisUrl,
      databaseUrl,
      guard,
      folder,
      environment: { MILLRACE_LOG_LEVEL: 'warn' },
    });
    const [ingest, api] = [new ConnectionPool(apps.ingest.url), new ConnectionPool(apps.api.url)];
    const redis = openRedis({ url: redisUrl, role: 'request', name: 'bench' });
    await connected(redis);
    const world = new FreshnessWorld(redisUrl, partitions, redis, apps, services, ingest, api);
    await world.post(api, `${apps.api.url}/v1/apply`, { definitions: definitions(partitions) });
    await apps.ready();
    return world;
  }

  /** Sends payments in one request. @throws Error where not all of them were accepted */
  async send(payments: readonly Payment[]): Promise<void> {
    const url = `${this.apps.ingest.url}/v1/events/payments`;
    const body = `[${payments.map(({ json }) => json).join(',')}]`;
    const answer = await this.ingest.send(postRequest(url, body));
    const text = answer.body.toString('utf8');
    const accepted = (JSON.parse(text) as { accepted?: number }).accepted;
    if (answer.status !== 202 || accepted !== payments.length) {
      throw new Error(`ingest answered ${answer.status}: ${text.slice(0, 300)}`);
    }
  }

  /** The number of the newest payment that a read of this customer includes. */
  async newestSeqOf(customer: string): Promise<number> {
    const [vector] = await this.read([customer], NEWEST);
    return Number(vector ?? 0);
  }

  /** Waits until all is applied and compares every customer's count. @throws Error for a wrong one */
  async mustHold(counts: ReadonlyMap<string, number>): Promise<void> {
    const partitions = partitionsOf({ name: 'customer', partitions: this.partitions });
    await waitFor(
      'every mailbox to be empty',
      async () => {
        const status = await readPartitionStatus(this.redis, new Keys(), partitions);
        return status.every(({ mailbox }) => mailbox.frames === 0) || undefined;
      },
      DRAINED,
    );
    const customers = [...counts.keys()];
    for (let from = 0; from < customers.length; from += READ_AT_ONCE) {
      const some = customers.slice(from, from + READ_AT_ONCE);
      const found = await this.read(some, COUNT);
      some.forEach((customer, i) => {
        if (found[i] === counts.get(customer)) return;
        throw new Error(
          `${customer}: count ${String(found[i])}, expected ${counts.get(customer)}: the speed is void`,
        );
      });
    }
  }

  async close(): Promise<void> {
    this.ingest.close();
    this.api.close();
    await closeRedis(this.redis);
    await this.apps.stop();
    await this.services.stop();
  }

  private async read(customers: readonly string[], feature: string): Promise<unknown[]> {
    const answer = await this.post(this.api, `${this.apps.api.url}/v1/features`, {
      features: [`${GROUP}:${feature}`],
      entities: customers.map((customer) => ({ customer })),
    });
    const { results } = answer as { results: { values: Record<string, unknown> }[] };
    return results.map(({ values }) => values[feature]);
  }

  private async post(pool: ConnectionPool, url: string, body: unknown): Promise<unknown> {
    const answer = await pool.send(postRequest(url, JSON.stringify(body)));
    const text = answer.body.toString('utf8');
    if (answer.status >= 300) throw new Error(`${url} answered ${answer.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text);
  }
}
