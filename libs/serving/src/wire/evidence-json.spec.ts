import { expect, it } from 'vitest';
import type { OutputFeature } from '../layout/read-layout.js';
import { evidenceWriterOf } from './evidence-json.js';

const OUTPUT: OutputFeature = {
  group: 'gr"oup',
  version: 2,
  feature: 'mean',
  name: 'mean',
  timeIndex: 0,
  element: 'float',
};
const TO = Date.UTC(2026, 0, 2);
const to = '2026-01-02T00:00:00.000Z';
const owner = { group: 'gr"oup', groupVersion: 2 };

const written = (output: OutputFeature, ...rest: Parameters<ReturnType<typeof evidenceWriterOf>>): unknown =>
  JSON.parse(evidenceWriterOf(output)(...rest));

it('all that is known of a value is written, and what is no number is null', () => {
  const evidence = { from: TO - 60_000, to: TO, events: 3, newestEventTime: TO - 1_000, exact: false };
  expect(
    written(OUTPUT, { ...evidence, uncertainEvents: 1, valueBound: 0.5, sketchError: Infinity }, TO, TO),
  ).toEqual({
    window: { from: '2026-01-01T23:59:00.000Z', to },
    events: 3,
    exact: false,
    uncertainEvents: 1,
    valueBound: 0.5,
    sketchError: null,
    ...owner,
    freshnessMs: 1_000,
    newestEventTime: '2026-01-01T23:59:59.000Z',
  });
});

it('a window without a lower bound, and an entity without events, are written with nulls', () => {
  const evidence = { from: null, to: TO, events: 0, newestEventTime: null, exact: true };
  expect(written({ ...OUTPUT, records: 5 }, evidence, -Infinity, TO)).toEqual({
    window: { from: null, to, records: 5 },
    events: 0,
    exact: true,
    ...owner,
    freshnessMs: null,
    newestEventTime: null,
  });
});

it('a group that could not be read has no window, a derived feature names its inputs', () => {
  expect(written(OUTPUT, undefined, -Infinity, TO)).toEqual({
    ...owner,
    freshnessMs: null,
    newestEventTime: null,
  });
  expect(written({ ...OUTPUT, derivedFrom: ['a@1:b'] }, undefined, TO - 5, TO)).toEqual({
    derivedFrom: ['a@1:b'],
    ...owner,
    freshnessMs: 5,
    newestEventTime: '2026-01-01T23:59:59.995Z',
  });
});

it('bounds beyond what a date can be end where dates do', () => {
  const evidence = { from: -8.64e15 - 1, to: -8.64e15, events: 0, newestEventTime: null, exact: true };
  expect(written(OUTPUT, evidence, -Infinity, -8.64e15)).toMatchObject({
    window: { from: '-271821-04-20T00:00:00.000Z', to: '-271821-04-20T00:00:00.000Z' },
  });
});
