/**
 * Compiled expressions. An expression becomes a tree of closures over a row number, typed by what they
 * return, so that evaluating a row allocates nothing and boxes nothing.
 *
 * Numbers, truth values (0 and 1), instants and lengths of time (ms) are doubles, and NaN is null: arithmetic
 * then carries nulls by itself. Strings and lists use null.
 */
import type { FeatureType } from '../definitions/definitions.js';

export type NumberType = 'int' | 'float' | 'bool' | 'timestamp' | 'duration';
export type ListType = 'int_list' | 'float_list' | 'string_list' | 'bool_list' | 'bytes';
/** `null` is the type of the literal alone. */
export type ExpressionType = NumberType | ListType | 'string' | 'map' | 'null';

export interface NumberCode {
  readonly kind: 'number';
  readonly type: NumberType;
  readonly run: (row: number) => number;
  readonly constant: boolean;
}

export interface StringCode {
  readonly kind: 'string';
  readonly type: 'string';
  readonly run: (row: number) => string | null;
  readonly constant: boolean;
}

export interface ListCode {
  readonly kind: 'list';
  readonly type: ListType;
  readonly run: (row: number) => readonly unknown[] | null;
  readonly constant: boolean;
}

/** Values per category, read by key: `spend_sum_by_country_24h["DE"]`. */
export interface MapCode {
  readonly kind: 'map';
  readonly type: 'map';
  readonly run: (row: number) => ReadonlyMap<string, number> | null;
  readonly constant: boolean;
}

export interface NullCode {
  readonly kind: 'null';
  readonly type: 'null';
  readonly constant: true;
}

export type Code = NumberCode | StringCode | ListCode | MapCode | NullCode;

export const NULL_CODE: NullCode = { kind: 'null', type: 'null', constant: true };

export function numberCode(
  type: NumberType,
  run: (row: number) => number,
  operands: readonly Code[],
): NumberCode {
  const code = { kind: 'number', type, run, constant: operands.every(isConstant) } as const;
  return code.constant ? constantNumber(type, run(0)) : code;
}

export function stringCode(run: (row: number) => string | null, operands: readonly Code[]): StringCode {
  const code = { kind: 'string', type: 'string', run, constant: operands.every(isConstant) } as const;
  return code.constant ? constantString(run(0)) : code;
}

export function listCode(
  type: ListType,
  run: (row: number) => readonly unknown[] | null,
  operands: readonly Code[],
): ListCode {
  const code = { kind: 'list', type, run, constant: operands.every(isConstant) } as const;
  if (!code.constant) return code;
  const value = run(0);
  return { ...code, run: () => value };
}

export function constantNumber(type: NumberType, value: number): NumberCode {
  return { kind: 'number', type, run: () => value, constant: true };
}

export function constantString(value: string | null): StringCode {
  return { kind: 'string', type: 'string', run: () => value, constant: true };
}

const isConstant = (code: Code): boolean => code.constant;

const EXPRESSION_TYPE: Record<FeatureType, ExpressionType> = {
  int: 'int',
  float: 'float',
  bool: 'bool',
  timestamp: 'timestamp',
  string: 'string',
  bytes: 'bytes',
  int_list: 'int_list',
  float_list: 'float_list',
  string_list: 'string_list',
  embedding: 'float_list',
};

/** The type that a field or feature has inside an expression. */
export const expressionTypeOf = (type: FeatureType): ExpressionType => EXPRESSION_TYPE[type];

export const isNumeric = (type: ExpressionType): boolean => type === 'int' || type === 'float';

/** The type that holds both, or undefined where there is none: `int` and `float` meet in `float`. */
export function commonType(left: ExpressionType, right: ExpressionType): ExpressionType | undefined {
  if (left === right || right === 'null') return left;
  if (left === 'null') return right;
  return isNumeric(left) && isNumeric(right) ? 'float' : undefined;
}

/** The same expression under another numeric type, or a typed null in place of the literal `null`. */
export function convert(code: Code, type: ExpressionType): Code {
  if (code.type === type) return code;
  if (code.kind === 'number') return { ...code, type: type as NumberType };
  switch (type) {
    case 'string':
      return constantString(null);
    case 'int_list':
    case 'float_list':
    case 'string_list':
    case 'bool_list':
    case 'bytes':
      return { kind: 'list', type, run: () => null, constant: true };
    case 'map':
      return { kind: 'map', type, run: () => null, constant: true };
    case 'null':
      return NULL_CODE;
    default:
      return constantNumber(type, Number.NaN);
  }
}
