import type { EntryId } from '@millrace/stream';

/**
 * Why an event could not be applied:
 * - `EXPRESSION_FAILED`: an expression of the group cannot go on with the event's values
 * - `APPLY_FAILED`: the group's window state refused the event
 * - `STATE_CORRUPT`: the state of this actor and group cannot be read; it is quarantined, not overwritten
 * - `FRAME_CORRUPT`: the frame cannot be read; its bytes are kept
 */
export type DeadLetterCode = 'EXPRESSION_FAILED' | 'APPLY_FAILED' | 'STATE_CORRUPT' | 'FRAME_CORRUPT';

/** An event that one group could not apply. Other groups applied it. */
export interface DeadLetter {
  readonly code: DeadLetterCode;
  /** For a person: what was wrong with which value. */
  readonly message: string;
  /** `group@version`; undefined where no group could read the frame. */
  readonly group?: string;
  readonly entityId?: string;
  /** Where the event stands in the log. */
  readonly entry: EntryId;
  readonly row: number;
  /** The event as a frame of its own, so that a replay applies exactly what was accepted. */
  readonly frame: Buffer;
}
