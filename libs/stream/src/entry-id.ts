/** The id of a stream entry, `<milliseconds>-<sequence>`: a position in one partition's log. */
export type EntryId = `${number}-${number}`;

/** Before the first entry of any log. */
export const LOG_START: EntryId = '0-0';

/** Negative when `a` lies before `b`, 0 when they are the same, positive after. */
export function compareEntryIds(a: EntryId, b: EntryId): number {
  const [aTime, aSequence] = a.split('-', 2).map(Number) as [number, number];
  const [bTime, bSequence] = b.split('-', 2).map(Number) as [number, number];
  return aTime - bTime || aSequence - bSequence;
}

export function isEntryId(text: string): text is EntryId {
  return /^\d{1,16}-\d{1,16}$/.test(text);
}
