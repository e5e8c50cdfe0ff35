/**
 * The program of a derived feature group: from the values of other features and of the request to values, one
 * row at a time, when features are read. The same code and the same rules for nulls as in row programs.
 */
import type { FeatureType } from '../definitions/definitions.js';
import { parseInstant } from '../events/timestamp.js';
import type { DerivedGroupPlan, PlanDocument } from '../plan/plan.js';
import type { FeatureValue } from '../windows/engine.js';
import { expressionTypeOf, NULL_CODE } from './code.js';
import type { Code, ExpressionType, ListType, NumberType } from './code.js';
import { compileExpression } from './compile-expression.js';
import { valueRun } from './lists.js';
import type { Scope } from './scope.js';
import { resumeEvent, spend } from './steps.js';

/** A feature of an input group that the program reads. */
export interface DerivedInput {
  readonly group: string;
  readonly version: number;
  readonly feature: string;
}

export interface DerivedProgram {
  /** The features that the expressions read, each once. */
  readonly inputs: readonly DerivedInput[];
  /** The request's fields that they read, each once. */
  readonly requestFields: readonly { readonly name: string; readonly type: FeatureType }[];
  /** The features that `run` gives, in this order. */
  readonly features: DerivedGroupPlan['features'];
  /** By feature: which of `inputs` it is computed from, by itself or through features before it. */
  readonly reads: readonly (readonly number[])[];
  /**
   * Computes one row into `into`, in the order of `features`. Null operands give null: the default is the
   * reader's to put in its place, who has to tell the two apart. Expressions that read the feature see the
   * default. Not reentrant.
   * @param inputs values in the order of `inputs`; null where there is none
   * @param request values in the order of `requestFields`, already of their types
   * @returns messages of the features whose expression could not go on, by position; they are null
   */
  run(
    inputs: readonly FeatureValue[],
    request: readonly FeatureValue[],
    into: FeatureValue[],
  ): ReadonlyMap<number, string>;
}

/**
 * @param wanted names of the features to compute; absent: all
 * @throws ExpressionError for a plan whose expressions do not fit; registration checked them
 */
export function compileDerivedProgram(
  group: DerivedGroupPlan,
  plan: PlanDocument,
  wanted?: readonly string[],
): DerivedProgram {
  return new CompiledDerivedProgram(group, plan, wanted);
}

type FeaturePlan = DerivedGroupPlan['features'][number];

interface CompiledFeature {
  readonly plan: FeaturePlan;
  readonly value: (row: number) => unknown;
  /** What an expression that reads the feature sees where it is null. */
  readonly fallback: FeatureValue;
  /** Indices into the inputs. */
  readonly reads: ReadonlySet<number>;
}

/** What a name stands for: its type, and the cell that holds its value while a row is computed. */
interface Cell {
  readonly type: ExpressionType;
  readonly read: () => FeatureValue;
  readonly reads: Iterable<number>;
}

const NO_FAULTS: ReadonlyMap<number, string> = new Map();
/** Expressions run over row numbers; here there is one row, and the cells below hold it. */
const ROW = 0;

class CompiledDerivedProgram implements DerivedProgram {
  readonly inputs: DerivedInput[] = [];
  readonly requestFields: DerivedGroupPlan['requestFields'][number][] = [];
  readonly features: readonly FeaturePlan[];
  readonly reads: readonly (readonly number[])[];
  private readonly order: readonly CompiledFeature[];
  private readonly positions: readonly number[];
  private readonly compiled = new Map<string, CompiledFeature>();
  private readonly known: ReadonlyMap<string, readonly KnownInput[]>;
  private inputRow: readonly FeatureValue[] = [];
  private requestRow: readonly FeatureValue[] = [];
  private readonly results = new Map<string, FeatureValue>();

  constructor(
    private readonly group: DerivedGroupPlan,
    plan: PlanDocument,
    wanted: readonly string[] | undefined,
  ) {
    this.known = knownInputs(group, plan);
    this.features = group.features.filter(({ name }) => wanted === undefined || wanted.includes(name));
    this.reads = this.features.map((feature) => [...this.compile(feature).reads]);
    this.order = [...this.compiled.values()];
    this.positions = this.order.map(({ plan: { name } }) =>
      this.features.findIndex((feature) => feature.name === name),
    );
  }

  run(
    inputs: readonly FeatureValue[],
    request: readonly FeatureValue[],
    into: FeatureValue[],
  ): ReadonlyMap<number, string> {
    this.inputRow = inputs;
    this.requestRow = request;
    let faults: Map<number, string> | undefined;
    resumeEvent();
    for (const [i, { plan, value, fallback }] of this.order.entries()) {
      const position = this.positions[i] as number;
      let result: FeatureValue = null;
      let seen: FeatureValue = null;
      try {
        result = featureValue(value(ROW));
        seen = result ?? fallback;
      } catch (error) {
        // It costs only its own value: those after it have as many steps as if it were not there.
        resumeEvent();
        faults ??= new Map();
        if (position >= 0) faults.set(position, error instanceof Error ? error.message : String(error));
      }
      this.results.set(plan.name, seen);
      if (position >= 0) into[position] = result;
    }
    return faults ?? NO_FAULTS;
  }

  /** Compiles a feature after those of its own group that it reads. */
  private compile(feature: FeaturePlan): CompiledFeature {
    const known = this.compiled.get(feature.name);
    if (known) return known;
    const reads = new Set<number>();
    const run = valueRun(compileExpression(feature.expression, this.scopeOf(feature, reads)));
    const bare = this.cellOf(feature.expression.trim(), feature);
    const compiled: CompiledFeature = {
      plan: feature,
      value: bare ? exactly(bare.read, run) : run,
      fallback: fallbackOf(feature),
      reads,
    };
    this.compiled.set(feature.name, compiled);
    return compiled;
  }

  /** @param reads notes which inputs are read */
  private scopeOf(feature: FeaturePlan, reads: Set<number>): Scope {
    return {
      names: [...this.before(feature).map(({ name }) => name), ...this.known.keys()],
      variable: (name) => {
        const cell = this.cellOf(name, feature);
        if (!cell) return undefined;
        for (const input of cell.reads) reads.add(input);
        return valueCode(cell.type, cell.read);
      },
    };
  }

  /** Names are looked up among the features before this one, the request's fields, and the inputs. */
  private cellOf(name: string, feature: FeaturePlan): Cell | undefined {
    const sibling = this.before(feature).find((candidate) => candidate.name === name);
    if (sibling) {
      const { reads } = this.compile(sibling);
      return { type: expressionTypeOf(sibling.type), read: () => this.results.get(name) ?? null, reads };
    }
    const field = this.group.requestFields.find((candidate) => candidate.name === name);
    if (field) {
      const at = indexIn(this.requestFields, field, (other) => other.name === name);
      return { type: expressionTypeOf(field.type), read: () => this.requestRow[at] ?? null, reads: [] };
    }
    const [input, ambiguous] = this.known.get(name) ?? [];
    if (!input || ambiguous) return undefined;
    const { group, version, feature: read } = input;
    const at = indexIn(
      this.inputs,
      { group, version, feature: read },
      (other) => other.group === group && other.feature === read,
    );
    return { type: input.type, read: () => this.inputRow[at] ?? null, reads: [at] };
  }

  private before(feature: FeaturePlan): readonly FeaturePlan[] {
    return this.group.features.slice(0, this.group.features.indexOf(feature));
  }
}

/** A bare name is passed on as it is: its integers beyond 2^53 stay exact, which no double holds. */
function exactly(read: () => FeatureValue, run: (row: number) => unknown): (row: number) => unknown {
  return (row) => {
    const value = read();
    return typeof value === 'bigint' ? value : run(row);
  };
}

function fallbackOf({ type, default: declared }: FeaturePlan): FeatureValue {
  if (type === 'timestamp') return parseInstant(declared) ?? null;
  return (declared ?? null) as FeatureValue;
}

function indexIn<T>(list: T[], element: T, isSame: (other: T) => boolean): number {
  const known = list.findIndex(isSame);
  return known >= 0 ? known : list.push(element) - 1;
}

interface KnownInput extends DerivedInput {
  readonly type: ExpressionType;
}

/** Features of the inputs under their name and under `group.name`; a name that two inputs have is ambiguous. */
function knownInputs(group: DerivedGroupPlan, plan: PlanDocument): Map<string, KnownInput[]> {
  const known = new Map<string, KnownInput[]>();
  for (const input of group.inputs) {
    const source = [...plan.groups, ...plan.derivedGroups].find(
      ({ name, version }) => name === input.group && version === input.version,
    );
    if (!source) throw new Error(`derived group ${group.name}: no group ${input.group}@${input.version}`);
    for (const { name, type } of source.features) {
      const entry = {
        ...input,
        feature: name,
        type: type === 'map' ? 'map' : expressionTypeOf(type),
      } as const;
      known.set(name, [...(known.get(name) ?? []), entry]);
      known.set(`${input.group}.${name}`, [entry]);
    }
  }
  return known;
}

/** Code that reads a feature's value from its cell. */
function valueCode(type: ExpressionType, read: () => FeatureValue): Code {
  switch (type) {
    case 'null':
      return NULL_CODE;
    case 'string':
      return { kind: 'string', type, constant: false, run: () => textOf(read()) };
    case 'map':
      return { kind: 'map', type, constant: false, run: () => mapOf(read()) };
    case 'int':
    case 'float':
    case 'bool':
    case 'timestamp':
    case 'duration':
      return numberReader(type, read);
    default:
      return listReader(type, read);
  }
}

function numberReader(type: NumberType, read: () => FeatureValue): Code {
  return { kind: 'number', type, constant: false, run: () => numberOf(read()) };
}

function listReader(type: ListType, read: () => FeatureValue): Code {
  const run = (): readonly unknown[] | null => {
    const value = read();
    return Array.isArray(value) ? value : null;
  };
  return { kind: 'list', type, constant: false, run };
}

const textOf = (value: FeatureValue): string | null => (typeof value === 'string' ? value : null);

function numberOf(value: FeatureValue): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'boolean' ? Number(value) : Number.NaN;
}

const isPairs = (value: unknown): value is readonly (readonly [string, FeatureValue])[] =>
  Array.isArray(value);

function mapOf(value: FeatureValue): ReadonlyMap<string, number> | null {
  // Lists have a member `map` too: their method.
  if (typeof value !== 'object' || value === null || !('map' in value) || !isPairs(value.map)) return null;
  spend(value.map.length << 2);
  return new Map(value.map.map(([category, held]) => [category, numberOf(held)]));
}

/** No infinity leaves an expression. */
function featureValue(value: unknown): FeatureValue {
  return (typeof value === 'number' && !Number.isFinite(value) ? null : value) as FeatureValue;
}
