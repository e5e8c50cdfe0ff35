import type { Column, GroupBatch } from '../events/columns.js';
import { hash32 } from '../events/entity-id.js';
import { MillraceError } from '../errors.js';
import type { AggregatedGroupPlan, ColumnType } from '../plan/plan.js';
import type { Instant } from '../time.js';
import type { Accumulator, Field } from '../aggregations/accumulator.js';
import { rowFilterOf } from '../aggregations/accumulator.js';
import type { Aggregation } from '../aggregations/aggregation.js';
import { AccumulatorPool, compileFunction, Operand } from '../aggregations/compile.js';
import { RowCount } from '../aggregations/count.js';
import { cutOf, type Cut } from './cuts.js';
import type { FeatureValue, GroupEngine, Timeline, ValueEvidence } from './engine.js';
import { StateCodec } from './state.js';
import { FILTERS_PER_MASK, FIRST_MASK, START, Tiles, type TileLayout } from './tiles.js';
import { Upkeep, type RecordsRetention } from './upkeep.js';

interface CompiledFeature {
  readonly index: number;
  readonly aggregation: Aggregation;
  /** Counts the rows that the value is made of, for its evidence. */
  readonly rows: RowCount;
}

/** The features whose windows begin at the same cut, and the accumulators that they read. */
interface CutGroup {
  readonly cut: Cut;
  readonly features: CompiledFeature[];
  /** Indices into the accumulators. */
  readonly uses: number[];
}

/**
 * Compiles a group's plan. The engine is pure: no clock, no I/O; equal rows in equal order give equal bytes.
 * @throws TypeError for a plan that the registry should have refused.
 */
export function compileGroup(plan: AggregatedGroupPlan): GroupEngine {
  return new CompiledGroup(plan);
}

class CompiledGroup implements GroupEngine {
  private readonly fields: readonly Field[];
  private readonly layout: TileLayout;
  private readonly accumulators: readonly Accumulator[];
  private readonly groups: readonly CutGroup[];
  private readonly maskCount: number;
  private readonly upkeep: Upkeep;
  private readonly codec: StateCodec;

  /** Scratch of one read: the groups from the newest cut to the oldest, and how far each accumulator folded. */
  private readonly order: CutGroup[];
  private readonly folded: Uint32Array;

  constructor(readonly plan: AggregatedGroupPlan) {
    this.maskCount = Math.ceil(plan.filters.length / FILTERS_PER_MASK);
    const fields = new FieldTable(plan, FIRST_MASK + this.maskCount);
    const pool = new AccumulatorPool();
    const cuts = new Map<string, CutGroup>();
    const records = new Map<string, RecordsRetention>();

    plan.features.forEach((feature, index) => {
      const filter = rowFilterOf(feature.filter);
      const operand = new Operand(pool, (input) => fields.at(input), feature.input, feature.filter, filter);
      const rows = pool.share(`rows::${feature.filter ?? ''}`, () => new RowCount(filter));
      const aggregation = compileFunction(feature, operand);
      const window = plan.windows[feature.window];
      if (!window) throw new TypeError(`${feature.name}: no window ${feature.window}`);
      const key = `${feature.window}:${window.kind === 'records' ? (feature.filter ?? '') : ''}`;
      let group = cuts.get(key);
      if (!group) cuts.set(key, (group = { cut: cutOf(window, filter, rows), features: [], uses: [] }));
      if (window.kind === 'records') {
        records.set(key, { count: window.count, withinMs: window.withinMs, filter, passing: rows });
      }
      group.features.push({ index, aggregation, rows });
    });

    this.fields = fields.all;
    this.accumulators = pool.all;
    this.groups = [...cuts.values()];
    for (const group of this.groups) {
      const used = new Set(group.features.flatMap(({ aggregation }) => aggregation.uses));
      group.uses.push(...[...used].map((accumulator) => this.accumulators.indexOf(accumulator)));
    }
    this.layout = layOut(this.accumulators, FIRST_MASK + this.maskCount + fields.columns, fields.texts);
    this.order = [...this.groups];
    this.folded = new Uint32Array(this.accumulators.length);
    const windows = plan.windows.filter((_, window) =>
      plan.features.some((feature) => feature.window === window),
    );
    this.upkeep = new Upkeep({ ...plan, windows }, [...records.values()], this.accumulators);
    this.codec = new StateCodec(this.layout, this.accumulators, fingerprintOf(plan, this.layout));
  }

  create(): Timeline {
    return new Tiles(this.layout);
  }

  apply(timeline: Timeline, batch: GroupBatch, row: number): 'applied' | 'too-late' {
    const tiles = timeline as Tiles;
    // The wire and the windows know whole milliseconds only.
    const time = Math.floor(batch.eventTime[row]!);
    if (tiles.size > 0 && time <= this.upkeep.horizon(tiles.newest)) return 'too-late';
    const at = tiles.insert(time);
    if (this.maskCount > 0) this.storeMasks(tiles, at, batch, row);
    for (const field of this.fields) storeValue(tiles, at, field, batch.columns[field.input], row);
    if (tiles.size >= tiles.upkeepAt) this.upkeep.run(tiles);
    return 'applied';
  }

  encode(timeline: Timeline): Uint8Array {
    return this.codec.encode(timeline as Tiles);
  }

  decode(bytes: Uint8Array): Timeline {
    return this.codec.decode(bytes);
  }

  finish(timeline: Timeline, asOf: Instant, into: FeatureValue[]): void {
    const tiles = timeline as Tiles;
    this.placeCuts(tiles, asOf);
    this.folded.fill(tiles.size);
    for (const accumulator of this.accumulators) accumulator.reset();
    for (const { cut, uses, features } of this.order) {
      for (const index of uses) {
        const to = this.folded[index]!;
        if (to > cut.first) this.accumulators[index]!.fold(tiles, cut.first, to);
        this.folded[index] = Math.min(to, cut.first);
      }
      for (const { index, aggregation } of features) {
        into[index] = aggregation.value({ asOf, from: cut.from });
      }
    }
  }

  evidence(timeline: Timeline, asOf: Instant): ValueEvidence[] {
    const tiles = timeline as Tiles;
    this.placeCuts(tiles, asOf);
    const evidence: ValueEvidence[] = [];
    for (const { cut, features } of this.groups) {
      const straddling = straddlingTiles(tiles, cut);
      for (const feature of features) {
        evidence[feature.index] = this.evidenceOf(tiles, asOf, cut, feature, straddling);
      }
    }
    return evidence;
  }

  private evidenceOf(
    tiles: Tiles,
    asOf: Instant,
    cut: Cut,
    { aggregation, rows }: CompiledFeature,
    straddling: readonly number[],
  ): ValueEvidence {
    const newestEventTime = tiles.size === 0 ? null : tiles.newest;
    rows.reset();
    rows.fold(tiles, cut.first, tiles.size);
    const base = { from: cut.from, to: asOf, events: rows.count, newestEventTime };
    rows.reset();
    for (const at of straddling) rows.fold(tiles, at, at + 1);
    // Of a straddling tile the last row is inside for certain; if all rows pass, so does the last.
    const uncertainEvents = rows.filter.column < 0 ? rows.count - straddling.length : rows.count;
    if (uncertainEvents === 0) return { ...base, exact: true };
    if (!aggregation.bound) return { ...base, exact: false, uncertainEvents };
    for (const accumulator of aggregation.uses) {
      accumulator.reset();
      for (const at of straddling) accumulator.fold(tiles, at, at + 1);
    }
    const valueBound = aggregation.bound({ asOf, from: cut.from }, uncertainEvents);
    return { ...base, exact: false, uncertainEvents, valueBound };
  }

  /** Finds every window's first tile and puts the groups in the order of one pass, newest cut first. */
  private placeCuts(tiles: Tiles, asOf: Instant): void {
    if (asOf < tiles.newest) {
      throw new MillraceError(
        'AS_OF_TOO_EARLY',
        `A timeline answers for instants from its newest event (${tiles.newest}) on, not for ${asOf}`,
        { newest: tiles.newest, asOf },
      );
    }
    for (const { cut } of this.groups) cut.place(tiles, asOf);
    // Insertion sort: from one read to the next the order hardly changes.
    const { order } = this;
    for (let i = 1; i < order.length; i++) {
      const group = order[i]!;
      let to = i;
      for (; to > 0 && order[to - 1]!.cut.first < group.cut.first; to--) order[to] = order[to - 1]!;
      order[to] = group;
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
  for (const accumulator of accumulators) {
    accumulator.laneAt = laneColumns;
    laneColumns += accumulator.laneCount;
    if (accumulator.boxed) accumulator.boxAt = boxColumns++;
  }
  return { cellColumns, textColumns, laneColumns, boxColumns };
}

/** Two plans with the same fingerprint read each other's states. */
function fingerprintOf(plan: AggregatedGroupPlan, layout: TileLayout): number {
  const { inputs, filters, windows, features } = plan;
  const functions = features.map(({ function: fn, input, filter, by, window }) => [
    fn,
    input,
    filter,
    by,
    window,
  ]);
  return hash32(JSON.stringify([inputs, filters, windows, functions, layout]));
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

/** Merged tiles with rows on both sides of the window's edge. */
function straddlingTiles(tiles: Tiles, cut: Cut): number[] {
  const edge = cut.movingEdge;
  const straddling: number[] = [];
  if (edge === -Infinity) return straddling;
  for (let at = cut.first; at < tiles.size; at++) {
    if (tiles.isMerged(at) && tiles.startOf(at) <= edge) straddling.push(at);
  }
  return straddling;
}
