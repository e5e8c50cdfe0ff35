import { Cluster, Redis, type RedisOptions } from 'ioredis';

/** A connection to one server or to a cluster; everything in this house is written against both. */
export type RedisConnection = Redis | Cluster;

/**
 * What a connection is for decides how it behaves when Redis is away:
 * - `request`: somebody waits. Fails within `commandTimeoutMs`, never queues, never re-sends.
 * - `queue`: BullMQ's own commands. Waits for Redis to return; its scripts are safe to repeat.
 */
export type ConnectionRole = 'request' | 'queue';

export interface ConnectionSettings {
  /**
   * `redis://…` or `rediss://…` for one server; `redis+cluster://host:port,host:port` (or
   * `rediss+cluster://`) for the seed nodes of a cluster.
   */
  readonly url: string;
  readonly role: ConnectionRole;
  /** Shown by CLIENT LIST: `millrace-worker`. */
  readonly name: string;
  /** After how long a command without reply fails; for role `request`. Default 2 s. */
  readonly commandTimeoutMs?: number;
}

type CommonOptions = Omit<RedisOptions, 'retryStrategy' | 'replyMapping'>;

const COMMAND_TIMEOUT_MS = 2_000;
/** Reconnect soon: work resumes when the last of a process's connections is back. */
const RECONNECT_DELAY_MS_MAX = 200;

function reconnectDelayMs(attempt: number): number {
  return Math.min(20 * 2 ** attempt, RECONNECT_DELAY_MS_MAX);
}

/**
 * A queue connection blocks up to five seconds for a job; silence for longer means a half-open connection,
 * which no error ever reports.
 */
const QUEUE_SILENCE_MS_MAX = 8_000;

/**
 * ioredis re-sends commands whose replies were lost when a connection breaks: 100 XADDs became 110 entries
 * (faults.md). `request` connections turn that off; ioredis 6 then forgets what was under way when it reconnects, and
 * its promises settle by their time-out at the earliest. Without retries it rejects them when the connection
 * breaks: work resumes as soon as there is a new one. An unknown outcome is an error here, and the retry above is
 * safe because appends carry event ids and commits carry their generation and offset.
 */
function optionsOf(settings: ConnectionSettings): CommonOptions {
  const common = {
    connectionName: settings.name,
    connectTimeout: 2_000,
    keepAlive: 5_000,
    // A replica that was a primary until the failover refuses writes: find the new primary.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  };
  if (settings.role === 'queue') {
    return { ...common, maxRetriesPerRequest: null, socketTimeout: QUEUE_SILENCE_MS_MAX };
  }
  const commandTimeout = settings.commandTimeoutMs ?? COMMAND_TIMEOUT_MS;
  return {
    ...common,
    commandTimeout,
    // The socket goes once its commands have timed out: a half-open connection answers nobody.
    socketTimeout: commandTimeout + 500,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
  };
}

const CLUSTER_URL = /^(rediss?)\+cluster:\/\/(?:([^@/]*)@)?([^/]+)\/?$/;

/** Whether a URL names a cluster, where one command reaches the keys of one slot only. */
export function isClusterUrl(url: string): boolean {
  return CLUSTER_URL.test(url);
}

/**
 * Opens a connection and returns at once; `connected` waits for it. Errors of the connection itself go to
 * `onError` (they repeat with every attempt to reconnect), errors of commands to whoever awaits them.
 */
export function openRedis(
  settings: ConnectionSettings,
  onError: (error: Error) => void = () => {},
): RedisConnection {
  const cluster = CLUSTER_URL.exec(settings.url);
  const connection = cluster
    ? openCluster(cluster, settings)
    : new Redis(settings.url, { ...optionsOf(settings), retryStrategy: reconnectDelayMs });
  connection.on('error', onError);
  return connection;
}

function openCluster(match: RegExpExecArray, settings: ConnectionSettings): Cluster {
  const [, scheme, credentials = '', hosts = ''] = match;
  const [username, password] = credentials.split(':').map(decodeURIComponent);
  const { enableOfflineQueue = true, ...nodeOptions } = optionsOf(settings);
  const seeds = hosts.split(',').map((seed) => {
    const [host = '127.0.0.1', port = '6379'] = seed.split(':');
    return { host, port: Number(port) };
  });
  return new Cluster(seeds, {
    enableOfflineQueue,
    clusterRetryStrategy: reconnectDelayMs,
    slotsRefreshTimeout: 2_000,
    slotsRefreshInterval: 5_000,
    redisOptions: {
      ...nodeOptions,
      ...(username ? { username } : {}),
      ...(password ? { password } : {}),
      ...(scheme === 'rediss' ? { tls: {} } : {}),
    },
  });
}

/** Redis works on what has left while the sender goes on: so much of it is worth a system call. */
const GATHERED_BYTES = 16 * 1024;

/**
 * Sends a command, and those that follow before the event loop goes on in one system call with it: ioredis makes one for
 * each, and sixteen appends of one request were a tenth of ingest's processor time. A command leaves at once where
 * nothing else is under way, as Redis has nothing to do then, and so do those that were gathered where they are many bytes.
 */
export function sendGathered<Reply>(connection: RedisConnection, send: () => Reply): Reply {
  if (!(connection instanceof Redis) || connection.status !== 'ready') return send();
  const { stream, commandQueue } = connection;
  if (commandQueue.length === 0) return send();
  if (stream.writableCorked === 0) {
    stream.cork();
    process.nextTick(() => stream.uncork());
  }
  const reply = send();
  if (stream.writableLength >= GATHERED_BYTES) {
    stream.uncork();
    stream.cork();
  }
  return reply;
}

/** Waits until commands may be sent. @throws Error that says what did not answer, after `withinMs`. */
export async function connected(connection: RedisConnection, withinMs = 10_000): Promise<void> {
  if (connection.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    let newest = 'no connection attempt ended';
    const onError = (error: Error): void => void (newest = error.message);
    const onReady = (): void => settle(resolve);
    const deadline = setTimeout(
      () => settle(() => reject(new Error(`Redis did not answer within ${withinMs} ms: ${newest}`))),
      withinMs,
    );
    function settle(outcome: () => void): void {
      clearTimeout(deadline);
      connection.off('error', onError).off('ready', onReady);
      outcome();
    }
    connection.on('error', onError).on('ready', onReady);
  });
}

/** Ends a connection without waiting for commands in flight longer than a second. */
export async function closeRedis(connection: RedisConnection): Promise<void> {
  if (connection.status === 'end') return;
  const polite = connection.quit().then(
    () => {},
    () => {},
  );
  let deadline: NodeJS.Timeout | undefined;
  await Promise.race([polite, new Promise<void>((resolve) => (deadline = setTimeout(resolve, 1_000)))]);
  clearTimeout(deadline);
  connection.disconnect();
}
