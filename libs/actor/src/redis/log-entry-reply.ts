import type { EntryId } from '@millrace/stream';
import type { LogEntry } from '../actor-store.js';

/** An entry as read-mailbox.lua makes it. */
export type EntryReply = [id: Buffer, frame: Buffer, duplicates: Buffer, onlyGroup: Buffer];

const NO_DUPLICATES: readonly number[] = [];

export function readEntry([id, frame, duplicates, onlyGroup]: EntryReply): LogEntry {
  const entry = {
    id: id.toString('latin1') as EntryId,
    frame,
    duplicates: duplicates.length > 0 ? duplicates.toString('latin1').split(',').map(Number) : NO_DUPLICATES,
  };
  return onlyGroup.length > 0 ? { ...entry, onlyGroup: onlyGroup.toString('utf8') } : entry;
}
