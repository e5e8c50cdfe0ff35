import type { DefinitionKind } from '@millrace/core';

/** Names one definition. */
export interface Subject {
  readonly kind: DefinitionKind;
  readonly name: string;
}

export const keyOf = ({ kind, name }: Subject): string => `${kind}/${name}`;
