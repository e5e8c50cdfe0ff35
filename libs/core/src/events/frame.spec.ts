import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Column } from './columns.js';
import { CorruptFrameError, valueAt, type FrameLayout } from './frame.js';
import { decodeFrame } from './frame-decoder.js';
import { encodeFrame } from './frame-encoder.js';

const layout: FrameLayout = {
  source: 'departures',
  route: 'airport(origin)',
  columns: [
    { name: 'delay', type: 'int' },
    { name: 'ratio', type: 'float' },
    { name: 'late', type: 'bool' },
    { name: 'origin', type: 'string' },
    { name: 'tags', type: 'list' },
  ],
};

interface Row {
  id: string;
  time: number;
  delay: number | bigint | null;
  ratio: number | null;
  late: boolean | null;
  origin: string | null;
  tags: string[] | null;
}

const text = fc.string({ unit: 'binary' }).filter((value) => value.isWellFormed());
const nullable = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) });
const rows: fc.Arbitrary<Row[]> = fc.array(
  fc.record({
    id: fc.oneof(fc.constantFrom('ATL', 'ORD'), text),
    time: fc.integer({ min: 0, max: 4e12 }),
    delay: nullable(
      fc.oneof(fc.integer({ min: -60, max: 300 }), fc.maxSafeInteger(), fc.bigInt(2n ** 53n, 2n ** 63n - 1n)),
    ),
    ratio: nullable(fc.oneof(fc.double({ noNaN: true }), fc.constant(-0))),
    late: nullable(fc.boolean()),
    origin: nullable(text),
    tags: nullable(fc.array(text, { maxLength: 3 })),
  }),
  { minLength: 1, maxLength: 40 },
);

function numbers(values: (number | bigint | boolean | null)[]): Column {
  const wide = new Map<number, bigint>();
  values.forEach((value, row) => typeof value === 'bigint' && wide.set(row, value));
  const column = Float64Array.from(values, (value) => (value === null ? NaN : Number(value)));
  return wide.size > 0 ? { kind: 'number', values: column, wide } : { kind: 'number', values: column };
}

function encode(events: Row[], selected: number[]): Buffer {
  return encodeFrame(layout, {
    rows: selected,
    entityIds: selected.map((row) => (events[row] as Row).id),
    eventTime: events.map((event) => event.time),
    columns: [
      numbers(events.map((event) => event.delay)),
      numbers(events.map((event) => event.ratio)),
      numbers(events.map((event) => event.late)),
      { kind: 'string', values: events.map((event) => event.origin) },
      { kind: 'list', values: events.map((event) => event.tags) },
    ],
  });
}

describe('a frame', () => {
  it('is whole whichever of its parts is the first beyond the memory of the encoder', () => {
    const rest = { delay: 5, ratio: 0.5, late: true, tags: ['a'] };
    const encodeWith = (origin: string): Buffer => encode([{ ...rest, id: 'ATL', time: 7, origin }], [0]);
    const short = encodeWith('').length;
    const BEHIND_ORIGIN = 43;
    // The memory is 64 KiB and doubles; each time another byte behind the long text is the first beyond it.
    [0, 4, 10, 14, 18, 24, 33].forEach((part, doubled) => {
      const origin = 'x'.repeat(64 * 1024 * 2 ** doubled - short + BEHIND_ORIGIN - part);
      expect(decodeFrame(encodeWith(origin)).row(0)).toEqual({ ...rest, origin });
    });
  });

  it('gives back every selected event, to the last bit', () => {
    fc.assert(
      fc.property(rows, fc.func(fc.boolean()), (events, keep) => {
        const selected = events.map((_, row) => row).filter((row) => keep(row));
        const frame = decodeFrame(encode(events, selected));
        expect(frame.size).toBe(selected.length);
        expect(new Set(frame.entityIds).size).toBe(frame.entityIds.length);
        selected.forEach((row, i) => {
          const event = events[row] as Row;
          expect(frame.entityIds[frame.entityOf[i] as number]).toBe(event.id);
          expect(frame.eventTime[i]).toBe(event.time);
          for (const { name, type } of layout.columns) {
            const value = valueAt(frame.column(name) as Column, type, i);
            expect(value).toStrictEqual(event[name as keyof Row]);
          }
        });
      }),
      { numRuns: 500 },
    );
  });

  it('takes a column of nothing but infinite values for no column of nulls', () => {
    const event = { id: 'a', time: 1, delay: 1, ratio: Infinity, late: null, origin: null, tags: null };
    expect(decodeFrame(encode([event], [0])).column('ratio')).toMatchObject(numbers([Infinity]));
  });

  it('names its source and its route', () => {
    const frame = decodeFrame(
      encode([{ id: 'a', time: 1, delay: 1, ratio: 1, late: true, origin: 'x', tags: [] }], [0]),
    );
    expect([frame.source, frame.route]).toEqual(['departures', 'airport(origin)']);
    expect(frame.row(0)).toEqual({ delay: 1, ratio: 1, late: true, origin: 'x', tags: [] });
  });

  it('carries the trace of its request', () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const rowsOf = { rows: [], entityIds: [], eventTime: [] };
    const texts = layout.columns.map(({ type }): Column =>
      type === 'string' || type === 'list' ? { kind: 'string', values: [] } : numbers([]),
    );
    const traced = encodeFrame(layout, { ...rowsOf, columns: texts, traceparent });
    expect(decodeFrame(traced).traceparent).toBe(traceparent);
    expect(decodeFrame(encodeFrame(layout, { ...rowsOf, columns: texts })).traceparent).toBeUndefined();
  });

  it('is refused when it was cut at any byte', () => {
    const whole = encode(
      [{ id: 'a', time: 1, delay: 1, ratio: 0.5, late: true, origin: 'x', tags: ['y'] }],
      [0],
    );
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeFrame(whole.subarray(0, length))).toThrow(CorruptFrameError);
    }
    expect(() => decodeFrame(Buffer.concat([whole, Buffer.from([0])]))).toThrow(CorruptFrameError);
  });

  it('takes a byte for a small integer and none for a column of nulls', () => {
    const event = { id: 'a', time: 1, delay: 1, ratio: null, late: null, origin: null, tags: null };
    const one = encode([event], [0]).length;
    const many = encode(
      Array.from({ length: 101 }, () => event),
      Array.from({ length: 101 }, (_, i) => i),
    ).length;
    // Entity, time and delay: one byte each.
    expect(many - one).toBe(300);
  });
});
