import type { VectorWindow } from '../api/vectors.js';
import { lengthText } from '../text/durations.js';
import { countText } from '../text/numbers.js';

/** How far a window reaches, short: `1 h`, `all time`, `last 5 events`, `last 20 in 1 min`. */
export function windowText({ from, to, records }: VectorWindow, asOfMs: number): string {
  const length =
    from === null ? undefined : lengthText((to === null ? asOfMs : Date.parse(to)) - Date.parse(from));
  if (records === undefined) return length ?? 'all time';
  return length === undefined ? lastText(records) : `last ${countText(records)} in ${length}`;
}

/** `newest event`, `last 5 events` */
export function lastText(records: number): string {
  return records === 1 ? 'newest event' : `last ${countText(records)} events`;
}
