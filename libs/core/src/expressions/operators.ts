/**
 * The operators. Every operator answers null when an operand is null, with three exceptions that make nulls
 * usable: `&&` and `||` decide where one side decides (false && null is false), and `== null`, `!= null` ask.
 *
 * `/` divides exactly also between integers (`delay / 60` is a float; `int(delay / 60)` truncates), and a
 * division by zero is null: an exception would cost the event, an infinity would poison a sum for ever.
 */
import { commonType, isNumeric, numberCode, stringCode } from './code.js';
import type { Code, NumberCode, NumberType, StringCode } from './code.js';
import { searchSteps, spend } from './steps.js';

/** What an operator makes of its operands; undefined where it is not defined for their types. */
type BinaryOperator = (left: Code, right: Code) => Code | undefined;

export const ARITHMETIC = ['+', '-', '*', '/', '%'] as const;
export const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='] as const;

type Arithmetic = (typeof ARITHMETIC)[number];
type Comparison = (typeof COMPARISONS)[number];

const NUMBER_ARITHMETIC: Record<
  Arithmetic,
  (a: (row: number) => number, b: (row: number) => number) => (row: number) => number
> = {
  '+': (a, b) => (row) => a(row) + b(row),
  '-': (a, b) => (row) => a(row) - b(row),
  '*': (a, b) => (row) => a(row) * b(row),
  '/': (a, b) => (row) => {
    const divisor = b(row);
    return divisor === 0 ? Number.NaN : a(row) / divisor;
  },
  '%': (a, b) => (row) => a(row) % b(row),
};

/** Written so that a null on either side, for which every order is false, falls through to null. */
const NUMBER_COMPARISON: Record<
  Comparison,
  (a: (row: number) => number, b: (row: number) => number) => (row: number) => number
> = {
  '==': (a, b) => (row) => {
    const x = a(row);
    const y = b(row);
    if (x === y) return 1;
    return Number.isNaN(x) || Number.isNaN(y) ? Number.NaN : 0;
  },
  '!=': (a, b) => (row) => {
    const x = a(row);
    const y = b(row);
    if (x === y) return 0;
    return Number.isNaN(x) || Number.isNaN(y) ? Number.NaN : 1;
  },
  '<': (a, b) => (row) => {
    const x = a(row);
    const y = b(row);
    return x < y ? 1 : x >= y ? 0 : Number.NaN;
  },
  '<=': (a, b) => (row) => {
    const x = a(row);
    const y = b(row);
    return x <= y ? 1 : x > y ? 0 : Number.NaN;
  },
  '>': (a, b) => (row) => {
    const x = a(row);
    const y = b(row);
    return x > y ? 1 : x <= y ? 0 : Number.NaN;
  },
  '>=': (a, b) => (row) => {
    const x = a(row);
    const y = b(row);
    return x >= y ? 1 : x < y ? 0 : Number.NaN;
  },
};

const STRING_COMPARISON: Record<Comparison, (x: string, y: string) => boolean> = {
  '==': (x, y) => x === y,
  '!=': (x, y) => x !== y,
  '<': (x, y) => x < y,
  '<=': (x, y) => x <= y,
  '>': (x, y) => x > y,
  '>=': (x, y) => x >= y,
};

/** Which type arithmetic gives: numbers stay numbers, instants and lengths of time follow the calendar. */
function arithmeticType(operator: Arithmetic, left: NumberType, right: NumberType): NumberType | undefined {
  if (isNumeric(left) && isNumeric(right)) {
    if (operator === '/') return 'float';
    return left === 'int' && right === 'int' ? 'int' : 'float';
  }
  if (operator === '-' && left === 'timestamp' && right === 'timestamp') return 'duration';
  if (left === 'timestamp' && right === 'duration') return additive(operator) ? 'timestamp' : undefined;
  if (left === 'duration' && right === 'timestamp') return operator === '+' ? 'timestamp' : undefined;
  if (left === 'duration' && right === 'duration') {
    if (operator === '/') return 'float';
    return additive(operator) ? 'duration' : undefined;
  }
  return undefined;
}

const additive = (operator: Arithmetic): boolean => operator === '+' || operator === '-';

export function arithmetic(operator: Arithmetic): BinaryOperator {
  return (left, right) => {
    if (left.kind === 'number' && right.kind === 'number') {
      const type = arithmeticType(operator, left.type, right.type);
      return type && numberCode(type, NUMBER_ARITHMETIC[operator](left.run, right.run), [left, right]);
    }
    if (operator === '+' && left.kind === 'string' && right.kind === 'string')
      return concatenation(left, right);
    return undefined;
  };
}

function concatenation(left: StringCode, right: StringCode): StringCode {
  const run = (row: number): string | null => {
    const first = left.run(row);
    if (first === null) return null;
    const second = right.run(row);
    if (second === null) return null;
    spend(searchSteps(first) + searchSteps(second));
    return first + second;
  };
  return stringCode(run, [left, right]);
}

export function comparison(operator: Comparison): BinaryOperator {
  return (left, right) => {
    if (left.kind === 'null' || right.kind === 'null') return nullTest(operator, left, right);
    if (left.kind === 'number' && right.kind === 'number') {
      if (commonType(left.type, right.type) === undefined) return undefined;
      if (left.type === 'bool' && operator !== '==' && operator !== '!=') return undefined;
      return numberCode('bool', NUMBER_COMPARISON[operator](left.run, right.run), [left, right]);
    }
    if (left.kind === 'string' && right.kind === 'string') {
      const holds = STRING_COMPARISON[operator];
      const run = (row: number): number => {
        const first = left.run(row);
        if (first === null) return Number.NaN;
        const second = right.run(row);
        if (second === null) return Number.NaN;
        spend(Math.min(searchSteps(first), searchSteps(second)));
        return holds(first, second) ? 1 : 0;
      };
      return numberCode('bool', run, [left, right]);
    }
    return undefined;
  };
}

function nullTest(operator: Comparison, left: Code, right: Code): Code | undefined {
  const asked = left.kind === 'null' ? right : left;
  if (operator === '==') return isNull(asked);
  if (operator === '!=') return not(isNull(asked));
  return undefined;
}

/** 1 where the operand is null, else 0; never null itself. */
export function isNull(code: Code): NumberCode {
  if (code.kind === 'null') return numberCode('bool', () => 1, []);
  if (code.kind === 'number') {
    const { run } = code;
    return numberCode('bool', (row) => (Number.isNaN(run(row)) ? 1 : 0), [code]);
  }
  const { run } = code;
  return numberCode('bool', (row) => (run(row) === null ? 1 : 0), [code]);
}

export function not(code: NumberCode): NumberCode {
  return numberCode('bool', (row) => 1 - code.run(row), [code]);
}

export function and(left: NumberCode, right: NumberCode): NumberCode {
  const run = (row: number): number => {
    const first = left.run(row);
    if (first === 0) return 0;
    const second = right.run(row);
    return second === 0 ? 0 : first * second;
  };
  return numberCode('bool', run, [left, right]);
}

export function or(left: NumberCode, right: NumberCode): NumberCode {
  const run = (row: number): number => {
    const first = left.run(row);
    if (first === 1) return 1;
    const second = right.run(row);
    return second === 1 ? 1 : first + second;
  };
  return numberCode('bool', run, [left, right]);
}

/** `x in list`: whether an equal element is there. Numbers are compared as numbers, whatever their type. */
export function membership(left: Code, right: Code): NumberCode | undefined {
  if (right.kind !== 'list' || right.type === 'bytes') return undefined;
  if (right.type === 'string_list') return left.kind === 'string' ? stringMembership(left, right) : undefined;
  if (left.kind !== 'number') return undefined;
  if (right.type === 'bool_list' ? left.type !== 'bool' : !isNumeric(left.type)) return undefined;
  const run = (row: number): number => {
    const value = left.run(row);
    const list = right.run(row);
    if (Number.isNaN(value) || list === null) return Number.NaN;
    spend(list.length);
    return list.includes(value) ? 1 : 0;
  };
  return numberCode('bool', run, [left, right]);
}

function stringMembership(left: StringCode, right: Code & { kind: 'list' }): NumberCode {
  const literal = right.constant ? new Set(right.run(0)) : undefined;
  const run = (row: number): number => {
    const value = left.run(row);
    if (value === null) return Number.NaN;
    if (literal) return literal.has(value) ? 1 : 0;
    const list = right.run(row);
    if (list === null) return Number.NaN;
    spend(list.length * (1 + searchSteps(value)));
    return list.includes(value) ? 1 : 0;
  };
  return numberCode('bool', run, [left, right]);
}
