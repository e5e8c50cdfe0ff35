import { FUNCTION_LIMITS } from '../aggregations/functions.js';
import type { FunctionDefinition } from '../definitions/definitions.js';
import { nearestName } from '../nearest-name.js';
import { parseDuration } from '../time.js';
import type { FaultSink } from './definition-fault.js';
import type { FunctionPlan } from './plan.js';

/** A function, its part of the names of features, and the second column that it reads. */
export interface NamedFunction {
  readonly label: string;
  readonly kind: FunctionPlan['kind'];
  /** The name of the column that orders (`min_by`) or divides (`ratio`). */
  readonly second?: string;
  /** The plan, given the index of the second column among the group's inputs. */
  plan(second: number): FunctionPlan;
}

const PLAIN: Readonly<Record<string, FunctionPlan>> = {
  count: { kind: 'count' },
  sum: { kind: 'sum' },
  mean: { kind: 'mean' },
  min: { kind: 'min' },
  max: { kind: 'max' },
  stddev: { kind: 'stddev', population: false },
  stddev_pop: { kind: 'stddev', population: true },
  variance: { kind: 'variance', population: false },
  variance_pop: { kind: 'variance', population: true },
  skew: { kind: 'skew' },
  kurtosis: { kind: 'kurtosis' },
  first: { kind: 'first' },
  last: { kind: 'last' },
  distinct_count: { kind: 'distinct_count' },
  median: { kind: 'quantile', q: 0.5 },
  entropy: { kind: 'entropy' },
  rate: { kind: 'rate', perMs: 1_000 },
  rate_per_second: { kind: 'rate', perMs: 1_000 },
  rate_per_minute: { kind: 'rate', perMs: 60_000 },
  rate_per_hour: { kind: 'rate', perMs: 3_600_000 },
  seconds_since_last: { kind: 'seconds_since_last' },
};

const COUNTED = ['first_k', 'last_k', 'last_distinct_k', 'top_k'] as const;
const PAIRED = ['min_by', 'max_by', 'ratio'] as const;
const WITH_ARGUMENT: readonly string[] = [...COUNTED, ...PAIRED, 'histogram', 'ewma'];

/** Every name that a definition may use; `pNN` stands for the quantiles p1 to p99.9. */
export const FUNCTION_NAMES: readonly string[] = [...Object.keys(PLAIN), 'pNN', ...WITH_ARGUMENT];

const QUANTILE = /^p(\d{1,2}(?:\.\d{1,3})?)$/;

export function compileFunction(
  definition: FunctionDefinition,
  faults: FaultSink,
): NamedFunction | undefined {
  if (typeof definition === 'string') return compilePlain(definition, faults);
  const [name, ...others] = Object.keys(definition);
  if (name === undefined || others.length > 0) {
    faults.report('FUNCTION', 'a function with an argument has exactly one member, like { last_k: 5 }', {
      found: definition,
    });
    return undefined;
  }
  return compileWithArgument(name, definition[name], faults);
}

function compilePlain(name: string, faults: FaultSink): NamedFunction | undefined {
  const plain = Object.hasOwn(PLAIN, name) ? PLAIN[name] : undefined;
  if (plain) return { label: name, kind: plain.kind, plan: () => plain };
  const quantile = QUANTILE.exec(name);
  if (quantile && Number(quantile[1]) > 0) {
    // Divided as text reads, so that p95 is 0.95 and not 0.9500000000000001.
    const plan: FunctionPlan = { kind: 'quantile', q: Number((Number(quantile[1]) / 100).toPrecision(12)) };
    return { label: name.replace('.', '_'), kind: 'quantile', plan: () => plan };
  }
  if (WITH_ARGUMENT.includes(name)) {
    const example = `{ ${name}: ${exampleArgument(name)} }`;
    faults.report('FUNCTION', `${name} needs an argument: write ${example}`, {
      found: name,
      allowed: [example],
    });
    return undefined;
  }
  reportUnknownFunction(name, faults);
  return undefined;
}

function reportUnknownFunction(name: string, faults: FaultSink): void {
  if (/^p\d/.test(name)) {
    const message = `"${name}" is no quantile: write a number above 0 and below 100, like p95 or p99.9`;
    faults.report('FUNCTION', message, { found: name, allowed: ['p50', 'p95', 'p99.9'] });
    return;
  }
  const didYouMean = nearestName(name, FUNCTION_NAMES);
  const hint = didYouMean === undefined ? '' : `; did you mean "${didYouMean}"?`;
  faults.report('FUNCTION', `there is no function "${name}"${hint}`, {
    found: name,
    allowed: FUNCTION_NAMES,
    ...(didYouMean !== undefined && { didYouMean }),
  });
}

function exampleArgument(name: string): string {
  if (name === 'histogram') return '[0, 10, 100]';
  if (name === 'ewma') return '1h';
  return PAIRED.some((paired) => paired === name) ? '<field>' : '5';
}

function compileWithArgument(name: string, argument: unknown, faults: FaultSink): NamedFunction | undefined {
  const counted = COUNTED.find((known) => known === name);
  if (counted) return compileCounted(counted, argument, faults.in(name));
  const paired = PAIRED.find((known) => known === name);
  if (paired) return compilePaired(paired, argument, faults.in(name));
  if (name === 'histogram') return compileHistogram(argument, faults.in(name));
  if (name === 'ewma') return compileEwma(argument, faults.in(name));
  if (Object.hasOwn(PLAIN, name))
    faults.report('FUNCTION', `${name} takes no argument: write ${name}`, { found: name, allowed: [name] });
  else reportUnknownFunction(name, faults);
  return undefined;
}

function compileCounted(
  kind: (typeof COUNTED)[number],
  k: unknown,
  faults: FaultSink,
): NamedFunction | undefined {
  const { kMax } = FUNCTION_LIMITS;
  if (typeof k === 'number' && Number.isInteger(k) && k >= 1 && k <= kMax)
    return { label: kind, kind, plan: () => ({ kind, k }) };
  faults.report('FUNCTION', `${kind} needs a whole number from 1 to ${kMax}, got ${JSON.stringify(k)}`, {
    found: k,
  });
  return undefined;
}

function compilePaired(
  kind: (typeof PAIRED)[number],
  second: unknown,
  faults: FaultSink,
): NamedFunction | undefined {
  if (typeof second === 'string')
    return {
      label: kind,
      kind,
      second,
      plan: (index) => (kind === 'ratio' ? { kind, to: index } : { kind, by: index }),
    };
  faults.report(
    'FUNCTION',
    `${kind} needs the name of a field or derived column, got ${JSON.stringify(second)}`,
    {
      found: second,
    },
  );
  return undefined;
}

function compileHistogram(edges: unknown, faults: FaultSink): NamedFunction | undefined {
  const { histogramEdgesMax } = FUNCTION_LIMITS;
  const valid =
    Array.isArray(edges) &&
    edges.length >= 1 &&
    edges.length <= histogramEdgesMax &&
    edges.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > edges[i - 1]));
  if (valid) return { label: 'histogram', kind: 'histogram', plan: () => ({ kind: 'histogram', edges }) };
  faults.report(
    'FUNCTION',
    `histogram needs 1 to ${histogramEdgesMax} rising numbers, the edges of its buckets`,
    {
      found: edges,
      allowed: ['[0, 10, 100]'],
    },
  );
  return undefined;
}

function compileEwma(halfLife: unknown, faults: FaultSink): NamedFunction | undefined {
  const halfLifeMs = typeof halfLife === 'string' ? parseDuration(halfLife) : undefined;
  if (halfLifeMs !== undefined)
    return { label: 'ewma', kind: 'ewma', plan: () => ({ kind: 'ewma', halfLifeMs }) };
  faults.report('FUNCTION', `ewma needs its half-life, like { ewma: 1h }, got ${JSON.stringify(halfLife)}`, {
    found: halfLife,
    allowed: ['90s', '15m', '1h', '7d'],
  });
  return undefined;
}
