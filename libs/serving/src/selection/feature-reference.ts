import { MillraceError } from '@millrace/core';

/** `group`, `group@2`, `group:feature`, `group@2:feature`; also Feast's `group@v2:feature`, `group@latest`. */
export interface FeatureReference {
  readonly group: string;
  /** Absent: the newest. */
  readonly version?: number;
  /** Absent: every feature of the group. */
  readonly feature?: string;
}

const REFERENCE = /^([^@:]+)(?:@(?:v?(\d{1,9})|latest))?(?::(.+))?$/;

/** @throws MillraceError BAD_REQUEST for any other text. */
export function parseFeatureReference(text: string): FeatureReference {
  const match = REFERENCE.exec(text);
  if (!match) {
    throw new MillraceError(
      'BAD_REQUEST',
      `features: ${JSON.stringify(text)} is no feature reference; write group:feature, group@version:feature or group`,
      { feature: text },
    );
  }
  const [, group = '', version, feature] = match;
  return {
    group,
    ...(version === undefined ? {} : { version: Number(version) }),
    ...(feature === undefined ? {} : { feature }),
  };
}
