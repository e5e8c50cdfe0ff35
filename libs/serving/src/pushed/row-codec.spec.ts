import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { FeatureValue } from '@millrace/core';
import { CorruptRowError, decodeRow, encodeRow, eventTimeOf } from './row-codec.js';

const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
  fc.string({ unit: 'grapheme' }),
);
const value: fc.Arbitrary<FeatureValue> = fc.oneof(
  scalar,
  fc.array(scalar),
  fc.array(fc.float({ noNaN: true })),
);

describe('packed rows of pushed groups', () => {
  it('every row reads back as it was written', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(value), (eventTime, values) => {
        const bytes = encodeRow({ eventTime, values });
        expect(decodeRow(bytes)).toEqual({ eventTime, values });
        expect(eventTimeOf(bytes)).toBe(eventTime);
      }),
    );
  });

  it('an embedding whose numbers have 32 bits takes 4 bytes a number', () => {
    const embedding = Array.from({ length: 384 }, (_, i) => Math.fround(i / 7));
    expect(encodeRow({ eventTime: 0, values: [embedding] }).length).toBeLessThan(384 * 4 + 16);
  });

  it('damaged bytes are refused, never read as something else', () => {
    const bytes = encodeRow({ eventTime: 1, values: ['text', 7, [1.5, 2.5], null] });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeRow(bytes.subarray(0, length))).toThrow(CorruptRowError);
    }
    expect(() => decodeRow(Buffer.concat([bytes, Buffer.from([0])]))).toThrow(CorruptRowError);
  });
});
