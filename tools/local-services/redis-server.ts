import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { freePort } from './free-port.js';
import type { Guard } from './guard.js';
import { ServerProcess } from './server-process.js';

/** It answers when it has read its append-only file: some 6 s for each GB, on a machine under load more. */
const READY_MS = 60_000;
/** Between choosing a free port and listening on it, somebody else may take it. */
const PORT_ATTEMPTS = 5;

export interface RedisServerOptions {
  readonly binary: string;
  /** Where the server keeps its append-only file and its log. */
  readonly folder: string;
  readonly guard: Guard;
  /** A port to come back on after a restart; default a free one. */
  readonly port?: number;
  /** Further settings, which also replace ours: `{ maxmemory: '64mb' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly process: ServerProcess;
}

/**
 * Starts Redis the way Millrace needs it in production too: append-only file written each second, and no
 * eviction, because an evicted key would be a silently forgotten actor. States are packed already: to compress them when
 * the file is rewritten took three times the processor for a file that is an eighth smaller. A young file of 64 MB (Redis' default)
 * was rewritten each six seconds at 10,000 events/s, for a second of a core each time.
 */
export async function startRedisServer(options: RedisServerOptions): Promise<RedisServer> {
  await mkdir(options.folder, { recursive: true });
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    try {
      const process = await startOnPort(port, options);
      return { url: `redis://127.0.0.1:${port}`, port, process };
    } catch (error) {
      if (options.port !== undefined || attempt === PORT_ATTEMPTS || !isPortTaken(error)) throw error;
    }
  }
}

/** As docker-compose.yml starts it; deploy/README.md says why. */
export const RECOMMENDED = {
  appendonly: 'yes',
  appendfsync: 'everysec',
  save: '',
  'maxmemory-policy': 'noeviction',
  rdbcompression: 'no',
  'auto-aof-rewrite-min-size': '2gb',
};

async function startOnPort(port: number, options: RedisServerOptions): Promise<ServerProcess> {
  const { binary, folder, guard, settings } = options;
  const process = await ServerProcess.start(
    {
      name: 'Redis',
      command: binary,
      arguments: Object.entries({
        port: String(port),
        bind: '127.0.0.1',
        dir: folder,
        daemonize: 'no',
        ...RECOMMENDED,
        ...settings,
      }).flatMap(([name, value]) => [`--${name}`, value]),
      folder,
      logFile: path.join(folder, 'redis.log'),
      stopSignal: 'SIGTERM',
    },
    guard,
  );
  await process.ready(() => answersPing(port), READY_MS);
  return process;
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && /address already in use/i.test(error.message);
}

/** Whether the server answers PONG; while it loads its append-only file it answers LOADING. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('data', (data) => finish(data.toString('latin1').startsWith('+PONG')));
  });
}
