import type { Definition, DefinitionKind } from '@millrace/core';

/** A definition as it is registered. */
export interface StoredDefinition {
  readonly definition: Definition;
  readonly version: number;
  /** The revision of the registry in which it last changed, also in place. */
  readonly revision: number;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** One version as it was registered. */
export interface StoredVersion {
  readonly definition: Definition;
  readonly version: number;
  readonly createdAt: string;
}

/** An entry of the audit log. */
export interface RegistryChange {
  readonly revision: number;
  readonly at: string;
  readonly by: string;
  readonly action: 'created' | 'changed' | 'removed';
  readonly kind: DefinitionKind;
  readonly name: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly reasons: readonly string[];
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Gives the next page; absent on the last one. */
  readonly next?: string;
}

export interface DefinitionFilter {
  readonly kind: DefinitionKind;
  readonly owner?: string;
  readonly tag?: { readonly name: string; readonly value: string };
  /** Part of the name or of the description, in any case. */
  readonly text?: string;
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string;
}
