/**
 * How far each feature group has come in one partition. A group that is *live* takes part in every batch of a
 * turn; one that is *behind* (a new group, a new version) catches up from what the log still holds, in batches
 * of its own between the live ones, and joins them exactly where it has reached the committed offset. All of it
 * happens inside turns, under the generation, so that each event takes effect once in each group (I2).
 *
 * The text of it is one field of the partition's meta and changes in the commit:
 *
 *     <revision of the plan>;<group@version> live;<group@version> <last entry applied>
 */
import { compareEntryIds, isEntryId, LOG_START, type EntryId } from '@millrace/stream';

type Place = 'live' | EntryId;

export class GroupProgress {
  private text: string | undefined;

  private constructor(
    private revision: number,
    private readonly places: Map<string, Place>,
  ) {}

  /**
   * What a turn under a plan finds.
   * @param text what the last commit wrote; empty before the first one.
   * @param offset the committed offset, up to which every live group has come.
   */
  static begin(
    text: string,
    program: { readonly fields: readonly string[]; readonly revision: number },
    offset: EntryId,
  ): GroupProgress {
    const { revision, places } = parse(text);
    for (const field of program.fields) {
      // Nothing was applied yet: nobody is behind. Else a group that was never here has all of it before it.
      if (!places.has(field)) places.set(field, offset === LOG_START ? 'live' : LOG_START);
    }
    const own = new Set(program.fields);
    for (const [field, place] of places) {
      if (own.has(field)) continue;
      // Gone from a newer plan; or of a newer plan than ours, and then this turn leaves it behind.
      if (program.revision >= revision) places.delete(field);
      else if (place === 'live') places.set(field, offset);
    }
    return new GroupProgress(Math.max(revision, program.revision), places);
  }

  isLive(field: string): boolean {
    return this.places.get(field) === 'live';
  }

  /** The first of these groups that is behind, and the last entry that it applied. */
  behind(fields: readonly string[]): { readonly field: string; readonly after: EntryId } | undefined {
    for (const field of fields) {
      const place = this.places.get(field);
      if (place !== undefined && place !== 'live') return { field, after: place };
    }
    return undefined;
  }

  /** A group applied everything up to an entry; at the committed offset it joins the live ones. */
  advance(field: string, to: EntryId, offset: EntryId): void {
    this.places.set(field, compareEntryIds(to, offset) >= 0 ? 'live' : to);
    this.text = undefined;
  }

  /** The lowest entry that some group still has to come by: nothing after it may be trimmed. */
  get keep(): EntryId | undefined {
    let keep: EntryId | undefined;
    for (const place of this.places.values()) {
      if (place !== 'live' && (keep === undefined || compareEntryIds(place, keep) < 0)) keep = place;
    }
    return keep;
  }

  toString(): string {
    this.text ??= [this.revision, ...Array.from(this.places, ([field, place]) => `${field} ${place}`)].join(
      ';',
    );
    return this.text;
  }
}

/** The place of a group in a partition's text; undefined where no turn has met the group yet. */
export function placeOf(text: string, field: string): Place | undefined {
  return parse(text).places.get(field);
}

function parse(text: string): { revision: number; places: Map<string, Place> } {
  const places = new Map<string, Place>();
  const [revision = '', ...entries] = text.split(';');
  for (const entry of entries) {
    const at = entry.lastIndexOf(' ');
    const place = entry.slice(at + 1);
    if (place === 'live' || isEntryId(place)) places.set(entry.slice(0, at), place);
  }
  return { revision: Number(revision), places };
}
