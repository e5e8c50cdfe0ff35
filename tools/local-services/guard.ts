import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

type GuardLine =
  | { readonly watch: number; readonly signal: NodeJS.Signals }
  | { readonly forget: number }
  | { readonly folder: string }
  | { readonly removed: string };

/**
 * Makes sure that nothing this process starts outlives it: tells a detached process (guard.mjs) what to stop
 * and to remove when this one is gone, however it went.
 */
export class Guard {
  readonly #child: ChildProcess;

  constructor() {
    const program = fileURLToPath(new URL('./guard.mjs', import.meta.url));
    // A session of its own: Ctrl-C in the terminal must not end the guard before it has done its work.
    this.#child = spawn(process.execPath, [program], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    this.#child.unref();
    const pipe = this.#child.stdin;
    pipe?.on('error', () => undefined);
    if (pipe !== null && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
  }

  watch(pid: number, signal: NodeJS.Signals): void {
    this.#tell({ watch: pid, signal });
  }

  forget(pid: number): void {
    this.#tell({ forget: pid });
  }

  folder(path: string): void {
    this.#tell({ folder: path });
  }

  removed(path: string): void {
    this.#tell({ removed: path });
  }

  #tell(line: GuardLine): void {
    this.#child.stdin?.write(`${JSON.stringify(line)}\n`);
  }
}
