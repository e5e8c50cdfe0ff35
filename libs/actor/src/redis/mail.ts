import type { EntryId } from '@millrace/stream';
import type { LogEntry } from '../actor-store.js';
import { readEntry } from './log-entry-reply.js';

/**
 * What a worker is told in its channel: that a log has mail, and the frame itself where it is small. Little-endian:
 * u16 length and key of the log; then, with a frame, u8 length and id of the entry before it, u8 length and its own
 * id, u32 length and duplicate rows as `r,r,…`, and the frame.
 */
export interface Mail {
  readonly log: string;
  /** The frame and the entry that it follows; absent where the turn has to look for itself. */
  readonly frame?: { readonly after: EntryId; readonly entry: LogEntry };
}

const NO_GROUP = Buffer.alloc(0);

/** Reads what append.lua, replay-dead-letter.lua and `announcementOf` make. */
export function readMail(message: Buffer): Mail {
  let at = 0;
  const take = (size: number): Buffer => message.subarray(at, (at += size));
  const log = take(take(2).readUInt16LE()).toString('utf8');
  if (at === message.length) return { log };
  const after = take(take(1).readUInt8()).toString('latin1') as EntryId;
  const id = take(take(1).readUInt8());
  const duplicates = take(take(4).readUInt32LE());
  return { log, frame: { after, entry: readEntry([id, message.subarray(at), duplicates, NO_GROUP]) } };
}

/** Says that a log has mail, and no more. */
export function announcementOf(log: string): Buffer {
  const key = Buffer.from(log);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(key.length);
  return Buffer.concat([length, key]);
}
