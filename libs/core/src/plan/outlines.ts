import type {
  DefinitionKind,
  FeatureType,
  JoinKeyType,
  SourceDefinition,
} from '../definitions/definitions.js';
import { nearestName } from '../nearest-name.js';
import type { FaultSink } from './definition-fault.js';

/** An entity as far as it is known: enough to check those that refer to it. Every EntityPlan is one. */
export interface EntityOutline {
  readonly name: string;
  readonly joinKeys: readonly { readonly name: string; readonly type?: JoinKeyType }[];
  /** There may be join keys that are not listed. */
  readonly isOpen?: boolean;
}

/** A source as far as it is known. Every SourcePlan is one. */
export interface SourceOutline {
  readonly name: string;
  readonly type?: SourceDefinition['type'];
  /** A field without a type is one whose type could not be read. */
  readonly fields: readonly { readonly name: string; readonly type?: FeatureType }[];
  /** There may be fields that are not listed. */
  readonly isOpen?: boolean;
}

/**
 * A definition whose form is wrong, as far as it could be read. To refer to it is no fault, and what refers
 * to it is checked for all that does not depend on the rest: so all faults of a set come in one answer.
 */
export type DefinitionOutline =
  | { readonly kind: 'Entity'; readonly name: string; readonly outline: EntityOutline }
  | { readonly kind: 'Source'; readonly name: string; readonly outline: SourceOutline }
  | { readonly kind: Exclude<DefinitionKind, 'Entity' | 'Source'>; readonly name: string };

/** What can be referred to by name. */
export class Named<Outline extends { readonly name: string }> {
  private readonly known: ReadonlyMap<string, Outline>;

  /**
   * @param kind as messages call it: `source`
   * @param outlines where two have a name, the later one counts
   */
  constructor(
    private readonly kind: string,
    outlines: readonly Outline[],
  ) {
    this.known = new Map(outlines.map((outline) => [outline.name, outline]));
  }

  /** Of a name that looks like a slip, a fault is told, and what it probably meant is gone on with. */
  resolve(name: string, faults: FaultSink): Outline | undefined {
    const found = this.known.get(name);
    if (found !== undefined) return found;
    faults.reportUnknown(this.kind, name, this.known.keys());
    return this.known.get(nearestName(name, this.known.keys()) ?? '');
  }
}
