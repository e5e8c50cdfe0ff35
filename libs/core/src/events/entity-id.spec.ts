import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entityIdOf, entityKeysOf, partitionOf } from './entity-id.js';

describe('an entity id', () => {
  it('of one join key is its value', () => {
    expect(entityIdOf(['a|b'])).toBe('a|b');
  });

  it('of several join keys keeps apart what only looks alike', () => {
    expect(entityIdOf(['a|b', 'c'])).not.toBe(entityIdOf(['a', 'b|c']));
  });

  it('gives its join keys back', () => {
    const value = fc.string({ unit: fc.constantFrom('a', '|', '\\', 'é') });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), (values) => {
        expect(entityKeysOf(entityIdOf(values), values.length)).toEqual(values);
      }),
    );
  });

  it('always hashes to the same partition (the stored layout depends on it)', () => {
    expect(['ATL', 'ORD', 'c1', 'c2', ''].map((id) => partitionOf(id, 16))).toMatchInlineSnapshot(`
      [
        13,
        1,
        14,
        6,
        11,
      ]
    `);
  });

  it('spreads short similar ids evenly', () => {
    const counts = new Array<number>(16).fill(0);
    for (let i = 0; i < 16_000; i++) {
      const partition = partitionOf(`c${i}`, 16);
      counts[partition] = (counts[partition] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1_150);
  });
});
