import { describe, expect, it } from 'vitest';
import { pathOf } from '@millrace/core';
import { readDefinitions } from './read-definitions.js';

const faultsOf = (value: unknown): string[] =>
  readDefinitions([value]).faults.map((fault) => `${pathOf(fault)}: ${fault.message}`);

const ENTITY = { kind: 'Entity', name: 'airport', joinKeys: [{ name: 'airport', type: 'string' }] };
const SOURCE = {
  kind: 'Source',
  name: 'departures',
  type: 'stream',
  fields: { at: 'timestamp', airport: 'string' },
  timestampField: 'at',
};
const GROUP = {
  kind: 'FeatureGroup',
  name: 'delays',
  entity: 'airport',
  source: 'departures',
  aggregations: [{ functions: ['count'], windows: ['1h'] }],
};
const DERIVED = {
  kind: 'DerivedFeatureGroup',
  name: 'scores',
  inputs: ['delays'],
  features: [{ name: 'score', type: 'float', expression: '1.0' }],
};
const SERVICE = { kind: 'FeatureService', name: 'board', features: ['delays'] };

describe('the form of a definition', () => {
  it.each([ENTITY, SOURCE, GROUP, DERIVED, SERVICE])('is accepted where it is right: $kind', (definition) => {
    expect(readDefinitions([definition])).toEqual({ definitions: [definition], faults: [], readable: [] });
  });

  it.each<[unknown, string]>([
    [null, '?/?: a definition must be a mapping'],
    [[], '?/?: a definition must be a mapping'],
    [{ name: 'x' }, '?/x.kind: the `kind` is missing'],
    [{ kind: 'Entityy', name: 'x' }, 'Entityy/x.kind: there is no kind "Entityy"; did you mean "Entity"?'],
    [{ ...ENTITY, name: 7 }, 'Entity/?.name: `name` must be text, got 7'],
    [{ ...ENTITY, tags: 'ops' }, 'Entity/airport.tags: `tags` must be a mapping of names to text, got "ops"'],
    [{ ...ENTITY, description: [] }, 'Entity/airport.description: `description` must be text, got []'],
    [{ ...GROUP, entity: ['a'] }, 'FeatureGroup/delays.entity: `entity` must be text, got ["a"]'],
    [{ ...ENTITY, joinKeys: [] }, 'Entity/airport.joinKeys: `joinKeys` must not be empty, got []'],
    [{ ...ENTITY, joinKeys: 'airport' }, 'Entity/airport.joinKeys: `joinKeys` must be a list, got "airport"'],
    [
      { ...ENTITY, joinKeys: [{ name: 'a', type: 'strng' }] },
      'Entity/airport.joinKeys[0].type: `type` must be one of string, int, got "strng"; did you mean "string"?',
    ],
    [
      { ...ENTITY, partitions: 1.5 },
      'Entity/airport.partitions: `partitions` must be a whole number, got 1.5',
    ],
    [{ ...ENTITY, owners: 'x' }, 'Entity/airport.owners: there is no member `owners`; did you mean `owner`?'],
    [{ ...ENTITY, tags: { a: 1 } }, 'Entity/airport.tags.a: `tags.a` must be text, got 1'],
    [
      { ...SOURCE, timestampField: undefined },
      'Source/departures.timestampField: `timestampField` is missing',
    ],
    [
      { ...SOURCE, fields: { at: 'timestmp' } },
      'Source/departures.fields.at: there is no type "timestmp"; did you mean "timestamp"?',
    ],
    [
      { ...SOURCE, fields: [] },
      'Source/departures.fields: `fields` must be a mapping of field names to types, got []',
    ],
    [
      { ...GROUP, aggregations: [{ functions: [7], windows: ['1h'] }] },
      'FeatureGroup/delays.aggregations[0].functions[0]: `functions[0]` must be a function like mean, or one with its argument like { last_k: 5 }, got 7',
    ],
    [
      { ...GROUP, aggregations: [{ functions: ['count'], windows: [{ record: 5 }] }] },
      'FeatureGroup/delays.aggregations[0].windows[0]: `windows[0]` must be a length like 1h, lifetime, { records: 100, within: 60s }, { tumbling: 1d, offset: 0s } or { session: 30m }, got {"record":5}',
    ],
    [
      { ...GROUP, freshness: '15m' },
      'FeatureGroup/delays.freshness: `freshness` must be a mapping, got "15m"',
    ],
    [{ ...DERIVED, inputs: [1] }, 'DerivedFeatureGroup/scores.inputs[0]: `inputs[0]` must be text, got 1'],
    [{ ...SERVICE, features: [] }, 'FeatureService/board.features: `features` must not be empty, got []'],
    [{ ...SERVICE, owner: 'a\0' }, 'FeatureService/board.owner: text must not hold NUL or half a character'],
    [
      { ...SERVICE, owner: '\ud800' },
      'FeatureService/board.owner: text must not hold NUL or half a character',
    ],
  ])('is refused: %j', (definition, fault) => {
    expect(faultsOf(definition)).toEqual([fault]);
  });

  it('is refused at once where it has members without end', () => {
    const members = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i]));
    expect(faultsOf({ ...ENTITY, ...members })).toEqual([
      'Entity/airport: a definition has at most 20000 members',
    ]);
  });

  it('is refused where it holds an integer that a double cannot', () => {
    expect(faultsOf({ ...SERVICE, kind: 2n ** 63n })).toEqual([
      '?/board.kind: 9223372036854775808 is beyond ±2^53',
    ]);
  });

  it('tells all faults of a definition at once', () => {
    expect(faultsOf({ ...SOURCE, type: 'x', idField: 5, fields: { at: 'x', b: 'y' } })).toHaveLength(4);
  });
});
