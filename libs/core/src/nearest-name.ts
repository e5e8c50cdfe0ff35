/** How many single-letter edits (insert, delete, replace, swap of neighbours) turn `from` into `to`. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      let cost = Math.min(
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (last[j - 1] as number) + (same ? 0 : 1),
      );
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[j - 2] as number) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[to.length] as number;
}

/** Shorter beginnings are the beginning of too much. */
const SHORTEST_BEGINNING = 3;

function distanceBetween(name: string, candidate: string, enough: number): number {
  const [shorter, longer] = name.length < candidate.length ? [name, candidate] : [candidate, name];
  if (shorter.length >= SHORTEST_BEGINNING && longer.startsWith(shorter)) return 1;
  if (Math.abs(candidate.length - name.length) >= enough) return enough;
  return editDistance(name, candidate);
}

/** Names longer than this are not compared: the work grows with the product of the lengths. */
const LONGEST_COMPARED_NAME = 128;

/** The candidate that differs from `name` by a slip of the fingers: one or two letters. */
export function slipOf(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > LONGEST_COMPARED_NAME) return undefined;
  for (const candidate of candidates)
    if (Math.abs(candidate.length - name.length) <= 2 && editDistance(name, candidate) <= 2) return candidate;
  return undefined;
}

/**
 * The candidate that `name` probably meant to be, or undefined when none is near: one is the
 * beginning of the other, or at most a third of the letters differ. Upper and lower case are one.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > LONGEST_COMPARED_NAME) return undefined;
  let nearest: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    if (candidate === name) continue;
    const distance = distanceBetween(name.toLowerCase(), candidate.toLowerCase(), least);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}
