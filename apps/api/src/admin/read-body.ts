import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { MillraceError } from '@millrace/core';

/** Reads a body into its form. @throws MillraceError BAD_REQUEST that names every member that is wrong. */
export function readBody<T extends object>(form: new () => T, body: unknown): T {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new MillraceError('BAD_REQUEST', 'the body must be a JSON object');
  refuseHostileShape(body);
  const value = plainToInstance(form, body);
  const errors = validateSync(value, { whitelist: true, forbidNonWhitelisted: true });
  if (errors.length === 0) return value;
  const messages = errors.flatMap((error) => Object.values(error.constraints ?? {}));
  throw new MillraceError('BAD_REQUEST', messages.join('; '), {
    members: errors.map((error) => error.property),
  });
}

/** Definitions nest a dozen levels at most; deeper values would only overflow the stacks of what reads them. */
const DEPTH_MAX = 64;
/** Names that reach a prototype where a library copies members: class-transformer reads `constructor`. */
const FORBIDDEN_MEMBERS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** @throws MillraceError BAD_REQUEST. Level by level, not by recursion: the body may be nested without end. */
function refuseHostileShape(body: object): void {
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
