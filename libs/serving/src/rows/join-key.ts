import {
  ENTITY_ID_BYTES_MAX,
  MillraceError,
  entityIdOf,
  type EntityPlan,
  type JoinKeyType,
} from '@millrace/core';

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const CANONICAL_INT = /^(?:0|-?[1-9]\d{0,18})$/;

/** One row of a request: join keys by name, and whatever else the caller sent along. */
export type RequestRow = Readonly<Record<string, unknown>>;

/**
 * The canonical text of a join-key value, or undefined where the value is not of the key's type. An int may
 * come as a number, a bigint (what the exact JSON parser makes of numbers beyond 2^53) or canonical digits.
 */
export function joinKeyText(type: JoinKeyType, value: unknown): string | undefined {
  if (type === 'string') {
    // Redis would store a lone surrogate as U+FFFD: another entity's key.
    return typeof value === 'string' && value.isWellFormed() ? value : undefined;
  }
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined;
  if (typeof value === 'string' && CANONICAL_INT.test(value)) return int64Text(BigInt(value));
  return typeof value === 'bigint' ? int64Text(value) : undefined;
}

/** The entity id that a request row names. @throws MillraceError ENTITY_KEY_MISSING, ENTITY_KEY_TYPE. */
export function entityIdOfRow(entity: EntityPlan, row: RequestRow, index: number): string {
  const texts: string[] = [];
  for (const { name, type } of entity.joinKeys) {
    const value = Object.hasOwn(row, name) ? row[name] : undefined;
    if (value === undefined || value === null) throw missingKey(entity, name, index);
    const text = joinKeyText(type, value);
    if (text === undefined) throw wrongKey(entity, name, type, value, index);
    texts.push(text);
  }
  const entityId = entityIdOf(texts);
  // A UTF-16 unit is at most three bytes of UTF-8: only long ids need to be measured.
  if (entityId.length * 3 > ENTITY_ID_BYTES_MAX && Buffer.byteLength(entityId) > ENTITY_ID_BYTES_MAX) {
    throw new MillraceError(
      'ENTITY_KEY_TYPE',
      `entities[${index}]: an id of entity ${entity.name} holds at most ${ENTITY_ID_BYTES_MAX} bytes`,
      { index, entity: entity.name, allowed: ENTITY_ID_BYTES_MAX },
    );
  }
  return entityId;
}

function int64Text(value: bigint): string | undefined {
  return value >= INT64_MIN && value <= INT64_MAX ? String(value) : undefined;
}

function missingKey(entity: EntityPlan, joinKey: string, index: number): MillraceError {
  return new MillraceError(
    'ENTITY_KEY_MISSING',
    `entities[${index}]: join key ${joinKey} of entity ${entity.name} is missing`,
    { index, joinKey, entity: entity.name, joinKeys: entity.joinKeys.map((key) => key.name) },
  );
}

function wrongKey(
  entity: EntityPlan,
  joinKey: string,
  type: JoinKeyType,
  value: unknown,
  index: number,
): MillraceError {
  const allowed = type === 'int' ? 'a 64-bit integer' : 'a well-formed string';
  return new MillraceError(
    'ENTITY_KEY_TYPE',
    `entities[${index}].${joinKey}: expected ${allowed}, got ${shown(value)}`,
    { index, joinKey, entity: entity.name, allowed },
  );
}

/** The offending value, short enough for a message. */
function shown(value: unknown): string {
  if (typeof value === 'bigint') return String(value).slice(0, 40);
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
