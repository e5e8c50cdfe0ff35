import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { MillraceError } from '@millrace/core';
import { refuseHostileShape } from './hostile-shape.js';

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
