import { describe, expect, it } from 'vitest';
import type { Column } from '../events/columns.js';
import type { AggregatedGroupPlan, SourcePlan } from '../plan/plan.js';
import { compileRowProgram, type FrameColumns } from './row-program.js';

const SOURCE: SourcePlan = {
  name: 'departures',
  version: 1,
  type: 'stream',
  timestampField: 'departed_at',
  fields: [
    { name: 'flight_id', type: 'int' },
    { name: 'departed_at', type: 'timestamp' },
    { name: 'origin', type: 'string' },
    { name: 'delay', type: 'int' },
    { name: 'distance', type: 'int' },
    { name: 'stops', type: 'string_list' },
  ],
};

const GROUP: AggregatedGroupPlan = {
  kind: 'aggregated',
  name: 'airport_departures',
  version: 1,
  entity: 'airport',
  source: 'departures',
  keyFields: ['origin'],
  derive: [],
  inputs: [],
  filters: [],
  windows: [],
  features: [],
  budget: 128,
  resolution: 1 / 64,
};

function frame(columns: Record<string, Column>, size: number): FrameColumns {
  const eventTime = Float64Array.from({ length: size }, (_, row) => 1_000 * row);
  return { size, eventTime, column: (name) => columns[name] };
}

const numbers = (...values: readonly (number | null)[]): Column => ({
  kind: 'number',
  values: Float64Array.from(values, (value) => value ?? Number.NaN),
});

const strings = (...values: readonly (string | null)[]): Column => ({ kind: 'string', values });

describe('the row program of a group', () => {
  it('leaves a row out where `where` is false or null', () => {
    const program = compileRowProgram({ ...GROUP, where: 'delay > 15' }, SOURCE);
    const { include } = program.run(frame({ delay: numbers(20, 15, null, 16) }, 4));
    expect([...include]).toEqual([1, 0, 0, 1]);
  });

  it('makes a derived column null where an operand is null or the column is missing', () => {
    const group: AggregatedGroupPlan = {
      ...GROUP,
      derive: [
        { name: 'late', type: 'int', expression: 'delay > 15 ? 1 : 0' },
        { name: 'speed', type: 'float', expression: 'distance / delay' },
      ],
      inputs: [
        { name: 'late', type: 'int' },
        { name: 'speed', type: 'float' },
      ],
    };
    const { batch, faults } = compileRowProgram(group, SOURCE).run(frame({ delay: numbers(20, null, 3) }, 3));
    expect(batch.columns.map((column) => [...column.values])).toEqual([
      [1, Number.NaN, 0],
      [Number.NaN, Number.NaN, Number.NaN],
    ]);
    expect(faults.size).toBe(0);
  });

  it('lets a derived column use an earlier one', () => {
    const group: AggregatedGroupPlan = {
      ...GROUP,
      derive: [
        { name: 'hours', type: 'float', expression: 'delay / 60' },
        { name: 'squared', type: 'float', expression: 'hours * hours' },
      ],
      inputs: [{ name: 'squared', type: 'float' }],
    };
    const { batch } = compileRowProgram(group, SOURCE).run(frame({ delay: numbers(90) }, 1));
    expect([...(batch.columns[0]?.values ?? [])]).toEqual([2.25]);
  });

  it('gives each aggregation its own filter, in the order of the plan', () => {
    const group = { ...GROUP, filters: ['origin == "LAX"', 'origin in ["SFO", "LAX"] && delay > 0'] };
    const { batch } = compileRowProgram(group, SOURCE).run(
      frame({ origin: strings('LAX', 'SFO', null, 'SFO'), delay: numbers(0, 1, 1, null) }, 4),
    );
    expect(batch.filters.map((filter) => [...filter])).toEqual([
      [1, 0, 0, 0],
      [0, 1, 0, 0],
    ]);
  });

  it('passes a bare field on with its integers beyond 2^53', () => {
    const group: AggregatedGroupPlan = {
      ...GROUP,
      derive: [{ name: 'copy', type: 'int', expression: 'flight_id' }],
      inputs: [
        { name: 'flight_id', type: 'int' },
        { name: 'copy', type: 'int' },
      ],
    };
    const flightId: Column = {
      kind: 'number',
      values: Float64Array.of(2 ** 53),
      wide: new Map([[0, 9_007_199_254_740_993n]]),
    };
    const { batch } = compileRowProgram(group, SOURCE).run(frame({ flight_id: flightId }, 1));
    expect(batch.columns).toEqual([flightId, flightId]);
  });

  it('reports a row whose expression cannot go on, and lets the neighbours through', () => {
    const group: AggregatedGroupPlan = {
      ...GROUP,
      derive: [{ name: 'gate', type: 'int', expression: 'int(origin)' }],
      inputs: [{ name: 'gate', type: 'int' }],
    };
    const { batch, include, faults } = compileRowProgram(group, SOURCE).run(
      frame({ origin: strings('12', 'LAX', '7', 'B 4') }, 4),
    );
    expect([...faults]).toEqual([
      [1, 'int: cannot read "LAX" as a number'],
      [3, 'int: cannot read "B 4" as a number'],
    ]);
    expect([...include]).toEqual([1, 0, 1, 0]);
    expect([...(batch.columns[0]?.values ?? [])]).toEqual([12, Number.NaN, 7, Number.NaN]);
  });

  it('does not evaluate derived columns of rows that `where` leaves out', () => {
    const group: AggregatedGroupPlan = {
      ...GROUP,
      where: 'origin != "LAX"',
      derive: [{ name: 'gate', type: 'int', expression: 'int(origin)' }],
      inputs: [{ name: 'gate', type: 'int' }],
    };
    const { faults } = compileRowProgram(group, SOURCE).run(frame({ origin: strings('LAX', '5') }, 2));
    expect(faults.size).toBe(0);
  });

  it('sees the event time under the name of the timestamp field', () => {
    const program = compileRowProgram({ ...GROUP, where: 'departed_at.getSeconds() >= 2' }, SOURCE);
    expect([...program.run(frame({}, 4)).include]).toEqual([0, 0, 1, 1]);
  });

  it('turns every row of a frame with an outdated schema into a fault', () => {
    const program = compileRowProgram({ ...GROUP, where: 'delay > 15' }, SOURCE);
    const { faults, include } = program.run(frame({ delay: strings('20', '30') }, 2));
    expect(faults.get(1)).toBe('delay: expected int, the event was recorded with a string column');
    expect([...include]).toEqual([0, 0]);
  });

  it('gives null where a result is infinite', () => {
    const group: AggregatedGroupPlan = {
      ...GROUP,
      derive: [{ name: 'huge', type: 'float', expression: 'exp(delay)' }],
      inputs: [{ name: 'huge', type: 'float' }],
    };
    const { batch } = compileRowProgram(group, SOURCE).run(frame({ delay: numbers(1_000, 0) }, 2));
    expect([...(batch.columns[0]?.values ?? [])]).toEqual([Number.NaN, 1]);
  });

  it('keeps the result of an earlier frame when it runs again', () => {
    const program = compileRowProgram({ ...GROUP, where: 'delay > 15', filters: ['delay > 20'] }, SOURCE);
    const first = program.run(frame({ delay: numbers(30) }, 1));
    program.run(frame({ delay: numbers(0) }, 1));
    expect([first.include[0], first.batch.filters[0]?.[0]]).toEqual([1, 1]);
  });
});
