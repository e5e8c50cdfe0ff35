/** One generation of seen ids as seen-ids.lua packs them: its number (4 bytes), digits (1), ids (4), three times (6 each). */
const GENERATION_BYTES = 27;
const IDS_AT = 5;

/**
 * How many event ids a partition remembers.
 * @param packed the field `seen` of its meta; undefined before the first id.
 */
export function countSeenIds(packed: Buffer | undefined): number {
  let count = 0;
  const bytes = packed?.length ?? 0;
  for (let at = 0; at + GENERATION_BYTES <= bytes; at += GENERATION_BYTES) {
    count += packed?.readUInt32LE(at + IDS_AT) ?? 0;
  }
  return count;
}
