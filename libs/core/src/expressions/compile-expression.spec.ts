import { describe, expect, it } from 'vitest';
import { convert, expressionTypeOf, NULL_CODE } from './code.js';
import type { Code, ListType } from './code.js';
import { compileExpression, EXPRESSION_LIMITS } from './compile-expression.js';
import { ExpressionError } from './expression-error.js';
import { valueRun } from './lists.js';
import type { Scope } from './scope.js';

/** A scope of constants that are not folded: what an expression makes of one row of these values. */
function scopeOf(values: Record<string, unknown>): Scope {
  return {
    names: Object.keys(values),
    variable: (name) => (name in values ? variableCode(values[name]) : undefined),
  };
}

function variableCode(value: unknown): Code {
  if (typeof value === 'string') return { kind: 'string', type: 'string', run: () => value, constant: false };
  if (Array.isArray(value)) {
    const type: ListType = typeof value[0] === 'string' ? 'string_list' : 'float_list';
    return { kind: 'list', type, run: () => value, constant: false };
  }
  if (value instanceof Date) return number('timestamp', value.getTime());
  if (typeof value === 'boolean') return number('bool', value ? 1 : 0);
  if (typeof value === 'number') return number(Number.isInteger(value) ? 'int' : 'float', value);
  return { ...convert(NULL_CODE, expressionTypeOf('float')), constant: false } as Code;
}

const number = (type: 'int' | 'float' | 'bool' | 'timestamp', value: number): Code => ({
  kind: 'number',
  type,
  run: () => value,
  constant: false,
});

const evaluate = (text: string, values: Record<string, unknown> = {}): unknown =>
  valueRun(compileExpression(text, scopeOf(values)))(0);

const typeOf = (text: string, values: Record<string, unknown> = {}): string =>
  compileExpression(text, scopeOf(values)).type;

function refusal(text: string, values: Record<string, unknown> = {}): ExpressionError {
  try {
    compileExpression(text, scopeOf(values));
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`"${text}" was not refused`);
}

const nothing = null;

describe('an expression', () => {
  it.each<[string, unknown]>([
    ['1 + 2 * 3', 7],
    ['7 / 2', 3.5],
    ['7 % 4', 3],
    ['-(2.5)', -2.5],
    ['1 / 0', null],
    ['0 / 0', null],
    ['"a" + "b" == "ab"', true],
    ['"a" < "b" && !("b" < "a")', true],
    ['2 in [1, 2, 3]', true],
    ['"x" in ["a", "b"]', false],
    ['true ? 1 : 2.5', 1],
    ['[1, 2, 3][1]', 2],
    ['[1, 2, 3][7]', null],
    ['size([1, 2]) + size("a😀")', 4],
    ['[1, 2, 3].filter(x, x > 1).map(x, x * 10)[0]', 20],
    ['[1, 2, 3].exists(x, x == 2) && [1, 2].all(x, x > 0)', true],
    ['[1, 1].exists_one(x, x == 1)', false],
    ['timestamp("2001-01-14T21:55:00Z") - timestamp("2001-01-14T21:00:00Z") > duration("50m")', true],
    ['seconds(duration("1h30m"))', 5400],
    ['timestamp("2001-01-14T21:55:00Z").getDayOfWeek()', 0],
    ['string(12) + string(true)', '12true'],
  ])('%s gives %s', (text, expected) => {
    expect(evaluate(text)).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ['x + 1', null],
    ['x > 1', null],
    ['x == 1', null],
    ['x == null', true],
    ['x != null', false],
    ['has(x)', false],
    ['x > 1 && false', false],
    ['x > 1 || true', true],
    ['x > 1 || false', null],
    ['x > 1 ? 1 : 2', null],
    ['coalesce(x, 5)', 5],
    ['max(x, 1)', null],
    ['abs(x)', null],
    ['true ? null : 3', null],
    ['!(x > 1)', null],
  ])('treats a null x by the rules: %s gives %s', (text, expected) => {
    expect(evaluate(text, { x: nothing })).toEqual(expected);
  });

  it.each<[string, string]>([
    ['a + 1', 'int'],
    ['a + 1.0', 'float'],
    ['a / 2', 'float'],
    ['a > 1 ? 1 : 0', 'int'],
    ['a > 1 ? 1 : 0.5', 'float'],
    ['clip(a, 0, 1)', 'int'],
    ['clip(a, 0.0, 1.0)', 'float'],
    ['a > 1', 'bool'],
    ['string(a)', 'string'],
    ['["a"].map(s, size(s))', 'int_list'],
    ['coalesce(null, a)', 'int'],
  ])('infers the type of %s: %s', (text, type) => {
    expect(typeOf(text, { a: 3 })).toBe(type);
  });

  it.each<[string, number]>([
    ['clip(12 / 30.0, 0.0, 1.0)', 0.4],
    ['round(2.5) + round(-2.5)', 0],
    ['log(exp(2.0))', 2],
    ['sqrt(9)', 3],
    ['pow(2, 10)', 1024],
    ['dot([1, 2], [3, 4])', 11],
    ['cosine_similarity([1.0, 0.0], [1.0, 1.0])', Math.SQRT1_2],
    ['norm([3, 4])', 5],
    ['euclidean_distance([0, 0], [3, 4])', 5],
    // A quarter of the circumference, from the equator to the pole.
    ['haversine_km(0, 0, 90, 0)', (6371.0088 * Math.PI) / 2],
    ['haversine_km(33.9425, -118.4081, 40.6398, -73.7789)', 3974.2],
  ])('computes %s', (text, expected) => {
    expect(evaluate(text)).toBeCloseTo(expected, 1);
  });

  it.each<[string, string]>([
    [
      'matches(s, "a+")',
      'matches() cannot be used: a regular expression may take unbounded time; use contains, startsWith or endsWith',
    ],
    [
      's.matches("a+")',
      'matches() cannot be used: a regular expression may take unbounded time; use contains, startsWith or endsWith',
    ],
    ['a + s', "'+' is not defined for int and string"],
    ['a && true', "'&&' needs bool, got int"],
    ['dely > 1', 'there is no field or column "dely"'],
    ['sqr(a)', 'there is no function "sqr"'],
    ['sqrt(s)', 'sqrt(string) is not defined; there is sqrt(number): float'],
    ['a >', 'the expression ends too early'],
    ['a > 1 ? 1 : "x"', "both sides of ':' must have one type, got int and string"],
    ['[[1].map(x, [1].map(y, y))]', 'map cannot stand inside another macro'],
    ['timestamp("yesterday")', 'timestamp: cannot read "yesterday" as an RFC 3339 instant'],
    ['{"a": 1}', 'a map cannot be used in an expression'],
    ['-true', "'-' is not defined for bool"],
  ])('is refused: %s', (text, message) => {
    expect(refusal(text, { a: 1, s: 'x', delay: 1 }).message).toBe(message);
  });

  it('points at the near name when a name looks like a slip', () => {
    const error = refusal('distance > 0 && dealy > 1', { delay: 1, distance: 1 });
    expect(error.details.didYouMean).toBe('delay');
    expect(error.range).toMatchObject({ start: 16, end: 21 });
    expect(refusal('haversin_km(1, 2, 3, 4)').details.didYouMean).toBe('haversine_km');
  });

  it('is refused when it is longer, bigger or deeper than the limits', () => {
    expect(refusal(`"${'a'.repeat(EXPRESSION_LIMITS.characters)}" == ""`).message).toMatch(
      /allowed are 4096/,
    );
    expect(refusal(Array.from({ length: 600 }, () => '1').join('+')).message).toMatch(/maxAstNodes/);
    expect(refusal('('.repeat(60) + '1' + ')'.repeat(60)).message).toMatch(/maxDepth/);
  });
});
