import { MillraceError } from '@millrace/core';
import type { PushColumns } from '../pushed/read-push.js';

/** `POST /push`. @throws MillraceError FEAST_REQUEST. */
export function readFeastPush(body: unknown): { source: string; columns: PushColumns } {
  const members = membersOf(body);
  const to = members['to'] ?? 'online';
  if (to !== 'online') {
    throw new MillraceError(
      'FEAST_REQUEST',
      `to: expected "online", got ${typeof to === 'bigint' ? String(to) : JSON.stringify(to)}; rows for the offline store are loaded from files`,
    );
  }
  return { source: textOf(members, 'push_source_name'), columns: columnsOf(members) };
}

/** `POST /write-to-online-store`. @throws MillraceError FEAST_REQUEST. */
export function readFeastWrite(body: unknown): { group: string; columns: PushColumns } {
  const members = membersOf(body);
  return { group: textOf(members, 'feature_view_name'), columns: columnsOf(members) };
}

type Members = Readonly<Record<string, unknown>>;

function membersOf(body: unknown): Members {
  if (isObject(body)) return body;
  throw new MillraceError('FEAST_REQUEST', 'the body must be a JSON object');
}

function textOf(members: Members, name: string): string {
  const value = members[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new MillraceError('FEAST_REQUEST', `${name}: expected a text that is not empty`);
}

function columnsOf(members: Members): PushColumns {
  if (isObject(members['df'])) return members['df'];
  throw new MillraceError('FEAST_REQUEST', 'df: expected an object of columns: { "column": [values] }');
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
