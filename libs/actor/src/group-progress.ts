/**
 * How far each feature group has come in one partition. A group that is *live* takes part in every batch of a
 * turn; one that is *behind* (a new group, a new version) catches up from what the log still holds, in batches
 * of its own between the live ones, and joins them exactly where it has reached the committed offset. All of it
 * happens inside turns, under the generation, so that each event takes effect once in each group (I2).
 *
 * The text of it is one field of the partition's meta and changes in the commit:
 *
 *     <revision of the plan>;<group@version> live;<group@version> <last entry applied>;<group@version> gone:<the same>
 *
 * A group that is *gone* from the plan may come back, since a service can be pinned to an older version again, and its
 * states lie there until they expire: it goes on from where it stopped, and applies nothing twice.
 */
import { compareEntryIds, isEntryId, LOG_START, type EntryId } from '@millrace/stream';

type Place = 'live' | EntryId;

/** Groups that are gone and remembered, the latest of them: the text travels with every commit. */
const GONE_MAX = 32;
const GONE = 'gone:';

export class GroupProgress {
  private text: string | undefined;

  private constructor(
    private revision: number,
    private readonly places: Map<string, Place>,
    private readonly gone: Map<string, EntryId>,
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
    const { revision, places, gone } = parse(text);
    for (const field of program.fields) {
      if (places.has(field)) continue;
      // Nothing was applied since: nobody is behind. A group that was never here has all of it before it.
      const from = gone.get(field) ?? LOG_START;
      places.set(field, from === offset ? 'live' : from);
      gone.delete(field);
    }
    const own = new Set(program.fields);
    for (const [field, place] of places) {
      if (own.has(field)) continue;
      const at = place === 'live' ? offset : place;
      if (program.revision >= revision) {
        places.delete(field);
        gone.set(field, at);
      } else {
        // Of a newer plan than ours: this turn leaves it behind.
        places.set(field, at);
      }
    }
    for (const field of gone.keys()) if (gone.size > GONE_MAX) gone.delete(field);
    return new GroupProgress(Math.max(revision, program.revision), places, gone);
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
    if (this.text !== undefined) return this.text;
    const places = Array.from(this.places, ([field, place]) => `${field} ${place}`);
    const gone = Array.from(this.gone, ([field, place]) => `${field} ${GONE}${place}`);
    return (this.text = [String(this.revision), ...places, ...gone].join(';'));
  }
}

/** The place of a group in a partition's text; undefined where no turn has met the group yet. */
export function placeOf(text: string, field: string): Place | undefined {
  return parse(text).places.get(field);
}

function parse(text: string): {
  readonly revision: number;
  readonly places: Map<string, Place>;
  readonly gone: Map<string, EntryId>;
} {
  const places = new Map<string, Place>();
  const gone = new Map<string, EntryId>();
  const [revision = '', ...entries] = text.split(';');
  for (const entry of entries) {
    const at = entry.lastIndexOf(' ');
    const [field, place] = [entry.slice(0, at), entry.slice(at + 1)];
    if (place === 'live' || isEntryId(place)) places.set(field, place);
    const left = place.startsWith(GONE) ? place.slice(GONE.length) : '';
    if (isEntryId(left)) gone.set(field, left);
  }
  return { revision: Number(revision), places, gone };
}
