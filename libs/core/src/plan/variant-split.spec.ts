import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VariantSplit } from './variant-split.js';

const IDS = Array.from({ length: 20_000 }, (_, i) => (i % 3 === 0 ? `customer-${i}` : `${i * 7919}`));

const weights = fc
  .array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 6 })
  .filter((all) => all.some((weight) => weight > 0));
const service = fc.string({ minLength: 1, maxLength: 10 });

const splitOf = (name: string, all: readonly number[]): VariantSplit =>
  new VariantSplit(
    name,
    all.map((weight, i) => ({ name: `v${i}`, weight })),
  );

describe('a split of entities over variants', () => {
  it('gives each variant the share of its weight', () => {
    fc.assert(
      fc.property(service, weights, (name, all) => {
        const counts = all.map(() => 0);
        const split = splitOf(name, all);
        for (const id of IDS) counts[split.variantOf(id)] = (counts[split.variantOf(id)] ?? 0) + 1;
        const total = all.reduce((sum, weight) => sum + weight, 0);
        for (const [i, weight] of all.entries()) {
          const share = weight / total;
          // Six standard deviations of a fair draw.
          const off = 6 * Math.sqrt((share * (1 - share)) / IDS.length);
          expect(Math.abs((counts[i] ?? 0) / IDS.length - share)).toBeLessThanOrEqual(off);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('moves entities only to a variant whose weight grows, whatever the weights', () => {
    fc.assert(
      fc.property(service, weights, fc.nat(5), fc.integer({ min: 1, max: 100 }), (name, all, at, more) => {
        const grown = at % all.length;
        const before = splitOf(name, all);
        const after = splitOf(
          name,
          all.map((weight, i) => (i === grown ? weight + more : weight)),
        );
        const strayed = IDS.slice(0, 2_000).filter(
          (id) => ![before.variantOf(id), grown].includes(after.variantOf(id)),
        );
        expect(strayed).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('moves entities only to a variant that is new', () => {
    const before = splitOf('s', [1, 1]);
    const after = splitOf('s', [1, 1, 1]);
    const moved = IDS.filter((id) => before.variantOf(id) !== after.variantOf(id));
    expect(moved.length).toBeGreaterThan(IDS.length / 4);
    expect(new Set(moved.map((id) => after.variantOf(id)))).toEqual(new Set([2]));
  });

  it('stays with the proportions of the weights and with the order of the variants', () => {
    const split = splitOf('s', [90, 10]);
    const scaled = splitOf('s', [9, 1]);
    const turned = new VariantSplit('s', [
      { name: 'v1', weight: 10 },
      { name: 'v0', weight: 90 },
    ]);
    expect(IDS.filter((id) => split.variantOf(id) !== scaled.variantOf(id))).toEqual([]);
    expect(IDS.filter((id) => split.variantOf(id) !== 1 - turned.variantOf(id))).toEqual([]);
  });

  it('is another one for another service', () => {
    const [one, other] = [splitOf('checkout', [1, 1]), splitOf('search', [1, 1])];
    const together = IDS.filter((id) => one.variantOf(id) === other.variantOf(id)).length;
    expect(together / IDS.length).toBeCloseTo(0.5, 1);
  });

  it('keeps entities where earlier releases had them', () => {
    const split = splitOf('fraud_detection', [4, 3, 2]);
    expect(['1', '2', '3', 'ada', 'bob', 'a|b', ''].map((id) => split.variantOf(id))).toEqual([
      0, 0, 1, 0, 1, 1, 1,
    ]);
  });
});
