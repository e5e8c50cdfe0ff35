import type { Column, GroupBatch } from '../events/columns.js';
import type { AggregatedFeaturePlan, AggregatedGroupPlan, ColumnType } from '../plan/plan.js';
import type { Instant } from '../time.js';
import { LedgerAccumulator, rowFilterOf, type Accumulator, type Field } from '../aggregations/accumulator.js';
import type { Aggregation } from '../aggregations/aggregation.js';
import { AccumulatorPool, compileFunction, Operand } from '../aggregations/compile.js';
import { RowCount } from '../aggregations/count.js';
import type { Cut } from './cuts.js';
import { FILTERS_PER_MASK, FIRST_MASK, START, Tiles, type TileLayout } from './tiles.js';

export interface ProgramFeature {
  readonly plan: AggregatedFeaturePlan;
  /** The feature's place in the group. */
  readonly index: number;
  readonly aggregation: Aggregation;
  /** Counts the rows that the value is made of. */
  readonly rows: RowCount;
}

/** The features of a program whose windows begin at one cut, and the accumulators that they read. */
export interface CutFeatures {
  readonly cut: Cut;
  readonly features: readonly ProgramFeature[];
  /** Indices into the accumulators. */
  readonly uses: readonly number[];
  /** The features' places in the group and what gives their values: all that a read needs of them. */
  readonly places: readonly number[];
  readonly values: readonly Aggregation['value'][];
}

/** What some features of a group need of each row, how their tiles are laid out, and how they are folded. */
export class TileProgram {
  readonly layout: TileLayout;
  readonly accumulators: readonly Accumulator[];
  readonly features: readonly ProgramFeature[];
  private readonly fields: readonly Field[];
  private readonly maskCount: number;
  /** Scratch of one pass: the oldest tile that each accumulator has folded. */
  private readonly folded: Int32Array;

  constructor(plan: AggregatedGroupPlan, wanted: readonly { plan: AggregatedFeaturePlan; index: number }[]) {
    this.maskCount = Math.ceil(plan.filters.length / FILTERS_PER_MASK);
    const fields = new FieldTable(plan, FIRST_MASK + this.maskCount);
    const pool = new AccumulatorPool();
    const aggregations = new Map<string, Aggregation>();
    this.features = wanted.map(({ plan: feature, index }) => {
      const filter = rowFilterOf(feature.filter);
      const operand = new Operand(pool, (input) => fields.at(input), feature.input, feature.filter, filter);
      // Features that differ only in their window share the aggregation too.
      const key = JSON.stringify([feature.function, feature.input, feature.filter]);
      const aggregation = aggregations.get(key) ?? compileFunction(feature, operand);
      aggregations.set(key, aggregation);
      return { plan: feature, index, aggregation, rows: operand.rows() };
    });
    this.fields = fields.all;
    this.accumulators = pool.all;
    this.layout = layOut(this.accumulators, FIRST_MASK + this.maskCount + fields.columns, fields.texts);
    this.folded = new Int32Array(this.accumulators.length);
  }

  /**
   * The features of one cut, ready for passes. With `rows`, the rows that their filters let pass are counted too:
   * who asks only whether there are any knows it of features without a filter.
   */
  at(cut: Cut, features: readonly ProgramFeature[], rows: boolean): CutFeatures {
    const used = new Set(features.flatMap(({ aggregation }) => aggregation.uses));
    if (rows) for (const feature of features) if (isFiltered(feature)) used.add(feature.rows);
    return {
      cut,
      features,
      uses: [...used].map((accumulator) => this.accumulators.indexOf(accumulator)),
      places: features.map(({ index }) => index),
      values: features.map(({ aggregation }) => aggregation.value),
    };
  }

  insert(tiles: Tiles, time: Instant, arrival: number, batch: GroupBatch, row: number): void {
    const at = tiles.insert(time, arrival);
    if (this.maskCount > 0) this.storeMasks(tiles, at, batch, row);
    for (const field of this.fields) storeValue(tiles, at, field, batch.columns[field.input], row);
  }

  /** Begins a pass from the newest tile to the oldest. */
  begin(tiles: Tiles): void {
    const { folded, accumulators } = this;
    for (let index = 0; index < accumulators.length; index++) {
      folded[index] = tiles.size;
      accumulators[index]!.reset(tiles);
    }
  }

  /** Goes on with the pass, for some accumulators, down to the tile `first`. */
  foldDownTo(tiles: Tiles, uses: readonly number[], first: number): void {
    const { folded, accumulators } = this;
    const { singlesFrom, mergedTo } = tiles;
    for (let use = 0; use < uses.length; use++) {
      const index = uses[use]!;
      const to = folded[index]!;
      if (to <= first) continue;
      folded[index] = first;
      const accumulator = accumulators[index]!;
      // With many windows most steps are of a few tiles, all of one kind: then `fold` need not be asked.
      if (to <= mergedTo) accumulator.foldMerged(tiles, first, to);
      else if (first >= singlesFrom) accumulator.foldSingles(tiles, first, to);
      else accumulator.fold(tiles, first, to);
    }
  }

  private storeMasks(tiles: Tiles, at: number, batch: GroupBatch, row: number): void {
    for (let mask = 0; mask < this.maskCount; mask++) {
      const first = mask * FILTERS_PER_MASK;
      const last = Math.min(first + FILTERS_PER_MASK, batch.filters.length);
      let bits = 0;
      for (let filter = first; filter < last; filter++)
        bits |= batch.filters[filter]![row]! << (filter - first);
      tiles.cells[(FIRST_MASK + mask) * tiles.capacity + at] = bits;
    }
  }
}

/** Whether a feature may see none of the rows in its window. */
export function isFiltered({ rows }: ProgramFeature): boolean {
  return rows.filter.column >= 0;
}

/** Gives each input that some feature reads its columns. */
class FieldTable {
  readonly all: Field[] = [];
  columns = 0;
  texts = 0;
  private readonly known = new Map<number, Field>();

  constructor(
    private readonly plan: AggregatedGroupPlan,
    private readonly firstColumn: number,
  ) {}

  at(input: number): Field {
    const known = this.known.get(input);
    if (known) return known;
    const field = this.make(input, this.plan.inputs[input]?.type);
    this.known.set(input, field);
    this.all.push(field);
    return field;
  }

  private make(input: number, type: ColumnType | undefined): Field {
    if (type === undefined || type === 'list') {
      throw new TypeError(`${this.plan.name}: input ${input} of type ${type} cannot be aggregated`);
    }
    if (type === 'string') return { input, type, column: -1, rest: -1, text: this.texts++ };
    const column = this.firstColumn + this.columns++;
    const rest = type === 'int' ? this.firstColumn + this.columns++ : -1;
    return { input, type, column, rest, text: -1 };
  }
}

function layOut(accumulators: readonly Accumulator[], cellColumns: number, textColumns: number): TileLayout {
  let laneColumns = START + 1;
  let boxColumns = 0;
  let ledgers = 0;
  for (const accumulator of accumulators) {
    accumulator.laneAt = laneColumns;
    laneColumns += accumulator.laneCount;
    if (accumulator.boxed) accumulator.boxAt = boxColumns++;
    if (accumulator instanceof LedgerAccumulator) accumulator.ledgerAt = ledgers++;
  }
  return { cellColumns, textColumns, laneColumns, boxColumns, ledgers };
}

function storeValue(tiles: Tiles, at: number, field: Field, column: Column | undefined, row: number): void {
  if (field.text >= 0) {
    tiles.texts[field.text]![at] = column?.kind === 'string' ? (column.values[row] ?? null) : null;
    return;
  }
  const { cells, capacity } = tiles;
  let value = column?.kind === 'number' ? column.values[row]! : NaN;
  let rest = 0;
  if (column?.kind === 'number' && column.wide !== undefined) {
    const exact = column.wide.get(row);
    if (exact !== undefined) {
      value = Number(exact);
      rest = Number(exact - BigInt(value));
    }
  }
  // What an expression may make of finite numbers (1 / 0) is no value either.
  cells[field.column * capacity + at] = Number.isFinite(value) ? value : NaN;
  if (field.rest >= 0) cells[field.rest * capacity + at] = rest;
}
