import type { EntryId } from '@millrace/stream';
import type { LogEntry } from '../actor-store.js';

/** An entry as read-mailbox.lua makes it. */
export type EntryReply = [id: Buffer, frame: Buffer, duplicates: Buffer, onlyGroup: Buffer];

/** An entry as XREAD gives it: field, value, and so on, as append.lua wrote them. */
export type RawEntryReply = readonly [id: Buffer, fields: readonly Buffer[]];

const NOTHING: Buffer = Buffer.alloc(0);
const NO_DUPLICATES: readonly number[] = [];

export function readEntry([id, frame, duplicates, onlyGroup]: EntryReply): LogEntry {
  const entry = {
    id: id.toString('latin1') as EntryId,
    frame,
    duplicates: duplicates.length > 0 ? duplicates.toString('latin1').split(',').map(Number) : NO_DUPLICATES,
  };
  return onlyGroup.length > 0 ? { ...entry, onlyGroup: onlyGroup.toString('utf8') } : entry;
}

export function readRawEntry([id, fields]: RawEntryReply): LogEntry {
  let [frame, duplicates, onlyGroup] = [NOTHING, NOTHING, NOTHING];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [name, value] = [fields[at] as Buffer, fields[at + 1] as Buffer];
    switch (name.toString('latin1')) {
      case 'f':
        frame = value;
        break;
      case 'x':
        duplicates = value;
        break;
      case 'g':
        onlyGroup = value;
        break;
    }
  }
  return readEntry([id, frame, duplicates, onlyGroup]);
}
