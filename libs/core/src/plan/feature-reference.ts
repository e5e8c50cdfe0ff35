/** `group`, `group@version`, `group:feature`, `group@version:feature`, as services and derived groups write it. */
export interface FeatureReference {
  readonly group: string;
  /** Absent: the newest. */
  readonly version?: number;
  /** Absent: all features of the group. */
  readonly feature?: string;
}

const REFERENCE = /^([A-Za-z_][A-Za-z0-9_]*)(?:@([1-9]\d{0,8}))?(?::([A-Za-z_][A-Za-z0-9_]*))?$/;

export function parseFeatureReference(text: string): FeatureReference | undefined {
  const match = REFERENCE.exec(text);
  if (!match) return undefined;
  const [, group, version, feature] = match;
  return {
    group: group as string,
    ...(version !== undefined && { version: Number(version) }),
    ...(feature !== undefined && { feature }),
  };
}
