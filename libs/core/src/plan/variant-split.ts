import { hash32 } from '../events/entity-id.js';
import type { VariantPlan } from './plan.js';

interface WeighedVariant {
  readonly index: number;
  readonly weight: number;
  readonly seed: number;
}

/**
 * Which variant of a service an entity belongs to: weighted rendezvous hashing (Mosharaf and others, 2014).
 * Every variant draws from (service, variant, entity id) when it would be reached at the rate of its weight;
 * the first one wins. So
 * - the shares of the entities are those of the weights;
 * - an entity stays where it is while the weights stay, whatever process is asked, and whatever else changes;
 * - raising a weight, or adding a variant, moves entities only to that variant; lowering a weight, or removing a
 *   variant, moves only entities of that variant;
 * - two services split the same entities independently.
 *
 * The hashes are part of what is promised (an entity must not move with a release), so they must never change.
 */
export class VariantSplit {
  private readonly variants: readonly WeighedVariant[];

  constructor(service: string, variants: readonly Pick<VariantPlan, 'name' | 'weight'>[]) {
    this.variants = variants
      .map(({ name, weight }, index) => ({ index, weight, seed: hash32(`${service}\n${name}`) }))
      .filter(({ weight }) => weight > 0);
  }

  /** The index of the entity's variant. */
  variantOf(entityId: string): number {
    const id = hash32(entityId);
    let first = -1;
    let earliest = Infinity;
    for (const { index, weight, seed } of this.variants) {
      const time = -Math.log(unitOf(id, seed)) / weight;
      if (time >= earliest) continue;
      earliest = time;
      first = index;
    }
    return first;
  }
}

/** A number within (0, 1), spread evenly over ids for each seed: the finalizer of MurmurHash3 twice. */
function unitOf(id: number, seed: number): number {
  return (mixed(mixed(id ^ seed) + seed) + 0.5) / 2 ** 32;
}

function mixed(hash: number): number {
  let h = hash | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
