import { MillraceError, type DefinitionKind } from '@millrace/core';
import type { StoredDefinition } from './postgres/stored-definition.js';

/** What a caller takes for granted of one definition: `If-Match` and `If-None-Match` of HTTP. */
export interface Precondition {
  readonly kind: DefinitionKind;
  readonly name: string;
  /** The entity tag that it must have; `any`: it must be there; `absent`: it must not. */
  readonly expects: { readonly tag: string } | 'any' | 'absent';
}

/** Changes with every change of the definition, in place or not. */
export function entityTagOf({ version, revision }: Pick<StoredDefinition, 'version' | 'revision'>): string {
  return `"${version}.${revision}"`;
}

/** @throws MillraceError PRECONDITION_FAILED */
export function checkPrecondition(
  { kind, name, expects }: Precondition,
  stored: StoredDefinition | undefined,
): void {
  const fail = (message: string): never => {
    throw new MillraceError('PRECONDITION_FAILED', message, {
      ...(stored && { entityTag: entityTagOf(stored), version: stored.version }),
    });
  };
  if (expects === 'absent') {
    if (stored) fail(`${kind}/${name} is registered already, at version ${stored.version}`);
  } else if (!stored) fail(`${kind}/${name} is not registered`);
  else if (expects !== 'any' && expects.tag !== entityTagOf(stored))
    fail(`${kind}/${name} is ${entityTagOf(stored)} by now, the request expects ${expects.tag}`);
}
