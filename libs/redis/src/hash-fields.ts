import type { StoredFields } from './stored-fields.js';

/** Some fields of one hash. */
export interface HashFieldsRead {
  readonly key: string;
  /** The same array for every read of the same fields: what can be prepared for it is prepared once. */
  readonly fields: readonly string[];
}

/** What a hash holds, or why it alone could not be read. */
export type HashValues = StoredFields | Error;

/** Reads fields of many hashes at a time: what serving does all day. */
export interface HashFields {
  /** All in one round trip (per node of a cluster), in the order given. Never rejects: each hash fails by itself. */
  read(reads: readonly HashFieldsRead[]): Promise<readonly HashValues[]>;
  /** Waits until reads may be sent. @throws Error that says what did not answer. */
  connected(): Promise<void>;
  /** Why no read can be sent now, if so. */
  fault(): string | undefined;
  close(): Promise<void>;
}
