import type { GroupBatch } from '../events/columns.js';
import { hash32 } from '../events/entity-id.js';
import { MillraceError } from '../errors.js';
import type { AggregatedFeaturePlan, AggregatedGroupPlan } from '../plan/plan.js';
import type { Instant } from '../time.js';
import { rowFilterOf } from '../aggregations/accumulator.js';
import type { StateReader } from './state-reader.js';
import type { StateWriter } from './state-writer.js';
import { CorruptStateError } from './state-reader.js';
import { cutOf, type Cut } from './cuts.js';
import { CATEGORIES_MAX, Division, rowsIn } from './division.js';
import type { FeatureValue, GroupEngine, Timeline, ValueEvidence } from './engine.js';
import { isFiltered, TileProgram, type CutFeatures, type ProgramFeature } from './program.js';
import { StateEnvelope, TilesCodec } from './state.js';
import { steadinessOf, type Steadiness } from './steadiness.js';
import { Tiles, type Categories } from './tiles.js';
import { Upkeep, type RecordsRetention } from './upkeep.js';

/**
 * Compiles a group's plan. The engine is pure: no clock, no I/O; equal rows in equal order give equal bytes.
 * @throws TypeError for a plan that the registry should have refused.
 */
export function compileGroup(plan: AggregatedGroupPlan): GroupEngine {
  return new CompiledGroup(plan);
}

class CompiledGroup implements GroupEngine {
  private readonly cuts: readonly Cut[];
  /** The features without `by`; in the order of the cuts. */
  private readonly program: TileProgram;
  private readonly programCuts: readonly (CutFeatures | undefined)[];
  private readonly divisions: readonly Division[];
  private readonly upkeep: Upkeep;
  private readonly envelope: StateEnvelope;
  private readonly codec: TilesCodec;
  private readonly divisionCodecs: readonly TilesCodec[];
  private readonly steadiness: readonly Steadiness[];
  /** Scratch of one read: indices of the cuts, from the newest to the oldest. */
  private readonly order: number[];
  /** What the cuts were placed for last: who finishes a timeline asks next how long its values stay. */
  private placedIn: Tiles | undefined;
  private placedArrivals = 0;
  private placedAsOf: Instant = NaN;

  constructor(readonly plan: AggregatedGroupPlan) {
    const wanted = plan.features.map((feature, index) => ({ plan: feature, index }));
    const cutTable = new CutTable(plan);
    for (const feature of plan.features) cutTable.add(feature);
    this.cuts = cutTable.cuts;
    this.order = this.cuts.map((_, index) => index);
    this.steadiness = plan.features.map(steadinessOf);

    const windows = plan.windows.filter((_, window) =>
      plan.features.some((feature) => feature.window === window),
    );
    const upkeepOf = (program: TileProgram): Upkeep =>
      new Upkeep({ ...plan, windows }, [...cutTable.records.values()], program.accumulators);

    this.program = new TileProgram(
      plan,
      wanted.filter((feature) => feature.plan.by === undefined),
    );
    this.programCuts = cutTable.split(this.program);
    this.upkeep = upkeepOf(this.program);

    const columns = new Set(plan.features.flatMap((feature) => feature.by ?? []));
    this.divisions = [...columns].map((by) => {
      const program = new TileProgram(
        plan,
        wanted.filter((feature) => feature.plan.by === by),
      );
      const type = plan.inputs[by]?.type ?? 'string';
      return new Division(by, type, program, upkeepOf(program), cutTable.split(program));
    });

    const layouts = [this.program, ...this.divisions.map((division) => division.program)].map(
      ({ layout }) => layout,
    );
    this.envelope = new StateEnvelope(fingerprintOf(plan, layouts));
    this.codec = new TilesCodec(this.program.layout, this.program.accumulators);
    this.divisionCodecs = this.divisions.map(
      ({ program }) => new TilesCodec(program.layout, program.accumulators),
    );
  }

  create(): Timeline {
    const tiles = new Tiles(this.program.layout);
    if (this.divisions.length > 0) tiles.divisions = this.divisions.map((division) => division.create());
    return tiles;
  }

  apply(timeline: Timeline, batch: GroupBatch, row: number): 'applied' | 'too-late' {
    const tiles = timeline as Tiles;
    const { divisions } = tiles;
    // The wire and the windows know whole milliseconds only.
    const time = Math.floor(batch.eventTime[row]!);
    if (tiles.size > 0 && time <= this.upkeep.horizon(tiles.newest)) return 'too-late';
    const arrival = tiles.arrivals++;
    this.program.insert(tiles, time, arrival, batch, row);
    for (let d = 0; d < divisions.length; d++) {
      this.divisions[d]!.insert(divisions[d]!, time, arrival, batch, row);
    }
    if (tiles.size >= tiles.upkeepAt) {
      this.upkeep.run(tiles);
      const horizon = this.upkeep.horizon(tiles.newest);
      for (let d = 0; d < divisions.length; d++) this.divisions[d]!.forget(divisions[d]!, horizon);
    }
    return 'applied';
  }

  encode(timeline: Timeline): Uint8Array {
    this.write(timeline as Tiles, this.envelope.begin());
    return this.envelope.end();
  }

  decode(bytes: Uint8Array): Timeline {
    return this.envelope.decode(bytes, (from) => this.read(from));
  }

  finish(timeline: Timeline, asOf: Instant, into: FeatureValue[]): void {
    const tiles = timeline as Tiles;
    const { divisions } = tiles;
    this.placeCuts(tiles, asOf);
    this.program.begin(tiles);
    for (const at of this.order) {
      const group = this.programCuts[at];
      if (!group) continue;
      this.program.foldDownTo(tiles, group.uses, group.cut.first);
      const { places, values, cut } = group;
      for (let f = 0; f < places.length; f++) into[places[f]!] = values[f]!(cut);
    }
    for (let d = 0; d < divisions.length; d++) this.finishDivision(this.divisions[d]!, divisions[d]!, into);
  }

  settledUntil(timeline: Timeline, asOf: Instant, features: readonly number[]): Instant {
    const tiles = timeline as Tiles;
    const { steadiness } = this;
    for (let i = 0; i < features.length; i++) {
      const found = steadiness[features[i]!];
      if (found === 'moving' || (found === 'steady-in-singles' && tiles.singlesFrom > 0)) return asOf;
    }
    this.placeCuts(tiles, asOf);
    let until = Infinity;
    for (const cut of this.cuts) until = Math.min(until, cut.until(tiles));
    return until;
  }

  evidence(timeline: Timeline, asOf: Instant): ValueEvidence[] {
    const tiles = timeline as Tiles;
    const { divisions } = tiles;
    this.placeCuts(tiles, asOf);
    const newestEventTime = tiles.size === 0 ? null : tiles.newest;
    const evidence: ValueEvidence[] = [];
    for (const group of this.programCuts) {
      for (const feature of group?.features ?? []) {
        const { cut } = group!;
        const found = this.evidenceOf(this.program, tiles, cut, cut.first, feature);
        evidence[feature.index] = { from: cut.from, to: asOf, newestEventTime, ...found };
      }
    }
    this.divisions.forEach((division, d) => {
      for (const group of division.cuts) {
        for (const feature of group?.features ?? []) {
          const found = this.divisionEvidence(division, divisions[d]!, group!.cut, feature);
          evidence[feature.index] = { from: group!.cut.from, to: asOf, newestEventTime, ...found };
        }
      }
    });
    return evidence;
  }

  /** Maps come in the order of their categories; where no row of the window has one, there is no map. */
  private finishDivision(division: Division, categories: Categories, into: FeatureValue[]): void {
    const { program } = division;
    const maps: (readonly [string, FeatureValue])[][] = [];
    for (const { index } of program.features) {
      maps[index] = [];
      into[index] = null;
    }
    for (const [category, tiles] of categories.known) {
      program.begin(tiles);
      for (const at of this.order) {
        const group = division.cuts[at];
        if (!group) continue;
        const first = group.cut.firstIn(tiles);
        if (first === tiles.size) continue;
        program.foldDownTo(tiles, group.uses, first);
        const { features, values, cut } = group;
        for (let f = 0; f < features.length; f++) {
          const feature = features[f]!;
          if (isFiltered(feature) && feature.rows.count === 0) continue;
          const map = maps[feature.index]!;
          if (map.length === 0) into[feature.index] = { map };
          map.push([category, values[f]!(cut)]);
        }
      }
    }
  }

  private divisionEvidence(
    division: Division,
    { known, rest }: Categories,
    cut: Cut,
    feature: ProgramFeature,
  ): FoundEvidence {
    const total = { events: 0, uncertainEvents: 0, valueBound: 0, sketchError: 0 };
    let exact = true;
    for (const tiles of known.values()) {
      const found = this.evidenceOf(division.program, tiles, cut, cut.firstIn(tiles), feature);
      // Whether a category whose rows lie on the edge belongs into the map at all is uncertain too.
      exact &&= found.exact && found.uncertainEvents === undefined;
      total.events += found.events;
      total.uncertainEvents += found.uncertainEvents ?? 0;
      total.valueBound = Math.max(total.valueBound, found.valueBound ?? 0);
      total.sketchError = Math.max(total.sketchError, found.sketchError ?? 0);
    }
    const unplaced = rest ? rowsIn(feature, rest, cut.firstIn(rest)) : 0;
    return {
      exact: exact && unplaced === 0,
      events: total.events + unplaced,
      ...(total.uncertainEvents + unplaced > 0 ? { uncertainEvents: total.uncertainEvents + unplaced } : {}),
      ...(total.valueBound > 0 ? { valueBound: total.valueBound } : {}),
      ...(total.sketchError > 0 ? { sketchError: total.sketchError } : {}),
    };
  }

  private evidenceOf(
    program: TileProgram,
    tiles: Tiles,
    cut: Cut,
    first: number,
    feature: ProgramFeature,
  ): FoundEvidence {
    const { aggregation, rows } = feature;
    const events = rowsIn(feature, tiles, first);
    const straddling = straddlingTiles(tiles, cut, first);
    rows.reset();
    for (const at of straddling) rows.fold(tiles, at, at + 1);
    // Of a straddling tile the last row is inside for certain; if all rows pass, so does the last.
    const uncertainEvents = rows.filter.column < 0 ? rows.count - straddling.length : rows.count;

    program.begin(tiles);
    for (const accumulator of aggregation.uses) accumulator.fold(tiles, first, tiles.size);
    const sketchError = aggregation.sketchError?.(cut) ?? 0;
    const sketch = sketchError > 0 ? { sketchError } : {};
    if (uncertainEvents === 0) return { events, exact: sketchError === 0, ...sketch };
    if (aggregation.keepsTimes) return { events, exact: sketchError === 0, uncertainEvents, ...sketch };
    if (!aggregation.bound) return { events, exact: false, uncertainEvents, ...sketch };

    for (const accumulator of aggregation.uses) {
      accumulator.reset(tiles);
      for (const at of straddling) accumulator.fold(tiles, at, at + 1);
    }
    return { events, exact: false, uncertainEvents, valueBound: aggregation.bound(cut, uncertainEvents) };
  }

  /** Finds every window's first tile and puts the cuts in the order of one pass. */
  private placeCuts(tiles: Tiles, asOf: Instant): void {
    if (asOf < tiles.newest) {
      throw new MillraceError(
        'AS_OF_TOO_EARLY',
        `A timeline answers for instants from its newest event (${tiles.newest}) on, not for ${asOf}`,
        { newest: tiles.newest, asOf },
      );
    }
    if (tiles === this.placedIn && tiles.arrivals === this.placedArrivals && asOf === this.placedAsOf) return;
    this.placedIn = tiles;
    this.placedArrivals = tiles.arrivals;
    this.placedAsOf = asOf;
    const { cuts, order } = this;
    for (let i = 0; i < cuts.length; i++) cuts[i]!.place(tiles, asOf);
    // Insertion sort: from one read to the next the order hardly changes.
    for (let i = 1; i < order.length; i++) {
      const moved = order[i]!;
      let to = i;
      for (; to > 0 && isNewer(cuts[moved]!, cuts[order[to - 1]!]!); to--) order[to] = order[to - 1]!;
      order[to] = moved;
    }
  }

  private write(tiles: Tiles, out: StateWriter): void {
    this.codec.write(tiles, out);
    const { divisions } = tiles;
    for (let d = 0; d < divisions.length; d++) {
      const { known, rest } = divisions[d]!;
      const codec = this.divisionCodecs[d]!;
      out.varint(known.size);
      for (const [category, part] of known) {
        out.text(category);
        codec.write(part, out);
      }
      out.byte(rest ? 1 : 0);
      if (rest) codec.write(rest, out);
    }
  }

  private read(from: StateReader): Tiles {
    const tiles = this.codec.read(from);
    if (this.divisions.length === 0) return tiles;
    tiles.divisions = this.divisionCodecs.map((codec): Categories => {
      const known = new Map<string, Tiles>();
      const count = from.varint();
      if (count > CATEGORIES_MAX) {
        throw new CorruptStateError(
          `The state claims ${count} categories; at most ${CATEGORIES_MAX} are written`,
        );
      }
      for (let i = 0; i < count; i++) known.set(from.text() ?? '', codec.read(from));
      return { known, rest: from.byte() === 1 ? codec.read(from) : undefined };
    });
    return tiles;
  }
}

type FoundEvidence = Omit<ValueEvidence, 'from' | 'to' | 'newestEventTime'>;

/** Gives each window its cut, and of windows of records each filter its own. */
class CutTable {
  readonly cuts: Cut[] = [];
  readonly records = new Map<string, RecordsRetention>();
  private readonly known = new Map<string, number>();

  constructor(private readonly plan: AggregatedGroupPlan) {}

  add(feature: AggregatedFeaturePlan): void {
    const window = this.plan.windows[feature.window];
    if (!window) throw new TypeError(`${feature.name}: no window ${feature.window}`);
    const key = this.keyOf(feature);
    if (this.known.has(key)) return;
    const filter = rowFilterOf(feature.filter);
    this.known.set(key, this.cuts.length);
    this.cuts.push(cutOf(window, filter));
    if (window.kind === 'records') {
      this.records.set(key, { count: window.count, withinMs: window.withinMs, filter });
    }
  }

  /** A program's features by cut. */
  split(program: TileProgram): (CutFeatures | undefined)[] {
    return this.cuts.map((cut, index) => {
      const features = program.features.filter(
        (feature) => this.known.get(this.keyOf(feature.plan)) === index,
      );
      if (features.length === 0) return undefined;
      const isDivided = features.some((feature) => feature.plan.by !== undefined);
      return program.at(cut, features, isDivided);
    });
  }

  private keyOf({ window, filter }: AggregatedFeaturePlan): string {
    return this.plan.windows[window]?.kind === 'records' ? `${window}:${filter ?? ''}` : `${window}`;
  }
}

/** Two plans with the same fingerprint read each other's states. */
function fingerprintOf(plan: AggregatedGroupPlan, layouts: readonly object[]): number {
  const { inputs, filters, windows, features } = plan;
  const functions = features.map(({ function: fn, input, filter, by, window }) => [
    fn,
    input,
    filter,
    by,
    window,
  ]);
  return hash32(JSON.stringify([inputs, filters, windows, functions, layouts]));
}

function isNewer(a: Cut, b: Cut): boolean {
  return a.first > b.first || (a.first === b.first && a.after > b.after);
}

/** Merged tiles with rows on both sides of the window's edge. */
function straddlingTiles(tiles: Tiles, cut: Cut, first: number): number[] {
  const edge = cut.movingEdge;
  const straddling: number[] = [];
  if (edge === -Infinity) return straddling;
  for (let at = first; at < tiles.size; at++) {
    if (tiles.isMerged(at) && tiles.startOf(at) <= edge) straddling.push(at);
  }
  return straddling;
}
