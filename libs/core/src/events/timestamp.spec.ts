import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInstant } from './timestamp.js';

describe('an event time', () => {
  it('is an RFC 3339 string or integer milliseconds', () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date('0001-01-01T00:00:00Z'),
          max: new Date('9999-12-31T23:59:59Z'),
          noInvalidDate: true,
        }),
        (date) => {
          expect(parseInstant(date.toISOString())).toBe(date.getTime());
          expect(parseInstant(date.getTime())).toBe(date.getTime());
        },
      ),
    );
    expect(parseInstant('2001-01-02T03:04:05+01:30')).toBe(Date.parse('2001-01-02T01:34:05Z'));
    expect(parseInstant('2001-01-02t03:04:05.123999z')).toBe(Date.parse('2001-01-02T03:04:05.123Z'));
  });

  it.each([
    '2001-02-30T00:00:00Z',
    '2001-01-01T24:00:00Z',
    '2001-01-01T00:00:60Z',
    '2001-13-01T00:00:00Z',
    '2001-01-01',
    '2001-01-01T00:00:00',
    '2001-01-01 00:00',
    'yesterday',
    '',
    '978307200000',
    1.5,
    NaN,
    9e15,
    null,
    true,
    {},
  ])('is not %j', (value) => {
    expect(parseInstant(value)).toBeUndefined();
  });
});
