/**
 * The functions of expressions, as data: what each takes, what it gives, what it is for. All are pure and take
 * no time that is not an argument (I4). Any argument that is null makes the result null; `coalesce` and `has`,
 * which ask about nulls, are in compile-expression.ts.
 */
import { isNumeric, listCode, numberCode, stringCode } from './code.js';
import type { Code, ExpressionType, ListCode, NumberCode, NumberType, StringCode } from './code.js';
import { RowFault } from './expression-error.js';
import { searchSteps, spend, textSteps } from './steps.js';
import { codePoints, durationMs, parsedNumber, timestampMs } from './texts.js';

/** What a parameter takes: one type, any `number` (int or float), or a list of `numbers`. */
type Parameter = ExpressionType | 'number' | 'numbers' | 'list';

export interface ExpressionFunction {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** As shown in messages and documents; `number` means int where all arguments are int, else float. */
  readonly result: ExpressionType | 'number';
  readonly description: string;
  readonly build: (operands: readonly Code[]) => Code;
}

type Numeric = (...values: number[]) => number;

/** A function from numbers to a number; NaN (null) in gives NaN out without a check, as arithmetic does. */
function numeric(
  name: string,
  parameters: readonly Parameter[],
  result: NumberType | 'number',
  description: string,
  apply: Numeric,
): ExpressionFunction {
  const build = (operands: readonly Code[]): Code => {
    const [a, b, c, d] = operands.map(runOfNumber);
    const type = result === 'number' ? widest(operands) : result;
    if (a && b && c && d) return numberCode(type, (row) => apply(a(row), b(row), c(row), d(row)), operands);
    if (a && b && c) return numberCode(type, (row) => apply(a(row), b(row), c(row)), operands);
    if (a && b) return numberCode(type, (row) => apply(a(row), b(row)), operands);
    if (a) return numberCode(type, (row) => apply(a(row)), operands);
    throw new Error(`${name} takes one to four numbers`);
  };
  return { name, parameters, result, description, build };
}

function widest(operands: readonly Code[]): NumberType {
  return operands.every((operand) => operand.type === 'int') ? 'int' : 'float';
}

function runOfNumber(code: Code): NumberCode['run'] {
  if (code.kind !== 'number') throw new Error(`expected a number, got ${code.type}`);
  return code.run;
}

function runOfString(code: Code | undefined): StringCode['run'] {
  if (code?.kind !== 'string') throw new Error(`expected a string, got ${code?.type}`);
  return code.run;
}

function runOfList(code: Code | undefined): ListCode['run'] {
  if (code?.kind !== 'list') throw new Error(`expected a list, got ${code?.type}`);
  return code.run;
}

function stringTest(
  name: string,
  description: string,
  holds: (text: string, part: string) => boolean,
): ExpressionFunction {
  const build = (operands: readonly Code[]): Code => {
    const text = runOfString(operands[0]);
    const part = runOfString(operands[1]);
    const run = (row: number): number => {
      const whole = text(row);
      if (whole === null) return Number.NaN;
      const sought = part(row);
      if (sought === null) return Number.NaN;
      spend(searchSteps(whole) + searchSteps(sought));
      return holds(whole, sought) ? 1 : 0;
    };
    return numberCode('bool', run, operands);
  };
  return { name, parameters: ['string', 'string'], result: 'bool', description, build };
}

function fromString(
  name: string,
  result: NumberType,
  description: string,
  apply: (text: string) => number,
): ExpressionFunction {
  const build = (operands: readonly Code[]): Code => {
    const text = runOfString(operands[0]);
    const run = (row: number): number => {
      const value = text(row);
      if (value === null) return Number.NaN;
      spend(textSteps(value));
      return apply(value);
    };
    return numberCode(result, run, operands);
  };
  return { name, parameters: ['string'], result, description, build };
}

function stringToString(
  name: string,
  description: string,
  apply: (text: string) => string,
): ExpressionFunction {
  const build = (operands: readonly Code[]): Code => {
    const text = runOfString(operands[0]);
    const run = (row: number): string | null => {
      const value = text(row);
      if (value === null) return null;
      spend(textSteps(value));
      return apply(value);
    };
    return stringCode(run, operands);
  };
  return { name, parameters: ['string'], result: 'string', description, build };
}

function toString(
  parameter: 'number' | 'bool' | 'timestamp',
  description: string,
  apply: (value: number) => string,
): ExpressionFunction {
  const build = (operands: readonly Code[]): Code => {
    const value = operands.map(runOfNumber)[0] as NumberCode['run'];
    const run = (row: number): string | null => {
      const x = value(row);
      return Number.isNaN(x) ? null : apply(x);
    };
    return stringCode(run, operands);
  };
  return { name: 'string', parameters: [parameter], result: 'string', description, build };
}

/** A function of lists of numbers; a list with an element that is no number counts as null. */
function vector(
  name: string,
  lists: 1 | 2,
  description: string,
  apply: (left: readonly number[], right: readonly number[]) => number,
): ExpressionFunction {
  const build = (operands: readonly Code[]): Code => {
    const first = runOfList(operands[0]);
    const second = lists === 2 ? runOfList(operands[1]) : first;
    const run = (row: number): number => {
      const left = first(row);
      const right = second(row);
      spend(((left?.length ?? 0) + (right?.length ?? 0)) << 1);
      if (left === null || right === null || !allNumbers(left) || !allNumbers(right)) return Number.NaN;
      if (left.length !== right.length)
        throw new RowFault(`${name}: the lists have ${left.length} and ${right.length} elements`);
      return apply(left, right);
    };
    return numberCode('float', run, operands);
  };
  const parameters = Array.from({ length: lists }, (): Parameter => 'numbers');
  return { name, parameters, result: 'float', description, build };
}

const allNumbers = (list: readonly unknown[]): list is readonly number[] =>
  list.every((element) => typeof element === 'number');

function dot(left: readonly number[], right: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += (left[i] as number) * (right[i] as number);
  return sum;
}

function euclideanDistance(left: readonly number[], right: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += ((left[i] as number) - (right[i] as number)) ** 2;
  return Math.sqrt(sum);
}

/** The sphere of the mean Earth radius (IUGG R1): within 0.6 % of the ellipsoid. */
const EARTH_RADIUS_KM = 6371.0088;
const RADIANS_PER_DEGREE = Math.PI / 180;

function haversineKm(lat1: number, lon1: number, lat2: number, lon2: number): number {
  const halfLat = ((lat2 - lat1) * RADIANS_PER_DEGREE) / 2;
  const halfLon = ((lon2 - lon1) * RADIANS_PER_DEGREE) / 2;
  const parallels = Math.cos(lat1 * RADIANS_PER_DEGREE) * Math.cos(lat2 * RADIANS_PER_DEGREE);
  const chord = Math.sin(halfLat) ** 2 + parallels * Math.sin(halfLon) ** 2;
  // Rounding may carry opposite points a little over 1, where asin is not defined.
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/** More parts than that take more steps than an event has: they need not be made to know it. */
const SPLIT_PARTS_MAX = 20_000;

/** A part of the instant's date or time in UTC. */
function ofInstant(name: string, description: string, part: (date: Date) => number): ExpressionFunction {
  // One Date for all rows: expressions run on one thread and no part keeps it.
  const date = new Date(0);
  return numeric(name, ['timestamp'], 'int', description, (instant) => {
    date.setTime(instant);
    return part(date);
  });
}

const MS_PER_DAY = 86_400_000;

function dayOfYear(date: Date): number {
  const midnight = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  return (midnight - Date.UTC(date.getUTCFullYear(), 0, 1)) / MS_PER_DAY;
}

/** Half away from zero, as SQL and people round; JavaScript rounds halves up. */
const round = (x: number): number => Math.sign(x) * Math.round(Math.abs(x));

const FUNCTIONS: readonly ExpressionFunction[] = [
  numeric('abs', ['number'], 'number', 'absolute value', (x) => Math.abs(x)),
  numeric('sign', ['number'], 'int', '-1, 0 or 1', (x) => Math.sign(x)),
  numeric('floor', ['number'], 'int', 'greatest integer not above', (x) => Math.floor(x)),
  numeric('ceil', ['number'], 'int', 'least integer not below', (x) => Math.ceil(x)),
  numeric('round', ['number'], 'int', 'nearest integer, halves away from zero', round),
  numeric('sqrt', ['number'], 'float', 'square root; null below zero', (x) => Math.sqrt(x)),
  numeric('exp', ['number'], 'float', 'e to the power', (x) => Math.exp(x)),
  numeric('log', ['number'], 'float', 'natural logarithm; null for zero and below', (x) =>
    x > 0 ? Math.log(x) : Number.NaN,
  ),
  numeric('log1p', ['number'], 'float', 'natural logarithm of 1 + x', (x) =>
    x > -1 ? Math.log1p(x) : Number.NaN,
  ),
  numeric('log2', ['number'], 'float', 'logarithm to base 2', (x) => (x > 0 ? Math.log2(x) : Number.NaN)),
  numeric('log10', ['number'], 'float', 'logarithm to base 10', (x) => (x > 0 ? Math.log10(x) : Number.NaN)),
  numeric('sin', ['number'], 'float', 'sine, in radians', (x) => Math.sin(x)),
  numeric('cos', ['number'], 'float', 'cosine, in radians', (x) => Math.cos(x)),
  numeric('pow', ['number', 'number'], 'float', 'x to the power y', (x, y) => x ** y),
  numeric('min', ['number', 'number'], 'number', 'the lesser', (x, y) => Math.min(x, y)),
  numeric('max', ['number', 'number'], 'number', 'the greater', (x, y) => Math.max(x, y)),
  numeric(
    'clip',
    ['number', 'number', 'number'],
    'number',
    'x, but not below the second and not above the third argument',
    (x, least, most) => Math.min(Math.max(x, least), most),
  ),
  numeric(
    'haversine_km',
    ['number', 'number', 'number', 'number'],
    'float',
    'great-circle distance in km from (lat, lon) to (lat, lon), in degrees',
    haversineKm,
  ),

  numeric('int', ['number'], 'int', 'truncated toward zero', (x) => Math.trunc(x)),
  numeric('int', ['bool'], 'int', '1 or 0', (x) => x),
  numeric('int', ['timestamp'], 'int', 'whole seconds since the epoch', (x) => Math.floor(x / 1000)),
  fromString('int', 'int', 'the number in the text, truncated', (text) =>
    Math.trunc(parsedNumber('int', text)),
  ),
  numeric('double', ['number'], 'float', 'the same number as float', (x) => x),
  numeric('double', ['bool'], 'float', '1.0 or 0.0', (x) => x),
  fromString('double', 'float', 'the number in the text', (text) => parsedNumber('double', text)),
  toString('number', 'the number as text', (x) => String(x)),
  toString('bool', '"true" or "false"', (x) => (x === 1 ? 'true' : 'false')),
  toString('timestamp', 'the instant in RFC 3339, UTC', (x) => new Date(x).toISOString()),

  stringTest('startsWith', 'whether the text begins with the part', (text, part) => text.startsWith(part)),
  stringTest('endsWith', 'whether the text ends with the part', (text, part) => text.endsWith(part)),
  stringTest('contains', 'whether the part is in the text', (text, part) => text.includes(part)),
  stringToString('lower', 'in small letters', (text) => text.toLowerCase()),
  stringToString('upper', 'in capital letters', (text) => text.toUpperCase()),
  stringToString('trim', 'without white space at both ends', (text) => text.trim()),
  fromString('size', 'int', 'number of characters', codePoints),
  {
    name: 'size',
    parameters: ['list'],
    result: 'int',
    description: 'number of elements',
    build: (operands) => {
      const list = runOfList(operands[0]);
      return numberCode('int', (row) => list(row)?.length ?? Number.NaN, operands);
    },
  },
  {
    name: 'split',
    parameters: ['string', 'string'],
    result: 'string_list',
    description: 'the parts of the text between the separators',
    build: (operands) => {
      const text = runOfString(operands[0]);
      const separator = runOfString(operands[1]);
      const run = (row: number): readonly string[] | null => {
        const whole = text(row);
        const between = separator(row);
        if (whole === null || between === null) return null;
        spend(textSteps(whole));
        const parts = whole.split(between, SPLIT_PARTS_MAX + 1);
        spend(parts.length << 2);
        return parts;
      };
      return listCode('string_list', run, operands);
    },
  },

  vector('dot', 2, 'sum of the products of two lists of equal length', dot),
  vector('cosine_similarity', 2, 'cosine of the angle between two lists; null for a zero list', (a, b) => {
    const lengths = Math.sqrt(dot(a, a)) * Math.sqrt(dot(b, b));
    return lengths === 0 ? Number.NaN : dot(a, b) / lengths;
  }),
  vector('euclidean_distance', 2, 'length of the difference of two lists', euclideanDistance),
  vector('norm', 1, 'length of the list as a vector', (a) => Math.sqrt(dot(a, a))),
  vector('sum', 1, 'sum of the elements', (a) => a.reduce((sum, x) => sum + x, 0)),
  vector('mean', 1, 'mean of the elements; null for an empty list', (a) =>
    a.length === 0 ? Number.NaN : a.reduce((sum, x) => sum + x, 0) / a.length,
  ),

  fromString('timestamp', 'timestamp', 'the instant of an RFC 3339 text', timestampMs),
  numeric('timestamp', ['int'], 'timestamp', 'the instant of whole seconds since the epoch', (x) => x * 1000),
  fromString('duration', 'duration', 'a length of time: "90s", "1h30m"', durationMs),
  numeric('seconds', ['duration'], 'float', 'the length of time in seconds', (x) => x / 1000),
  ofInstant('day_of_week', '0 (Sunday) to 6, as getDayOfWeek', (date) => date.getUTCDay()),
  ofInstant('hour_of_day', '0 to 23', (date) => date.getUTCHours()),
  ofInstant('getFullYear', 'the year', (date) => date.getUTCFullYear()),
  ofInstant('getMonth', '0 (January) to 11', (date) => date.getUTCMonth()),
  ofInstant('getDate', 'day of the month, 1 to 31', (date) => date.getUTCDate()),
  ofInstant('getDayOfMonth', 'day of the month, 0 to 30', (date) => date.getUTCDate() - 1),
  ofInstant('getDayOfWeek', '0 (Sunday) to 6', (date) => date.getUTCDay()),
  ofInstant('getDayOfYear', '0 to 365', dayOfYear),
  ofInstant('getHours', '0 to 23', (date) => date.getUTCHours()),
  ofInstant('getMinutes', '0 to 59', (date) => date.getUTCMinutes()),
  ofInstant('getSeconds', '0 to 59', (date) => date.getUTCSeconds()),
  ofInstant('getMilliseconds', '0 to 999', (date) => date.getUTCMilliseconds()),
];

const BY_NAME = new Map<string, ExpressionFunction[]>();
for (const overload of FUNCTIONS) {
  const overloads = BY_NAME.get(overload.name);
  if (overloads) overloads.push(overload);
  else BY_NAME.set(overload.name, [overload]);
}

export const FUNCTION_NAMES: readonly string[] = [...BY_NAME.keys()];

export const overloadsOf = (name: string): readonly ExpressionFunction[] => BY_NAME.get(name) ?? [];

export function accepts(overload: ExpressionFunction, operands: readonly Code[]): boolean {
  if (operands.length !== overload.parameters.length) return false;
  return overload.parameters.every((parameter, i) => fits(parameter, (operands[i] as Code).type));
}

function fits(parameter: Parameter, type: ExpressionType): boolean {
  switch (parameter) {
    case 'number':
      return isNumeric(type);
    case 'numbers':
      return type === 'int_list' || type === 'float_list';
    case 'list':
      return type.endsWith('_list') || type === 'bytes';
    default:
      return parameter === type;
  }
}

/** `clip(number, number, number): number`, as messages and documents show it. */
export function signatureOf(overload: ExpressionFunction): string {
  return `${overload.name}(${overload.parameters.join(', ')}): ${overload.result}`;
}
