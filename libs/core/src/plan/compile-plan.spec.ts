import { describe, expect, it } from 'vitest';
import type { Definition } from '../definitions/definitions.js';
import { compilePlan } from './compile-plan.js';
import { pathOf } from './definition-fault.js';

const AIRPORT: Definition = {
  kind: 'Entity',
  name: 'airport',
  joinKeys: [{ name: 'airport', type: 'string' }],
};

const DEPARTURES: Definition = {
  kind: 'Source',
  name: 'departures',
  type: 'stream',
  fields: {
    flight_id: 'string',
    departed_at: 'timestamp',
    origin: 'string',
    destination: 'string',
    delay: 'int',
    distance: 'int',
    route_embedding: 'embedding',
  },
  timestampField: 'departed_at',
  idField: 'flight_id',
};

const AIRPORT_DEPARTURES: Extract<Definition, { kind: 'FeatureGroup' }> = {
  kind: 'FeatureGroup',
  name: 'airport_departures',
  entity: 'airport',
  source: 'departures',
  keys: { airport: 'origin' },
  where: 'distance > 0',
  derive: { late: 'delay > 15 ? 1 : 0' },
  aggregations: [
    { of: 'delay', functions: ['mean', 'p95'], windows: ['1h', '6h'] },
    { of: 'late', functions: ['sum'], windows: ['1h'] },
    { functions: ['count'], windows: ['1h', 'lifetime'] },
    { of: 'destination', functions: ['distinct_count', { last_k: 5 }], windows: ['6h'] },
    { of: 'delay', functions: ['mean'], windows: [{ records: 100 }, { records: 20, within: '60s' }] },
    {
      of: 'delay',
      functions: ['max'],
      windows: [{ tumbling: '1d' }, { session: '30m' }],
      where: 'late == 1',
    },
    { of: 'delay', functions: [{ max_by: 'distance' }], windows: ['1h'], name: 'delay_of_farthest' },
    { of: 'delay', functions: ['sum'], windows: ['1h'], by: 'destination' },
  ],
  ttl: '7d',
  freshness: { target: '15m' },
};

const BOARD: Definition = { kind: 'FeatureService', name: 'board', features: ['airport_departures'] };

const compile = (...definitions: Definition[]) =>
  compilePlan(
    1,
    definitions.map((definition) => ({ definition, version: 1 })),
  );

const faultsOf = (...definitions: Definition[]): string[] =>
  compile(...definitions).faults.map((fault) => `${pathOf(fault)}: ${fault.message}`);

/** What is wrong with the group when it is changed like this. */
const groupFaults = (change: Partial<Extract<Definition, { kind: 'FeatureGroup' }>>): string[] =>
  faultsOf(AIRPORT, DEPARTURES, { ...AIRPORT_DEPARTURES, ...change });

describe('the plan of a set of definitions', () => {
  const { plan, faults } = compile(AIRPORT, DEPARTURES, AIRPORT_DEPARTURES, BOARD);
  const [group] = plan.groups;
  if (group?.kind !== 'aggregated') throw new Error('expected an aggregated group');

  it('has no faults where there are none', () => {
    expect(faults).toEqual([]);
  });

  it('names features <field>_<function>_<window> unless `name` says otherwise', () => {
    expect(group.features.map((feature) => feature.name)).toEqual([
      'delay_mean_1h',
      'delay_mean_6h',
      'delay_p95_1h',
      'delay_p95_6h',
      'late_sum_1h',
      'count_1h',
      'count_lifetime',
      'destination_distinct_count_6h',
      'destination_last_k_6h',
      'delay_mean_last100',
      'delay_mean_last20_60s',
      'delay_max_tumbling_1d',
      'delay_max_session_30m',
      'delay_of_farthest',
      'delay_sum_by_destination_1h',
    ]);
  });

  it('reads each column, filter and window once', () => {
    expect(group.inputs).toEqual([
      { name: 'delay', type: 'int' },
      { name: 'late', type: 'int' },
      { name: 'destination', type: 'string' },
      { name: 'distance', type: 'int' },
    ]);
    expect(group.filters).toEqual(['late == 1']);
    expect(group.windows).toHaveLength(7);
  });

  it('gives each feature the type of its function', () => {
    const types = Object.fromEntries(group.features.map((feature) => [feature.name, feature.type]));
    expect(types).toMatchObject({
      delay_mean_1h: 'float',
      late_sum_1h: 'int',
      destination_last_k_6h: 'string_list',
      delay_sum_by_destination_1h: 'map',
    });
  });

  it('resolves the key fields in the order of the entity', () => {
    expect(group.keyFields).toEqual(['origin']);
  });

  it('lists the features of a service in the order of the answer', () => {
    expect(plan.services[0]?.features[0]).toEqual({
      group: 'airport_departures',
      version: 1,
      feature: 'delay_mean_1h',
    });
  });

  it('keeps an older version of a group only while it is pinned', () => {
    const older = { definition: AIRPORT_DEPARTURES, version: 1 };
    const newer = { definition: { ...AIRPORT_DEPARTURES, where: 'distance > 1' }, version: 2 };
    const base = [AIRPORT, DEPARTURES].map((definition) => ({ definition, version: 1 }));
    const versions = (service: Definition): number[] =>
      compilePlan(2, [...base, older, newer, { definition: service, version: 1 }]).plan.groups.map(
        (known) => known.version,
      );
    expect(versions(BOARD)).toEqual([2]);
    expect(versions({ ...BOARD, features: ['airport_departures@1'] } as Definition)).toEqual([1, 2]);
  });
});

describe('a definition is refused, with path and message, where', () => {
  it('an entity, source or field is not there', () => {
    expect(groupFaults({ entity: 'airprt', source: 'departure' })).toEqual([
      'FeatureGroup/airport_departures.entity: there is no entity "airprt"; did you mean "airport"?',
      'FeatureGroup/airport_departures.source: there is no source "departure"; did you mean "departures"?',
    ]);
    expect(groupFaults({ aggregations: [{ of: 'dealy', functions: ['mean'], windows: ['1h'] }] })).toEqual([
      'FeatureGroup/airport_departures.aggregations[0].of: there is no field or derived column of source departures "dealy"; did you mean "delay"?',
    ]);
  });

  it('an expression does not type-check', () => {
    expect(groupFaults({ where: 'dstance > 0' })).toEqual([
      'FeatureGroup/airport_departures.where: there is no field or column "dstance"; did you mean "distance"?',
    ]);
    expect(groupFaults({ where: 'distance' })).toEqual([
      'FeatureGroup/airport_departures.where: a condition must be bool, this is int',
    ]);
    expect(groupFaults({ derive: { late: 'departed_at - departed_at' } })).toContain(
      'FeatureGroup/airport_departures.derive.late: a column cannot hold a duration: write seconds(…) around it',
    );
  });

  it('the expressions of a group are too many together', () => {
    const sum = Array.from({ length: 200 }, () => 'delay').join(' + ');
    const columns = (count: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${i}`, sum]));
    expect(groupFaults({ derive: { late: 'delay', ...columns(25) } })).toEqual([]);
    expect(groupFaults({ derive: { late: 'delay', ...columns(26) } })).toEqual([
      'FeatureGroup/airport_departures: the expressions of a group have at most 10000 nodes together, these have 10381',
    ]);
  });

  it.each<[unknown, string]>([
    ['avg', 'there is no function "avg"'],
    ['maen', 'there is no function "maen"; did you mean "mean"?'],
    ['last_k', 'last_k needs an argument: write { last_k: 5 }'],
    [{ mean: 1 }, 'mean takes no argument: write mean'],
    [{ top_k: 0 }, 'top_k needs a whole number from 1 to 100, got 0'],
    [{ histogram: [3, 2] }, 'histogram needs 1 to 64 rising numbers, the edges of its buckets'],
    [{ ewma: 'soon' }, 'ewma needs its half-life, like { ewma: 1h }, got "soon"'],
  ])('a function cannot be read: %j', (definition, message) => {
    const functions = [definition as string];
    expect(groupFaults({ aggregations: [{ of: 'delay', functions, windows: ['1h'] }] })[0]).toContain(
      message,
    );
  });

  it('a function does not fit the type of its column', () => {
    expect(groupFaults({ aggregations: [{ of: 'origin', functions: ['mean'], windows: ['1h'] }] })).toEqual([
      'FeatureGroup/airport_departures.aggregations[0].functions[0]: mean cannot aggregate "origin", which is string',
    ]);
    expect(
      groupFaults({ aggregations: [{ of: 'route_embedding', functions: ['last'], windows: ['1h'] }] }),
    ).toEqual([
      'FeatureGroup/airport_departures.aggregations[0].functions[0]: last cannot aggregate "route_embedding", which is embedding',
    ]);
    expect(groupFaults({ aggregations: [{ functions: ['mean'], windows: ['1h'] }] })).toEqual([
      'FeatureGroup/airport_departures.aggregations[0].functions[0]: mean needs a column: say of which field with `of`',
    ]);
  });

  it.each<[unknown, string]>([
    ['1 hour', 'cannot read the length of time "1 hour"; write it like 90s, 15m, 1h, 7d, lifetime'],
    ['10ms', 'a window must be 1s to 3650d long, got 10ms'],
    [{ records: 0 }, 'records must be a whole number from 1 to 1000, got 0'],
    [{ tumbling: '1h', offset: '2h' }, 'the offset 2h must be shorter than the window 1h'],
  ])('a window cannot be read: %j', (window, message) => {
    const windows = [window as string];
    expect(groupFaults({ aggregations: [{ functions: ['count'], windows }] })[0]).toContain(message);
  });

  it('a name is one that every object has, or no name at all', () => {
    expect(
      faultsOf({ kind: 'Entity', name: 'constructor', joinKeys: [{ name: 'a b', type: 'int' }] }),
    ).toEqual([
      'Entity/constructor.name: the name "constructor" is reserved',
      'Entity/constructor.joinKeys[0].name: a name has letters, digits and underscores, starts with no digit and is at most 128 long, got "a b"',
    ]);
    expect(faultsOf({ ...DEPARTURES, timestampField: 'toString' } as Definition)).toEqual([
      'Source/departures.timestampField: there is no field "toString"',
    ]);
  });

  it('two features get the same name', () => {
    const count = { functions: ['count'], windows: ['1h'] };
    expect(groupFaults({ aggregations: [count, { ...count, where: 'delay > 0' }] })).toEqual([
      'FeatureGroup/airport_departures.aggregations[1]: the feature "count_1h" is there twice: give one of them a `name`',
    ]);
  });

  it('all faults of all documents are told at once', () => {
    const faults = faultsOf(
      { ...AIRPORT, partitions: 0 } as Definition,
      { ...DEPARTURES, timestampField: 'departed' } as Definition,
      { ...AIRPORT_DEPARTURES, ttl: 'long', keys: { airport: 'delay' } },
      { kind: 'FeatureService', name: 'board', features: ['airport_departure', 'a b'] },
    );
    expect(faults).toEqual([
      'Entity/airport.partitions: partitions must be a whole number from 1 to 4096, got 0',
      'Source/departures.timestampField: there is no field "departed"; did you mean "departed_at"?',
      'FeatureGroup/airport_departures.ttl: cannot read the length of time "long"; write it like 90s, 15m, 1h, 7d',
      'FeatureService/board.features[0]: there is no feature group "airport_departure"; did you mean "airport_departures"?',
      'FeatureService/board.features[1]: cannot read the reference "a b"; write group, group@version, group:feature, group@version:feature',
    ]);
  });

  it('derived groups read each other in a circle', () => {
    const derived = (name: string, input: string): Definition => ({
      kind: 'DerivedFeatureGroup',
      name,
      inputs: [input],
      features: [{ name: `${name}_one`, type: 'int', expression: '1' }],
    });
    expect(faultsOf(derived('a', 'b'), derived('b', 'a'))).toEqual([
      'DerivedFeatureGroup/a.inputs: derived groups read each other in a circle: a, b',
      'DerivedFeatureGroup/b.inputs: derived groups read each other in a circle: a, b',
    ]);
  });
});

it('tells what is wrong with the features of a group also where its entity is unknown', () => {
  const source = {
    kind: 'Source',
    name: 'orders',
    type: 'stream',
    fields: { at: 'timestamp', amount: 'float' },
    timestampField: 'at',
  } as const;
  const group = {
    kind: 'FeatureGroup',
    name: 'spending',
    entity: 'custmer',
    source: 'orders',
    aggregations: [{ of: 'amuont', functions: ['sum'], windows: ['1h'] }],
  } as const;
  const { faults } = compilePlan(
    1,
    [source, group].map((definition) => ({ definition, version: 1 })),
  );
  expect(faults.map(({ at }) => at[0])).toEqual(['entity', 'aggregations']);
});
