import type { Definition, Metadata } from '@millrace/core';

/** One definition, and those that it refers to. */
export interface Member<D extends Definition = Definition> {
  /** What YAML would say, as the admin API takes it. */
  readonly definition: D;
  readonly needs: readonly Member[];
}

/** The members of a definition that its builder takes as they are. */
export function metadataOf({ description, owner, tags }: Metadata): Metadata {
  return {
    ...(description !== undefined && { description }),
    ...(owner !== undefined && { owner }),
    ...(tags !== undefined && { tags }),
  };
}
