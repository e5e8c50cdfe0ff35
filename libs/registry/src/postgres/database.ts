import pg from 'pg';
import { MillraceError } from '@millrace/core';
import { migrate } from './migrate.js';

export interface DatabaseSettings {
  readonly databaseUrl: string;
  /** A connection broke while nobody used it. */
  readonly onError: (error: Error) => void;
}

/** Admin requests are few; what waits longer than this for PostgreSQL is told so. */
const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 30_000;
const CONNECTIONS_MAX = 5;

/**
 * Transactions on the registry's database. Opening it connects to nothing: a process whose database is away
 * boots and serves, and the schema is brought up to date before the first transaction that succeeds.
 */
export class Database {
  private readonly pool: pg.Pool;
  private migrated: Promise<unknown> | undefined;

  constructor(private readonly settings: DatabaseSettings) {
    this.pool = new pg.Pool({
      connectionString: settings.databaseUrl,
      application_name: 'millrace-registry',
      max: CONNECTIONS_MAX,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
    });
    // Without a listener, an idle connection that breaks would end the process.
    this.pool.on('error', settings.onError);
  }

  /** How many transactions run, and how many wait for a connection. */
  get transactions(): { readonly running: number; readonly waiting: number } {
    const { totalCount, idleCount, waitingCount } = this.pool;
    return { running: totalCount - idleCount, waiting: waitingCount };
  }

  async close(): Promise<void> {
    await this.migrated?.catch(() => undefined);
    await this.pool.end();
  }

  /** @throws MillraceError POSTGRES_UNAVAILABLE, and what the work throws. */
  async write<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return this.transaction('BEGIN', work);
  }

  /** All reads of the work see the same state. @throws as `write` does. */
  async read<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return this.transaction('BEGIN READ ONLY ISOLATION LEVEL REPEATABLE READ', work);
  }

  private async transaction<T>(begin: string, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.connect();
    // Between two statements nobody waits for the connection: without a listener its end would end the process.
    client.on('error', ignore);
    let fault: Error | undefined;
    try {
      await client.query(begin);
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      fault = error instanceof Error ? error : new Error(String(error));
      // On a broken connection the rollback fails too; the server has rolled back by itself then.
      await client.query('ROLLBACK').catch(() => undefined);
      throw translated(error);
    } finally {
      client.off('error', ignore);
      client.release(fault !== undefined && !(fault instanceof MillraceError) ? fault : undefined);
    }
  }

  private async connect(): Promise<pg.PoolClient> {
    try {
      this.migrated ??= migrate(this.settings.databaseUrl);
      await this.migrated.catch((error: unknown) => {
        this.migrated = undefined;
        throw error;
      });
      return await this.pool.connect();
    } catch (error) {
      throw translated(error);
    }
  }
}

/** The next statement on the broken connection says it. */
const ignore = (): void => undefined;

/** SQL states: character_not_in_repertoire, untranslatable_character. */
const UNSTORABLE_TEXT: readonly string[] = ['22021', '22P05'];

/**
 * Answers of the server carry an SQL state; without one it was not reached, or went away. Some states say the
 * same: shut down (57P), connection lost (08), out of resources (53), not let in (28), no such database (3D).
 */
function translated(error: unknown): unknown {
  if (error instanceof MillraceError || !(error instanceof Error)) return error;
  const state = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (UNSTORABLE_TEXT.includes(state))
    return new MillraceError('BAD_REQUEST', 'text with a NUL or with half a character cannot be stored');
  const isOfServer = error instanceof pg.DatabaseError && !/^(57P|08|53|28|3D)/.test(state);
  if (isOfServer || error instanceof TypeError || error instanceof RangeError) return error;
  return new MillraceError('POSTGRES_UNAVAILABLE', `PostgreSQL does not answer: ${error.message}`, {
    retryAfterMs: 1_000,
  });
}
