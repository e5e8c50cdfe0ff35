import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DOUBLE_LENGTH_MAX, writeDouble } from './double-bytes.js';
import { JsonBytes } from './json-bytes.js';
import { floatJson } from './value-json.js';

const bytes = Buffer.alloc(DOUBLE_LENGTH_MAX);
const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** The text of a double, or undefined where `String` has to be asked. */
function written(value: number): string | undefined {
  const end = writeDouble(bytes, view, 0, value);
  return end < 0 ? undefined : bytes.toString('latin1', 0, end);
}

/** The double that lies so many steps further from zero. */
function steps(value: number, count: number): number {
  const double = new DataView(new ArrayBuffer(8));
  double.setFloat64(0, value);
  double.setBigInt64(0, double.getBigInt64(0) + BigInt(count));
  return double.getFloat64(0);
}

const decimal = fc
  .tuple(fc.integer({ min: 1, max: 10 ** 15 }), fc.integer({ min: 0, max: 19 }))
  .map(([digits, shift]) => digits / 10 ** shift);
/** Where shortest digits are decided: at decimals of any length, halves between them, and the doubles beside. */
const decisive = fc
  .tuple(fc.oneof(decimal, fc.double({ min: 1e-5, max: 1e15, noNaN: true })), fc.integer({ min: -3, max: 3 }))
  .map(([value, count]) => steps(value, count));
const any = fc.double({ noNaN: true, noDefaultInfinity: true });

it('writes the digits of String(x), or none', () => {
  fc.assert(
    fc.property(fc.oneof(decisive, any), fc.boolean(), (size, isNegative) => {
      const value = isNegative ? -size : size;
      expect(written(value) ?? floatJson(value)).toBe(floatJson(value));
    }),
    { numRuns: 20_000 },
  );
});

it('writes every decimal of four digits and its neighbours as String does', () => {
  const wrong: number[] = [];
  for (let shift = 0; shift <= 9; shift++) {
    for (let number = 1; number < 10_000; number++) {
      for (const value of [-1, 0, 1].map((count) => steps(number / 10 ** shift, count)))
        if ((written(value) ?? floatJson(value)) !== floatJson(value)) wrong.push(value);
    }
  }
  expect(wrong).toEqual([]);
});

it('asks String for hardly any sum', () => {
  const asked = Array.from({ length: 10_000 }, (_, i) => Math.sqrt(i + 2) * 1_000).filter(
    (value) => !Number.isInteger(value) && written(value) === undefined,
  );
  expect(asked.length).toBeLessThan(10);
});

it('is asked first by those who write answers', () => {
  const out = new JsonBytes();
  fc.assert(
    fc.property(fc.array(fc.oneof(decisive, any)), (doubles) => {
      out.begin();
      for (const each of doubles) out.float(each);
      expect(out.written.toString('latin1')).toBe(doubles.map(floatJson).join(''));
    }),
  );
});
