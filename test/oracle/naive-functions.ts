/**
 * The functions of contract.md, each written down from its definition over all rows of a window, and sharing
 * no line with the engine. Rows come in order of event time, then of arrival.
 */
import type { ColumnType, FunctionPlan } from '@millrace/core';
import { exactSum } from './exact-sum.js';

export type NaiveScalar = number | bigint | string | boolean | null;
export type NaiveValue =
  NaiveScalar | readonly NaiveValue[] | { readonly map: readonly (readonly [string, NaiveValue])[] };

export interface NaiveRow {
  readonly time: number;
  readonly values: readonly NaiveScalar[];
}

export interface NaiveOperand {
  /** The rows of the window that pass the filter. */
  readonly rows: readonly NaiveRow[];
  readonly input: number | undefined;
  readonly type: ColumnType | undefined;
  readonly asOf: number;
  /** The window covers the time from here on, for rates; undefined where rows alone bound it. */
  readonly since: number | undefined;
}

export function naiveValue(fn: FunctionPlan, operand: NaiveOperand): NaiveValue {
  const { rows, input, type, asOf, since } = operand;
  const present = input === undefined ? rows : rows.filter((row) => row.values[input] !== null);
  const values = input === undefined ? [] : present.map((row) => row.values[input]!);
  const numbers = values.map(Number);
  switch (fn.kind) {
    case 'count':
      return present.length;
    case 'sum':
      return type === 'float' ? exactSum(numbers) : narrow(bigSum(values));
    case 'mean':
      return values.length === 0 ? null : totalOf(values) / values.length;
    case 'min':
      return values.length === 0 ? null : values.reduce((a, b) => (b! < a! ? b : a));
    case 'max':
      return values.length === 0 ? null : values.reduce((a, b) => (b! > a! ? b : a));
    case 'variance':
      return varianceOf(numbers, fn.population);
    case 'stddev': {
      const variance = varianceOf(numbers, fn.population);
      return variance === null ? null : Math.sqrt(variance);
    }
    case 'skew':
      return skewOf(numbers);
    case 'kurtosis':
      return kurtosisOf(numbers);
    case 'first':
      return values[0] ?? null;
    case 'last':
      return values.at(-1) ?? null;
    case 'first_k':
      return orNull(values.slice(0, fn.k));
    case 'last_k':
      return orNull(values.toReversed().slice(0, fn.k));
    case 'last_distinct_k':
      return orNull([...new Set(values.toReversed())].slice(0, fn.k));
    case 'distinct_count':
      return new Set(values).size;
    case 'quantile':
      return quantileOf(numbers, fn.q);
    case 'top_k':
      return orNull(mostFrequent(values).slice(0, fn.k));
    case 'histogram':
      return histogramOf(numbers, fn.edges);
    case 'entropy':
      return values.length === 0 ? null : entropyOf([...frequencies(values).values()]);
    case 'rate': {
      if (present.length === 0) return 0;
      const coveredMs = asOf - (since ?? rows[0]!.time);
      return coveredMs === 0 ? null : present.length / (coveredMs / fn.perMs);
    }
    case 'seconds_since_last':
      return present.length === 0 ? null : (asOf - present.at(-1)!.time) / 1000;
    case 'ewma':
      return ewmaOf(numbers, present, fn.halfLifeMs);
    case 'min_by':
      return extremeBy(present, input!, fn.by, 1);
    case 'max_by':
      return extremeBy(present, input!, fn.by, -1);
    case 'ratio': {
      const over = totalOf(rows.map((row) => row.values[fn.to] ?? 0));
      return over === 0 ? null : totalOf(values) / over;
    }
  }
}

/** contract.md: where nothing is to be listed, there is no value. */
function orNull(list: readonly NaiveValue[]): NaiveValue {
  return list.length === 0 ? null : list;
}

function bigSum(values: readonly NaiveScalar[]): bigint {
  return values.reduce<bigint>((total, value) => total + BigInt(value as number), 0n);
}

function narrow(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** The exact sum, rounded once. */
function totalOf(values: readonly NaiveScalar[]): number {
  const areIntegers = values.every((value) => Number.isInteger(Number(value)));
  return areIntegers ? Number(bigSum(values)) : exactSum(values.map(Number));
}

/** Sum of (x − mean)^power. */
function centralSum(values: readonly number[], power: number): number {
  // Moved to the first value, so that a large common part costs no digits.
  const moved = values.map((value) => value - values[0]!);
  const mean = exactSum(moved) / values.length;
  return exactSum(moved.map((value) => (value - mean) ** power));
}

function varianceOf(values: readonly number[], population: boolean): number | null {
  const divisor = population ? values.length : values.length - 1;
  return divisor < 1 ? null : centralSum(values, 2) / divisor;
}

function skewOf(values: readonly number[]): number | null {
  const n = values.length;
  if (n < 3 || values.every((value) => value === values[0])) return null;
  const g1 = centralSum(values, 3) / n / (centralSum(values, 2) / n) ** 1.5;
  return (Math.sqrt(n * (n - 1)) / (n - 2)) * g1;
}

function kurtosisOf(values: readonly number[]): number | null {
  const n = values.length;
  if (n < 4 || values.every((value) => value === values[0])) return null;
  const g2 = centralSum(values, 4) / n / (centralSum(values, 2) / n) ** 2 - 3;
  return ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * g2 + 6);
}

function quantileOf(values: readonly number[], q: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const rank = q * (sorted.length - 1);
  const below = sorted[Math.floor(rank)]!;
  const above = sorted[Math.ceil(rank)]!;
  return below + (above - below) * (rank - Math.floor(rank));
}

function frequencies(values: readonly NaiveScalar[]): Map<NaiveScalar, number> {
  const counts = new Map<NaiveScalar, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function mostFrequent(values: readonly NaiveScalar[]): NaiveScalar[] {
  const counted = [...frequencies(values)].toSorted(([a, n], [b, m]) => m - n || (a! < b! ? -1 : 1));
  return counted.map(([value]) => value);
}

function histogramOf(values: readonly number[], edges: readonly number[]): number[] {
  const buckets = [-Infinity, ...edges, Infinity];
  return buckets.slice(1).map((to, i) => values.filter((value) => value >= buckets[i]! && value < to).length);
}

function entropyOf(counts: readonly number[]): number {
  const total = counts.reduce((a, b) => a + b, 0);
  return counts.reduce((bits, count) => bits - (count / total) * Math.log2(count / total), 0);
}

function ewmaOf(values: readonly number[], rows: readonly NaiveRow[], halfLifeMs: number): number | null {
  if (values.length === 0) return null;
  const newest = rows.at(-1)!.time;
  const weights = rows.map((row) => 2 ** (-(newest - row.time) / halfLifeMs));
  return exactSum(values.map((value, i) => value * weights[i]!)) / exactSum(weights);
}

/** Among rows that tie, the latest. */
function extremeBy(rows: readonly NaiveRow[], input: number, by: number, sign: 1 | -1): NaiveScalar {
  const ordered = rows.filter((row) => row.values[by] !== null);
  let best: NaiveRow | undefined;
  for (const row of ordered) {
    const ahead =
      best && (sign === 1 ? row.values[by]! > best.values[by]! : row.values[by]! < best.values[by]!);
    if (!ahead) best = row;
  }
  return best?.values[input] ?? null;
}
