import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Requests to one server, sent in turn; every load goes on where the one before ended. */
export interface Target {
  readonly url: string;
  readonly requests: readonly Uint8Array[];
}

/** Each connection sends its next request when its last one was answered. */
export interface ClosedLoad {
  readonly kind: 'closed';
  readonly target: number;
  readonly connections: number;
  readonly count: number;
}

export interface OpenLoad {
  readonly kind: 'open';
  readonly target: number;
  readonly connections: number;
  readonly requestsPerSecond: number;
  readonly durationMs: number;
}

export interface NewTarget extends Target {
  readonly kind: 'target';
}

/** What the client's process answers. */
export type LoadOutcome =
  /** What loads call a new target. */
  | { readonly target: number }
  | { readonly elapsedMs: number }
  | { readonly latencies: Float64Array }
  /** Of an answer that was not 200. */
  | { readonly fault: string };

/**
 * Little garbage is made between two collections. None is asked for: a full one drops the code that refers to what is gone, and
 * to compile it anew, by threads of real-time priority, was 5 to 15 ms of a core some 600 requests into each load: the p99 of whoever
 * was measured.
 */
const NODE_ARGUMENTS = ['--max-semi-space-size=64'];

/**
 * A process that sends requests and does nothing else: in the process of the benchmark its garbage and its heap of
 * expected values would be measured. Where the system permits it, it runs with real-time priority: what a caller waits
 * for its own core is not the server's latency.
 */
export class LoadClient {
  private constructor(
    private readonly process: ChildProcess,
    readonly isRealTime: boolean,
  ) {}

  static start(): LoadClient {
    const isRealTime = spawnSync('chrt', ['-r', '1', 'true']).status === 0;
    const started = fork(new URL('./load-client-process.js', import.meta.url), {
      serialization: 'advanced',
      ...(isRealTime
        ? { execPath: 'chrt', execArgv: ['-r', '1', process.execPath, ...NODE_ARGUMENTS] }
        : { execArgv: NODE_ARGUMENTS }),
    });
    return new LoadClient(started, isRealTime);
  }

  /** @returns what loads call it. */
  async target(target: Target): Promise<number> {
    const outcome = await this.send({ kind: 'target', ...target });
    if ('target' in outcome) return outcome.target;
    throw new Error('the client answered something else');
  }

  /** @returns how long it took, in ms. @throws Error for an answer that is not 200, which voids the speed. */
  async closed(load: Omit<ClosedLoad, 'kind'>): Promise<number> {
    const outcome = await this.send({ kind: 'closed', ...load });
    if ('elapsedMs' in outcome) return outcome.elapsedMs;
    throw new Error('the client answered something else');
  }

  /** @returns latencies in ms, ascending, from the instants at which requests were due. @throws as `closed`. */
  async open(load: Omit<OpenLoad, 'kind'>): Promise<Float64Array> {
    const outcome = await this.send({ kind: 'open', ...load });
    if ('latencies' in outcome) return outcome.latencies;
    throw new Error('the client answered something else');
  }

  stop(): void {
    this.process.disconnect();
  }

  private async send(load: NewTarget | ClosedLoad | OpenLoad): Promise<LoadOutcome> {
    const answered = once(this.process, 'message') as Promise<[LoadOutcome]>;
    this.process.send(load);
    const [outcome] = await answered;
    if ('fault' in outcome) throw new Error(outcome.fault);
    return outcome;
  }
}
