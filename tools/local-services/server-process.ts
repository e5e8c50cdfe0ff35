import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Guard } from './guard.js';
import { GiveUp, waitFor } from './wait-for.js';

const LOG_LINES_SHOWN = 40;
/** Our apps drain within 10 s; whoever needs longer is ended. */
const STOP_MS = 15_000;

export interface ServerCommand {
  /** What people call it, for messages. */
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** Standard output and errors go here. */
  readonly logFile: string;
  /** How it is asked to stop. */
  readonly stopSignal: NodeJS.Signals;
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** A server that this process started: it is stopped by `stop`, or by the guard when this process is gone. */
export class ServerProcess {
  readonly pid: number;
  /** Resolves, once it has ended, with how. */
  readonly ended: Promise<string>;
  #how: string | undefined;

  private constructor(
    private readonly command: ServerCommand,
    guard: Guard,
    private readonly child: ChildProcess,
    pid: number,
  ) {
    this.pid = pid;
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#how = signal === null ? `exit code ${code}` : signal;
        guard.forget(pid);
        resolve(this.#how);
      });
    });
  }

  static async start(command: ServerCommand, guard: Guard): Promise<ServerProcess> {
    const log = openSync(command.logFile, 'a');
    try {
      // Detached: Ctrl-C goes to us, and we stop the servers in order; the guard is there if we cannot.
      const child = spawn(command.command, command.arguments, {
        detached: true,
        stdio: ['ignore', log, log],
        env: { ...process.env, ...command.environment },
        ...(command.folder === undefined ? {} : { cwd: command.folder }),
        ...command.user,
      });
      if (child.pid !== undefined) guard.watch(child.pid, command.stopSignal);
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', reject);
      });
      if (child.pid === undefined) throw new Error(`${command.name} got no process id`);
      return new ServerProcess(command, guard, child, child.pid);
    } finally {
      closeSync(log);
    }
  }

  get name(): string {
    return this.command.name;
  }

  get hasEnded(): boolean {
    return this.#how !== undefined;
  }

  /** Waits until `isReady` holds; a server that ends before that, or is late, fails with its log. */
  async ready(isReady: () => Promise<boolean>, deadlineMs: number): Promise<void> {
    const look = (): Promise<boolean> => {
      if (this.#how !== undefined) throw new GiveUp(`${this.name} ended at once (${this.#how})`);
      return isReady();
    };
    try {
      await waitFor(`${this.name} to be ready`, look, { deadlineMs });
    } catch (error) {
      await this.kill();
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${reason}\n--- the end of its log ---\n${this.logTail()}`, { cause: error });
    }
  }

  /** Asks it to stop and waits; ends it where it does not answer. */
  async stop(): Promise<void> {
    if (this.hasEnded) return;
    this.child.kill(this.command.stopSignal);
    const inTime = await Promise.race([this.ended, delay(STOP_MS, undefined, { ref: false })]);
    if (inTime === undefined) await this.kill();
  }

  /** Sends any signal: SIGKILL, SIGSTOP and SIGCONT are what faults are made of. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.hasEnded) return;
    this.child.kill('SIGKILL');
    await this.ended;
  }

  logTail(lines = LOG_LINES_SHOWN): string {
    if (!existsSync(this.command.logFile)) return '';
    return readFileSync(this.command.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }
}
