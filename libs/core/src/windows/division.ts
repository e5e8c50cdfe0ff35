/**
 * Features with `by`: one timeline per category, each holding the rows of its category only. The group's own
 * timeline says where the windows begin, so that "the last 100 rows by country" are 100 rows in all.
 *
 * Categories are bounded. The first `CATEGORIES_MAX` get a timeline; rows of further ones go to one timeline for
 * all the rest, so that their number stays known: the evidence counts them as uncertain. A category
 * gives its place back when no window can see any of its rows.
 */
import type { Column, GroupBatch } from '../events/columns.js';
import type { ColumnType } from '../plan/plan.js';
import type { Instant } from '../time.js';
import type { CutFeatures, ProgramFeature, TileProgram } from './program.js';
import { Tiles, type Categories } from './tiles.js';
import type { Upkeep } from './upkeep.js';

/** A read finishes every window of every category: 20 hot ones take 47 to 80 µs for a sum over four windows. */
export const CATEGORIES_MAX = 32;

export class Division {
  constructor(
    /** The category column: index into the group's inputs. */
    readonly by: number,
    private readonly byType: ColumnType,
    readonly program: TileProgram,
    private readonly upkeep: Upkeep,
    /** In the order of the group's cuts; undefined where no feature of this division uses the cut. */
    readonly cuts: readonly (CutFeatures | undefined)[],
  ) {}

  create(): Categories {
    return { known: new Map(), rest: undefined };
  }

  insert(categories: Categories, time: Instant, arrival: number, batch: GroupBatch, row: number): void {
    const category = categoryAt(batch.columns[this.by], this.byType, row);
    if (category === undefined) return;
    const tiles = this.tilesOf(categories, category);
    this.program.insert(tiles, time, arrival, batch, row);
    if (tiles.size >= tiles.upkeepAt) this.upkeep.run(tiles);
  }

  /** Forgets categories of which no window can see a row any more. */
  forget(categories: Categories, horizon: Instant): void {
    for (const [category, tiles] of categories.known) {
      if (tiles.newest <= horizon) categories.known.delete(category);
    }
    if (categories.rest && categories.rest.newest <= horizon) categories.rest = undefined;
  }

  private tilesOf(categories: Categories, category: string): Tiles {
    const known = categories.known.get(category);
    if (known) return known;
    if (categories.known.size >= CATEGORIES_MAX) return (categories.rest ??= new Tiles(this.program.layout));
    const tiles = new Tiles(this.program.layout);
    const later = [...categories.known].filter(([other]) => other > category);
    categories.known.set(category, tiles);
    for (const [other, theirs] of later) {
      categories.known.delete(other);
      categories.known.set(other, theirs);
    }
    return tiles;
  }
}

/** How many rows of a feature's window pass its filter, in one category's tiles. */
export function rowsIn(feature: ProgramFeature, tiles: Tiles, first: number): number {
  feature.rows.reset();
  feature.rows.fold(tiles, first, tiles.size);
  return feature.rows.count;
}

function categoryAt(column: Column | undefined, type: ColumnType, row: number): string | undefined {
  if (column?.kind === 'string') return column.values[row] ?? undefined;
  if (column?.kind !== 'number') return undefined;
  const value = column.wide?.get(row) ?? column.values[row]!;
  if (Number.isNaN(value)) return undefined;
  return type === 'bool' ? String(value !== 0) : String(value);
}
