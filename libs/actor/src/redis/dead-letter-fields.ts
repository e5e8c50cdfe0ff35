import type { EntryId } from '@millrace/stream';
import type { DeadLetter, DeadLetterCode } from '../dead-letter.js';

/** A dead letter as the fields and values of its stream entry; commit-turn.lua writes them as they are. */
export function deadLetterFields(letter: DeadLetter): (string | number | Buffer)[] {
  return [
    'code',
    letter.code,
    'message',
    letter.message,
    'group',
    letter.group ?? '',
    'entity',
    letter.entityId ?? '',
    'entry',
    letter.entry,
    'row',
    letter.row,
    'frame',
    letter.frame,
  ];
}

/** The inverse: from what XRANGE answers. */
export function readDeadLetter(fields: readonly Buffer[]): DeadLetter {
  const values = new Map<string, Buffer>();
  for (let i = 0; i + 1 < fields.length; i += 2) {
    values.set((fields[i] as Buffer).toString('latin1'), fields[i + 1] as Buffer);
  }
  const text = (name: string): string => values.get(name)?.toString('utf8') ?? '';
  return {
    code: text('code') as DeadLetterCode,
    message: text('message'),
    ...(text('group') && { group: text('group') }),
    ...(text('entity') && { entityId: text('entity') }),
    entry: text('entry') as EntryId,
    row: Number(text('row')),
    frame: values.get('frame') ?? Buffer.alloc(0),
  };
}
