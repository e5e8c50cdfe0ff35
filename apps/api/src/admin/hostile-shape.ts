import { MillraceError } from '@millrace/core';

/** Definitions nest a dozen levels at most; deeper values would only overflow the stacks of what reads them. */
const DEPTH_MAX = 64;
/** What every object inherits, and a library calls where it looks at a value: `toString`, `constructor`, `__proto__`. */
const FORBIDDEN_MEMBERS: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  'prototype',
]);

/** @throws MillraceError BAD_REQUEST. Level by level, not by recursion: the body may be nested without end. */
export function refuseHostileShape(body: object): void {
  let level: object[] = [body];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > DEPTH_MAX) {
      throw new MillraceError('BAD_REQUEST', `the body is nested more than ${DEPTH_MAX} levels deep`);
    }
    const next: object[] = [];
    for (const value of level) {
      for (const member of Object.keys(value)) {
        if (FORBIDDEN_MEMBERS.has(member) && !Array.isArray(value)) {
          throw new MillraceError('BAD_REQUEST', `a member called ${member} is not allowed`, { member });
        }
        const inner: unknown = (value as Record<string, unknown>)[member];
        if (typeof inner === 'object' && inner !== null) next.push(inner);
      }
    }
    level = next;
  }
}
