import { expect, it } from 'vitest';
import fc from 'fast-check';
import { INSTANT_LENGTH, instantText, isUsualInstant, writeInstant } from './instant-text.js';

it('writes every instant as Date.toISOString does', () => {
  fc.assert(
    fc.property(fc.integer({ min: -8.64e15, max: 8.64e15 }), (instant) => {
      expect(instantText(instant)).toBe(new Date(instant).toISOString());
    }),
  );
  for (const instant of [0, -1, 86_399_999, 86_400_000, 8.64e15, -8.64e15, 253_402_300_800_000]) {
    expect(instantText(instant)).toBe(new Date(instant).toISOString());
  }
});

it('what is no instant has no text', () => {
  for (const value of [NaN, Infinity, -Infinity, 8.64e15 + 1]) expect(instantText(value)).toBeUndefined();
});

it('writes the same into bytes where the year has four digits', () => {
  const bytes = Buffer.alloc(INSTANT_LENGTH + 2, '!');
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const at = fc.integer({ min: 0, max: 253_402_300_799_999 });
  fc.assert(
    fc.property(at, (instant) => {
      expect(isUsualInstant(instant)).toBe(true);
      writeInstant(view, 1, instant);
      expect(bytes.toString('latin1')).toBe(`!${new Date(instant).toISOString()}!`);
    }),
  );
  for (const other of [-1, 253_402_300_800_000, NaN, Infinity, -Infinity])
    expect(isUsualInstant(other)).toBe(false);
});
