import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { LiveProcess } from '@millrace/core';
import type { RedisConnection } from './connection.js';
import type { Keys } from './keys.js';
import { RedisScript } from './script.js';

const announceProcess = RedisScript.beside(import.meta.url, 'announce-process');
const liveProcesses = RedisScript.beside(import.meta.url, 'live-processes');

/** A process that has not announced itself for so long counts as gone: it looks for plans each second. */
const HOLDS_MS = 5_000;
/** A reason is for a person to read, and all of them are read at once. */
const REASON_LENGTH_MAX = 500;

/** The processes that live, each under a field of one Redis hash. */
export class ProcessRegister {
  constructor(
    private readonly redis: RedisConnection,
    private readonly keys: Keys,
  ) {}

  /** Must be repeated within five seconds. */
  async announce(process: LiveProcess): Promise<void> {
    const { refused } = process;
    const said: LiveProcess = refused
      ? { ...process, refused: { ...refused, reason: refused.reason.slice(0, REASON_LENGTH_MAX) } }
      : process;
    await announceProcess.run(
      this.redis,
      [this.keys.processes],
      [process.id, JSON.stringify(said), HOLDS_MS],
    );
  }

  /** Says that a process is about to end. */
  async withdraw(id: string): Promise<void> {
    await this.redis.hdel(this.keys.processes, id);
  }

  /** Those that announced themselves within five seconds, by kind and id. */
  async live(): Promise<LiveProcess[]> {
    const reply = (await liveProcesses.run(this.redis, [this.keys.processes], [])) as readonly Buffer[];
    return reply
      .map((said) => JSON.parse(said.toString('utf8')) as LiveProcess)
      .toSorted((a, b) => a.kind.localeCompare(b.kind) || a.id.localeCompare(b.id));
  }
}

/** Says on which machine a process runs; unlike any other, also where a process id comes again. */
export function newProcessId(): string {
  return `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;
}
