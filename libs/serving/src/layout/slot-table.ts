import { stateField } from '@millrace/redis';
import type { WantedFeature } from '../groups/group-reader.js';
import type { SelectedFeature } from '../selection/selection.js';

export type FeatureKey = Pick<SelectedFeature, 'group' | 'version' | 'feature'>;

/**
 * Which slot of a vector holds which feature: first those of the answer, in its order, then those that only
 * derived features read, in the order in which they were asked for.
 */
export class SlotTable {
  private readonly slots = new Map<string, number>();
  private readonly byGroup = new Map<string, { readonly feature: string; readonly slot: number }[]>();

  constructor(outputs: readonly FeatureKey[]) {
    for (const output of outputs) this.slotOf(output);
  }

  get size(): number {
    return this.slots.size;
  }

  /** The slot of a feature; a new one at the end where it has none yet. */
  slotOf(key: FeatureKey): number {
    const field = stateField({ name: key.group, version: key.version });
    const name = `${field}:${key.feature}`;
    const known = this.slots.get(name);
    if (known !== undefined) return known;
    const slot = this.slots.size;
    this.slots.set(name, slot);
    this.byGroup.set(field, [...this.of(field), { feature: key.feature, slot }]);
    return slot;
  }

  /** The features wanted of a group version, with their slots. */
  of(field: string): readonly { readonly feature: string; readonly slot: number }[] {
    return this.byGroup.get(field) ?? [];
  }

  /** The same with features as indices into a group's plan. */
  wantedOf(group: { name: string; version: number; features: readonly { name: string }[] }): WantedFeature[] {
    return this.of(stateField(group)).map(({ feature, slot }) => ({
      feature: group.features.findIndex(({ name }) => name === feature),
      slot,
    }));
  }
}
