import { describe, expect, it } from 'vitest';
import { floatJson, intJson, valueWriterOf } from './value-json.js';

describe('values as JSON', () => {
  it('integers beyond 2^53 keep every digit', () => {
    expect(intJson(9_007_199_254_740_993n)).toBe('9007199254740993');
    expect(intJson(-(2n ** 63n))).toBe('-9223372036854775808');
  });

  it('an integer is never written in exponent form', () => {
    expect(intJson(1e21)).toBe('1000000000000000000000');
    expect(intJson(-0)).toBe('0');
  });

  it('a float is recognizable as one, whatever its value', () => {
    expect(floatJson(3)).toBe('3.0');
    expect(floatJson(-0)).toBe('-0.0');
    expect(floatJson(0.1)).toBe('0.1');
    expect(floatJson(1e21)).toBe('1e+21');
    expect(floatJson(5e-324)).toBe('5e-324');
  });

  it('NaN and the infinities are null', () => {
    expect(floatJson(NaN)).toBe('null');
    expect(floatJson(-Infinity)).toBe('null');
    expect(intJson(Infinity)).toBe('null');
  });

  it('every finite double survives the way to a parser and back', () => {
    for (const value of [Math.PI, 1 / 3, Number.MAX_VALUE, Number.MIN_VALUE, -123456.789, 2 ** 53]) {
      expect(JSON.parse(floatJson(value))).toBe(value);
    }
  });

  it('timestamps are RFC 3339 in UTC', () => {
    expect(valueWriterOf('timestamp')(0)).toBe('"1970-01-01T00:00:00.000Z"');
  });

  it('booleans come from 0 and 1 as from booleans', () => {
    const write = valueWriterOf('bool');
    expect([write(1), write(0), write(true), write(null)]).toEqual(['true', 'false', 'true', 'null']);
  });

  it('lists and maps write their elements by type', () => {
    expect(valueWriterOf('float')([1, 2.5, null])).toBe('[1.0,2.5,null]');
    expect(
      valueWriterOf('int')({
        map: [
          ['a "b"', 1],
          ['__proto__', 2n],
        ],
      }),
    ).toBe('{"a \\"b\\"":1,"__proto__":2}');
    expect(valueWriterOf('string')(['x', '\ud800'])).toBe(String.raw`["x","\ud800"]`);
  });
});
