/** What differs between two definitions, told for people. */

/** Text with the members of all objects in one order: equal content gives equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** `where: "distance > 0" → "distance > 10"`, one line per place, at most `most` of them. */
export function differencesOf(before: unknown, after: unknown, most = 10): string[] {
  const lines: string[] = [];
  collect('', before, after, lines);
  return lines.length <= most ? lines : [...lines.slice(0, most), `and ${lines.length - most} more`];
}

function collect(path: string, before: unknown, after: unknown, lines: string[]): void {
  if (canonicalJson(before) === canonicalJson(after)) return;
  if (isMapping(before) && isMapping(after)) {
    for (const member of new Set([...Object.keys(before), ...Object.keys(after)]))
      collect(path === '' ? member : `${path}.${member}`, before[member], after[member], lines);
    return;
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    for (let i = 0; i < Math.max(before.length, after.length); i++)
      collect(`${path}[${i}]`, before[i], after[i], lines);
    return;
  }
  if (before === undefined) lines.push(`${path}: ${show(after)} added`);
  else if (after === undefined) lines.push(`${path}: ${show(before)} removed`);
  else lines.push(`${path}: ${show(before)} → ${show(after)}`);
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
