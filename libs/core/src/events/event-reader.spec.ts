import { describe, expect, it } from 'vitest';
import type { EntityPlan, SourcePlan } from '../plan/plan.js';
import { compileEventReader, ENTITY_ID_BYTES_MAX, type EventBatch } from './event-reader.js';
import { valueAt } from './frame.js';

const source: SourcePlan = {
  name: 'departures',
  version: 1,
  type: 'stream',
  fields: [
    { name: 'flight_id', type: 'string' },
    { name: 'departed_at', type: 'timestamp' },
    { name: 'origin', type: 'string' },
    { name: 'delay', type: 'int' },
    { name: 'fare', type: 'float' },
    { name: 'constructor', type: 'bool' },
    { name: 'embedding', type: 'embedding' },
  ],
  timestampField: 'departed_at',
  idField: 'flight_id',
};
const entity: EntityPlan = {
  name: 'airport',
  joinKeys: [{ name: 'airport', type: 'string' }],
  partitions: 4,
};
const reader = compileEventReader(source, [{ id: 'airport(origin)', entity, keyFields: ['origin'] }]);
const LATEST = Date.parse('2001-01-02T00:00:00Z');
const event = { flight_id: 'f1', departed_at: '2001-01-01T00:00:00Z', origin: 'ATL', delay: 5, fare: 1.5 };

function rowOf(batch: EventBatch, row: number): unknown[] {
  return batch.columns().map((column, c) => {
    const spec = reader.layouts[0]?.columns[c];
    return spec && valueAt(column, spec.type, row);
  });
}

describe('a batch of events', () => {
  it('holds accepted events in columns, missing fields as null', () => {
    const batch = reader.begin();
    expect(batch.add({ ...event, delay: null, unknown: 1, embedding: [1, 2] }, LATEST)).toBeUndefined();
    expect(batch.eventIds).toEqual(['f1']);
    expect(batch.entityIds).toEqual([['ATL']]);
    expect(rowOf(batch, 0)).toEqual(['f1', 978307200000, 'ATL', null, 1.5, null, [1, 2]]);
  });

  it('keeps an int64 that no double holds', () => {
    const batch = reader.begin();
    batch.add({ ...event, delay: 9007199254740993n, fare: 9007199254740993n }, LATEST);
    expect(rowOf(batch, 0).slice(3, 5)).toEqual([9007199254740993n, 9007199254740992]);
  });

  it('takes nothing of an event that is rejected', () => {
    const batch = reader.begin();
    batch.add(event, LATEST);
    expect(batch.add({ ...event, flight_id: 'f2', fare: 'x' }, LATEST)?.code).toBe('FIELD_TYPE');
    batch.add({ ...event, flight_id: 'f3' }, LATEST);
    expect(batch.eventIds).toEqual(['f1', 'f3']);
    expect(rowOf(batch, 1)[0]).toBe('f3');
  });

  it.each([
    ['FIELD_TYPE', 'delay: expected int, got "late"', { ...event, delay: 'late' }],
    ['FIELD_TYPE', 'delay: expected int, got 1.5', { ...event, delay: 1.5 }],
    [
      'FIELD_RANGE',
      'delay: 9223372036854775808 is outside the integers of 64 bits',
      { ...event, delay: 2n ** 63n },
    ],
    ['FIELD_RANGE', 'fare: Infinity is outside the doubles of 64 bits', { ...event, fare: Infinity }],
    ['FIELD_TYPE', 'constructor: expected bool, got 1', { ...event, constructor: 1 }],
    ['FIELD_MISSING', 'origin: is required, got null', { ...event, origin: null }],
    ['FIELD_MISSING', 'departed_at: is required, got null', { ...event, departed_at: undefined }],
    [
      'FIELD_TYPE',
      'departed_at: expected an RFC 3339 time with an offset, or integer milliseconds since the epoch, got "2001-02-30T00:00:00Z"',
      { ...event, departed_at: '2001-02-30T00:00:00Z' },
    ],
    [
      'EVENT_TIME_IN_FUTURE',
      'departed_at: 2001-01-02T00:00:00.001Z lies in the future; the latest allowed now is 2001-01-02T00:00:00.000Z',
      { ...event, departed_at: LATEST + 1 },
    ],
    ['FIELD_ENCODING', 'origin: a lone surrogate, which is no character', { ...event, origin: '\ud800' }],
    [
      'FIELD_TOO_LONG',
      'origin: 65537 bytes, at most 65536 are allowed',
      { ...event, origin: 'x'.repeat(65_537) },
    ],
    [
      'KEY_TOO_LONG',
      'origin: an entity id of 1026 bytes, at most 1024 are allowed',
      { ...event, origin: 'é'.repeat(ENTITY_ID_BYTES_MAX / 2 + 1) },
    ],
    ['FIELD_TYPE', 'embedding: expected a list of floats, got null', { ...event, embedding: [1, null] }],
    ['EVENT_NOT_OBJECT', 'expected an object, got a list of 1', [event]],
    ['EVENT_NOT_OBJECT', 'expected an object, got null', null],
  ])('rejects with %s: %s', (code, message, wrong) => {
    const batch = reader.begin();
    expect(batch.add(wrong, LATEST)).toMatchObject({ code, message });
    expect(batch.size).toBe(0);
  });
});
