/**
 * Entity ids. An entity id is one canonical string, so that one key, one hash and one partition follow from
 * it everywhere; a composite key joins its values with `|` and escapes the separator, so that `a|b` + `c` and
 * `a` + `b|c` stay two entities.
 */
const SEPARATOR = '|';
const NEEDS_ESCAPE = /[\\|]/;

/** The canonical id of the entity with these join-key values, in the entity's order of join keys. */
export function entityIdOf(values: readonly string[]): string {
  if (values.length === 1) return values[0] as string;
  return values
    .map((value) => (NEEDS_ESCAPE.test(value) ? value.replaceAll(/[\\|]/g, '\\$&') : value))
    .join(SEPARATOR);
}

/** The join-key values of a canonical id: the inverse of entityIdOf for `keys` join keys. */
export function entityKeysOf(entityId: string, keys: number): string[] {
  if (keys === 1) return [entityId];
  const values: string[] = [];
  let value = '';
  for (let i = 0; i < entityId.length; i++) {
    const char = entityId[i] as string;
    if (char === '\\') value += entityId[++i] ?? '';
    else if (char === SEPARATOR) {
      values.push(value);
      value = '';
    } else value += char;
  }
  values.push(value);
  return values;
}

/**
 * 32-bit hash of a string's UTF-16 code units: FNV-1a, then the finalizer of MurmurHash3, because FNV alone
 * leaves the low bits of short similar ids (`c1`, `c2`, …) unevenly spread. Part of the stored layout: an
 * entity's partition follows from it, so it must never change.
 */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The stream partition, `0 … partitions - 1`, that is the mailbox of this entity's actor. */
export function partitionOf(entityId: string, partitions: number): number {
  return hash32(entityId) % partitions;
}
