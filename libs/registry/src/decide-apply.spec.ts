import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { pathOf } from '@millrace/core';
import { KEEP_ALL } from './changes.js';
import { decideApply } from './decide-apply.js';
import type { RegistryState } from './registry-state.js';

const EMPTY: RegistryState = { revision: 0, current: [], history: [], caughtUp: new Set() };

const read = (text: string): unknown[] =>
  [...parseAllDocuments(text)].map((document): unknown => document.toJS());

function faultsOf(values: readonly unknown[]): string[] {
  const decision = decideApply(EMPTY, values, KEEP_ALL);
  return decision.kind === 'accepted'
    ? []
    : decision.faults.map((fault) => `${pathOf(fault)}: ${fault.message}`);
}

describe('all that is wrong with a set of definitions is told in one answer', () => {
  it('though the definitions that others refer to are malformed or misspelt', () => {
    const faults = faultsOf(
      read(`
kind: Entity
name: airport
joinKeys: [{ name: airport, type: text }]
---
kind: Source
name: departures
type: stream
fields: { at: timestamp, origin: string, delay: integer, distance: int }
timestampField: att
---
kind: FeatureGroup
name: delays
entity: airprt
source: departures
keys: { airport: orign }
where: distnce > 0
derive: { late: delay > 15, far: "distance +" }
aggregations:
  - { of: dely, functions: [maen], windows: [1x] }
  - { of: delay, functions: [mean], windows: [1h], default: none }
  - { of: distance, functions: [mean], windows: [7], name: far }
  - { of: origin, functions: [mean], windows: [1h] }
---
kind: DerivedFeatureGroup
name: scores
inputs: [delays]
features:
  - { name: half, type: float, expression: "delay_mean_1h +" }
  - { name: twice, type: float, expression: clp(delay_mean_1h) }
  - { name: three, type: strng, expression: half }
---
kind: FeatureService
name: board
features: [delayz, scores]
`),
    );
    expect(faults).toEqual([
      'Entity/airport.joinKeys[0].type: `type` must be one of string, int, got "text"',
      'Source/departures.fields.delay: there is no type "integer"; did you mean "int"?',
      'FeatureGroup/delays.aggregations[2].windows[0]: `windows[0]` must be a length like 1h, lifetime, { records: 100, within: 60s }, { tumbling: 1d, offset: 0s } or { session: 30m }, got 7',
      'DerivedFeatureGroup/scores.features[2].type: `type` must be one of int, float, string, bool, timestamp, bytes, int_list, float_list, string_list, embedding, got "strng"; did you mean "string"?',
      'Source/departures.timestampField: there is no field "att"; did you mean "at"?',
      'FeatureGroup/delays.entity: there is no entity "airprt"; did you mean "airport"?',
      'FeatureGroup/delays.keys.airport: there is no field of source departures for the join key airport: "orign"; did you mean "origin"?',
      'FeatureGroup/delays.where: there is no field or column "distnce"; did you mean "distance"?',
      'FeatureGroup/delays.derive.far: the expression ends too early',
      'FeatureGroup/delays.aggregations[0].of: there is no field or derived column of source departures "dely"; did you mean "delay"?',
      'FeatureGroup/delays.aggregations[0].functions[0]: there is no function "maen"; did you mean "mean"?',
      'FeatureGroup/delays.aggregations[0].windows[0]: cannot read the length of time "1x"; write it like 90s, 15m, 1h, 7d, lifetime',
      'FeatureGroup/delays.aggregations[3].functions[0]: mean cannot aggregate "origin", which is string',
      'DerivedFeatureGroup/scores.features[0].expression: the expression ends too early',
      'DerivedFeatureGroup/scores.features[1].expression: there is no function "clp"; did you mean "clip"?',
      'FeatureService/board.features[0]: there is no feature group "delayz"; did you mean "delays"?',
    ]);
  });

  it('though the source is one that nobody knows', () => {
    const faults = faultsOf(
      read(`
kind: Entity
name: airport
joinKeys: [{ name: airport, type: string }]
---
kind: FeatureGroup
name: delays
entity: airport
source: elsewhere
aggregations: [{ of: delay, functions: [maen, mean], windows: [1x, 1h] }]
ttl: long
`),
    );
    expect(faults.map((fault) => fault.slice(0, fault.indexOf(':')))).toEqual([
      'FeatureGroup/delays.source',
      'FeatureGroup/delays.ttl',
      'FeatureGroup/delays.aggregations[0].functions[0]',
      'FeatureGroup/delays.aggregations[0].windows[0]',
    ]);
  });
});

type Place = readonly (string | number)[];

/** Every member and element of a definition, but for what makes it that definition. */
function placesOf(value: unknown, at: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const steps: Place = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return steps
    .filter((step) => at.length > 0 || (step !== 'kind' && step !== 'name'))
    .flatMap((step) => {
      const place = [...at, step];
      return [place, ...placesOf((value as Record<string | number, unknown>)[step], place)];
    });
}

function changed(value: unknown, [step, ...rest]: Place, to: unknown): unknown {
  if (step === undefined) return to;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[step] = changed(copy[step], rest, to);
  return copy;
}

describe.each(['flights', 'fraud'])('one malformed member of examples/%s', (example) => {
  const folder = path.join(import.meta.dirname, '../../../examples', example);
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  const values = files.flatMap((file) => read(readFileSync(path.join(folder, file), 'utf8')));
  // A list in a list is nowhere right, and null only where it is no default.
  const cases = values.flatMap((value, index) =>
    placesOf(value).flatMap((place) =>
      [[[]], null]
        .filter((to) => to !== null || place.at(-1) !== 'default')
        .map((to) => ({ index, place, to })),
    ),
  );

  it('is told, and nothing else: what others miss through it is no fault of theirs', () => {
    expect(cases.length).toBeGreaterThan(50);
    for (const { index, place, to } of cases) {
      const malformed = values.map((value, i) => (i === index ? changed(value, place, to) : value));
      const { kind, name } = values[index] as { kind: string; name: string };
      const wrong = pathOf({ kind, name, at: place });
      const faults = faultsOf(malformed).map((fault) => fault.slice(0, fault.indexOf(': ')));
      const others = faults.filter((fault) => !fault.startsWith(wrong) && !wrong.startsWith(fault));
      expect({ wrong, others }).toEqual({ wrong, others: [] });
      expect(faults, wrong).not.toEqual([]);
    }
  });
});
