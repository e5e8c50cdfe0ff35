import type { FeatureType } from '../definitions/definitions.js';
import type { FaultSink } from './definition-fault.js';
import { parseFeatureReference } from './feature-reference.js';

/** A feature group or derived feature group, as far as services and derived groups see it. */
export interface CatalogGroup {
  readonly name: string;
  readonly version: number;
  readonly features: readonly { readonly name: string; readonly type: FeatureType | 'map' }[];
  /** The entity of a feature group; absent of a derived one, and where the group is faulty. */
  readonly entity?: string;
  /** What a derived group reads. */
  readonly inputs?: readonly GroupVersion[];
  /** It has faults of its own: what it lacks is no fault of those that refer to it. */
  readonly faulty?: boolean;
}

/** Newer than every version. */
const OUTLINE = Number.POSITIVE_INFINITY;

interface GroupVersion {
  readonly group: string;
  readonly version: number;
}

/** A group of which nothing but the name is known: it stands for every version that is not there. */
export const outlineOfGroup = (name: string): CatalogGroup => ({
  name,
  version: OUTLINE,
  features: [],
  faulty: true,
});

/** A resolved reference: the group and those of its features that are meant. */
export interface ResolvedReference {
  readonly group: CatalogGroup;
  readonly features: CatalogGroup['features'];
}

/** The groups that definitions may refer to, by name and version. */
export class GroupCatalog {
  private readonly versions = new Map<string, CatalogGroup[]>();

  /** @param preferred what a reference without a version means, by name; else the newest one. */
  constructor(
    groups: readonly CatalogGroup[],
    private readonly preferred: ReadonlyMap<string, number> = new Map(),
  ) {
    for (const group of groups) this.add(group);
  }

  add(group: CatalogGroup): void {
    const versions = this.versions.get(group.name) ?? [];
    versions.push(group);
    versions.sort((a, b) => b.version - a.version);
    this.versions.set(group.name, versions);
  }

  resolve(text: string, faults: FaultSink): ResolvedReference | undefined {
    const reference = parseFeatureReference(text);
    if (!reference) {
      const allowed = ['group', 'group@version', 'group:feature', 'group@version:feature'];
      faults.report('FORM', `cannot read the reference "${text}"; write ${allowed.join(', ')}`, {
        found: text,
        allowed,
      });
      return undefined;
    }
    const versions = this.versions.get(reference.group);
    if (!versions) {
      faults.reportUnknown('feature group', reference.group, this.versions.keys());
      return undefined;
    }
    const version = reference.version ?? this.preferred.get(reference.group);
    const group =
      version === undefined
        ? versions[0]
        : versions.find((known) => known.version === version || known.version === OUTLINE);
    if (!group) {
      const known = versions.map((candidate) => `${candidate.name}@${candidate.version}`).toReversed();
      faults.report('UNKNOWN_NAME', `there is no version ${version} of "${reference.group}"`, {
        found: text,
        allowed: known,
      });
      return undefined;
    }
    if (reference.feature === undefined) return { group, features: group.features };
    const feature = group.features.find((candidate) => candidate.name === reference.feature);
    if (feature) return { group, features: [feature] };
    if (group.faulty) return { group, features: [] };
    faults.reportUnknown(
      `feature of ${group.name}`,
      reference.feature,
      group.features.map((candidate) => candidate.name),
    );
    return undefined;
  }

  /** The entities that these belong to, those of what derived groups read included; each once. */
  entitiesOf(groups: readonly GroupVersion[]): string[] {
    const found = new Set<string>();
    const seen = new Set<CatalogGroup>();
    const waiting = [...groups];
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { group, version } = next;
      const known = this.versions.get(group)?.find((candidate) => candidate.version === version);
      if (known === undefined || seen.has(known)) continue;
      seen.add(known);
      if (known.entity !== undefined) found.add(known.entity);
      waiting.push(...(known.inputs ?? []));
    }
    return [...found];
  }
}
