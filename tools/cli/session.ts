import type { Address } from './api-client.js';

/** Where a command writes: what was asked for, and what is said about it. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
}

/** What every command is given. */
export interface Session {
  readonly terminal: Terminal;
  /** Read when a command runs: options may follow the command's name. */
  readonly api: () => Address;
  readonly ingest: () => Address;
}
