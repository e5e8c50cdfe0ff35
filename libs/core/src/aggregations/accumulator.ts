import type { Instant } from '../time.js';
import { FILTERS_PER_MASK, FIRST_MASK, ROWS, type Tiles } from '../windows/tiles.js';
import type { Joins } from '../windows/joins.js';
import type { StateReader } from '../windows/state-reader.js';
import type { StateWriter } from '../windows/state-writer.js';

/**
 * The algebra of one aggregation: `reset`, `fold` tiles in, and either read the finished registers or `store`
 * them as the partial of a merged tile. Merging tiles is nothing else than folding them and storing.
 *
 * An accumulator's registers are the scratch of one synchronous pass; all lasting state is in the tiles.
 */
export abstract class Accumulator {
  /** How many columns of `lanes` its partial takes; the layout says from which one. */
  abstract readonly laneCount: number;
  /** Whether its partial needs an object (text, sketch) besides the lanes. */
  readonly boxed: boolean = false;
  /** Whether it keeps something of merged-away rows for the timeline as a whole. */
  readonly ledgered: boolean = false;
  laneAt = -1;
  boxAt = -1;
  ledgerAt = -1;

  /** Empties the registers for a pass over these tiles. */
  abstract reset(tiles: Tiles): void;

  /** Adds the tiles of `[from, to)`. A pass goes from the newest tile to the oldest. */
  fold(tiles: Tiles, from: number, to: number): void {
    const { singlesFrom } = tiles;
    if (to > singlesFrom) this.foldSingles(tiles, from > singlesFrom ? from : singlesFrom, to);
    let end = to < singlesFrom ? to : singlesFrom;
    if (end > tiles.mergedTo) {
      const mixedFrom = from > tiles.mergedTo ? from : tiles.mergedTo;
      this.foldMixed(tiles, mixedFrom, end);
      end = mixedFrom;
    }
    if (end > from) this.foldMerged(tiles, from, end);
  }

  /** Adds tiles of both kinds: rows that stand alone, or came late, among merged tiles. In runs of one kind. */
  protected foldMixed(tiles: Tiles, from: number, to: number): void {
    const { cells, capacity } = tiles;
    const rowsAt = ROWS * capacity;
    for (let end = to; end > from;) {
      const isMerged = cells[rowsAt + end - 1]! > 1;
      let start = end - 1;
      while (start > from && cells[rowsAt + start - 1]! > 1 === isMerged) start--;
      if (isMerged) this.foldMerged(tiles, start, end);
      else this.foldSingles(tiles, start, end);
      end = start;
    }
  }

  /** Writes the registers as the partial of the tile at `at`. */
  abstract store(tiles: Tiles, at: number): void;

  /** Adds the singles of `[from, to)` from the newest to the oldest. */
  abstract foldSingles(tiles: Tiles, from: number, to: number): void;
  /** Adds the merged tiles of `[from, to)` from the newest to the oldest. */
  abstract foldMerged(tiles: Tiles, from: number, to: number): void;

  /**
   * Makes one tile of each join. Those that most groups have say the same in their own words: what one loop for all
   * classes calls is looked up at each call, which took a quarter of an event's time with fifty windows.
   */
  mergeAll(tiles: Tiles, { from, to, count }: Joins): void {
    for (let join = 0; join < count; join++) this.merge(tiles, from[join]!, to[join]!);
  }

  /** Makes one tile of `[from, to)`: its partial goes to `from`. */
  protected merge(tiles: Tiles, from: number, to: number): void {
    this.reset(tiles);
    this.fold(tiles, from, to);
    this.store(tiles, from);
  }

  /** After tiles were dropped and merged: forgets what no window can see any more. */
  settle(_tiles: Tiles, _horizon: Instant): void {
    // Partials in tiles go with their tiles; only ledgers need this.
  }

  writeBox(_box: unknown, _out: StateWriter, _tiles: Tiles): void {
    throw new Error('This accumulator has no boxes');
  }

  readBox(_from: StateReader, _tiles: Tiles): unknown {
    throw new Error('This accumulator has no boxes');
  }
}

/** An accumulator that keeps merged-away rows in one ledger of the timeline, under their own times. */
export abstract class LedgerAccumulator<Ledger> extends Accumulator {
  readonly laneCount: number = 0;
  override readonly ledgered = true;

  abstract createLedger(): Ledger;
  /** The tiles may be asked for their singles, which were written before. */
  abstract writeLedger(ledger: Ledger, out: StateWriter, tiles: Tiles): void;
  abstract readLedger(from: StateReader, tiles: Tiles): Ledger;

  override foldMerged(_tiles: Tiles, _from: number, _to: number): void {
    // What merged tiles keep is in the ledger.
  }

  store(): void {
    throw new Error('A ledger takes rows by merge, not registers by store');
  }

  protected ledgerOf(tiles: Tiles): Ledger | undefined {
    return tiles.ledgers[this.ledgerAt] as Ledger | undefined;
  }

  protected ensureLedger(tiles: Tiles): Ledger {
    return (tiles.ledgers[this.ledgerAt] ??= this.createLedger()) as Ledger;
  }
}

/** Where the values of one input lie in the tiles. */
export interface Field {
  /** Index into the group's inputs. */
  readonly input: number;
  readonly type: 'int' | 'float' | 'bool' | 'timestamp' | 'string';
  /** Column of `cells` with the value, NaN where null; −1 for strings. */
  readonly column: number;
  /** Column of `cells` with what a double cannot hold of an int64 (value + rest is exact); −1 where none. */
  readonly rest: number;
  /** Column of `texts`; −1 for numbers. */
  readonly text: number;
}

/** Which rows an accumulator sees: those whose mask cell has the bit; all where `column` is −1. */
export interface RowFilter {
  readonly column: number;
  readonly bit: number;
}

export const EVERY_ROW: RowFilter = { column: -1, bit: 0 };

export function rowFilterOf(filter: number | undefined): RowFilter {
  if (filter === undefined) return EVERY_ROW;
  return {
    column: FIRST_MASK + Math.floor(filter / FILTERS_PER_MASK),
    bit: 1 << (filter % FILTERS_PER_MASK),
  };
}

/**
 * Whether the single at `at` passes; for loops, which hold what it is made of: `column` and `bit` of the filter,
 * and where the column begins.
 */
export function passesMask(
  cells: readonly number[],
  maskAt: number,
  column: number,
  bit: number,
  at: number,
): boolean {
  return column < 0 || (cells[maskAt + at]! & bit) !== 0;
}

/** Whether the single at `at` passes. */
export function passes(tiles: Tiles, filter: RowFilter, at: number): boolean {
  return filter.column < 0 || (tiles.cells[filter.column * tiles.capacity + at]! & filter.bit) !== 0;
}
