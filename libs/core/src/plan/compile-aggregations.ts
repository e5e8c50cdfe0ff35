import type {
  AggregationDefinition,
  FeatureGroupDefinition,
  FeatureType,
} from '../definitions/definitions.js';
import { columnTypeOf } from '../events/event-reader.js';
import type { Scope } from '../expressions/scope.js';
import { FUNCTIONS } from '../aggregations/functions.js';
import { checkDefault } from './default-value.js';
import type { FaultSink } from './definition-fault.js';
import {
  checkCondition,
  checkExpression,
  checkTotalSize,
  fieldTypes,
  typeScope,
  type KnownType,
} from './expression-check.js';
import { compileFunction, type NamedFunction } from './function-definition.js';
import { checkName } from './names.js';
import type { SourceOutline } from './outlines.js';
import type {
  AggregatedFeaturePlan,
  AggregatedGroupPlan,
  ColumnType,
  InputPlan,
  WindowPlan,
} from './plan.js';
import { compileWindow, type NamedWindow } from './window-definition.js';

/** design.md §2: beyond this many events in the longest window, neighbouring tiles merge. */
const BUDGET_DEFAULT = 128;
const BUDGET_RANGE = { least: 16, most: 4_096 } as const;
const RESOLUTION_DEFAULT = 1 / 64;
const FEATURES_MAX = 1_000;

type Aggregations = Omit<
  AggregatedGroupPlan,
  'name' | 'version' | 'entity' | 'source' | 'keyFields' | 'ttlMs' | 'freshnessTargetMs'
>;

export function compileAggregations(
  definition: FeatureGroupDefinition,
  source: SourceOutline,
  faults: FaultSink,
): Aggregations {
  return new AggregationCompiler(definition, source, faults).compile();
}

class AggregationCompiler {
  private readonly columns = new Map<string, ColumnType | 'unknown'>();
  private readonly expressionTypes: Map<string, KnownType>;
  private readonly inputs: InputPlan[] = [];
  private readonly filters: string[] = [];
  private readonly windows: WindowPlan[] = [];
  private readonly features: AggregatedFeaturePlan[] = [];

  constructor(
    private readonly definition: FeatureGroupDefinition,
    private readonly source: SourceOutline,
    private readonly faults: FaultSink,
  ) {
    for (const { name, type } of source.fields)
      this.columns.set(name, type === undefined ? 'unknown' : columnTypeOf(type));
    this.expressionTypes = fieldTypes(source.fields);
  }

  compile(): Aggregations {
    const { where, aggregations = [] } = this.definition;
    const { name, type = 'stream' } = this.source;
    if (type !== 'stream')
      this.faults.in('source').report('TYPE', `aggregations need a stream source, ${name} is ${type}`, {
        found: type,
        allowed: ['stream'],
      });
    if (where !== undefined) checkCondition(where, this.scope(), this.faults.in('where'));
    const derive = this.compileDerive();
    if (aggregations.length === 0)
      this.faults.in('aggregations').report('FORM', 'a feature group needs at least one aggregation');
    for (const [i, aggregation] of aggregations.entries())
      this.compileAggregation(aggregation, this.faults.in('aggregations', i));
    if (this.features.length > FEATURES_MAX)
      this.faults
        .in('aggregations')
        .report('LIMIT', `a group has at most ${FEATURES_MAX} features, this has ${this.features.length}`, {
          found: this.features.length,
        });
    const expressions = [
      ...(where === undefined ? [] : [where]),
      ...derive.map((column) => column.expression),
    ];
    checkTotalSize([...expressions, ...this.filters], this.faults);
    return {
      kind: 'aggregated',
      ...(where !== undefined && { where }),
      derive,
      inputs: this.inputs,
      filters: this.filters,
      windows: this.windows,
      features: this.features,
      budget: this.compileBudget(),
      resolution: this.compileResolution(),
    };
  }

  private scope(): Scope {
    return typeScope(this.expressionTypes, this.source.isOpen);
  }

  private compileDerive(): AggregatedGroupPlan['derive'] {
    const derive: { name: string; type: ColumnType; expression: string }[] = [];
    for (const [name, expression] of Object.entries(this.definition.derive ?? {})) {
      const place = this.faults.in('derive', name);
      checkName(name, place);
      if (this.columns.has(name))
        place.report('DUPLICATE', `"${name}" is already a field of source ${this.source.name}`, {
          found: name,
        });
      const type = checkExpression(expression, this.scope(), place);
      const columnType = columnOfExpression(type, place);
      // Also a faulty column has its name, so that its readers do not add faults of their own.
      this.columns.set(name, columnType);
      this.expressionTypes.set(name, columnType === 'unknown' ? 'unknown' : type);
      if (columnType !== 'unknown') derive.push({ name, type: columnType, expression });
    }
    return derive;
  }

  private compileAggregation(aggregation: AggregationDefinition, faults: FaultSink): void {
    const { of, by, where } = aggregation;
    if (where !== undefined) checkCondition(where, this.scope(), faults.in('where'));
    const input = of === undefined ? undefined : this.inputIndex(of, faults.in('of'));
    const category = by === undefined ? undefined : this.inputIndex(by, faults.in('by'));
    if (by !== undefined && category !== undefined) this.checkCategory(by, faults.in('by'));
    if (aggregation.name !== undefined) checkName(aggregation.name, faults.in('name'));
    const functions = aggregation.functions.map((named, i) =>
      compileFunction(named, faults.in('functions', i)),
    );
    const windows = aggregation.windows.map((window, i) => compileWindow(window, faults.in('windows', i)));
    const filter = where === undefined ? undefined : indexOfText(this.filters, where);
    for (const [i, named] of functions.entries()) {
      const place = faults.in('functions', i);
      if (!named || (of !== undefined && input === undefined)) continue;
      const second = this.secondIndex(named, place);
      if (!this.checkFunction(named, of, place) || second === undefined) continue;
      for (const window of windows) {
        if (!window) continue;
        this.addFeature(
          {
            name: featureName(aggregation, named, window),
            type: by === undefined ? this.resultType(named, of) : 'map',
            function: named.plan(second),
            window: this.windowIndex(window),
            ...(input !== undefined && { input }),
            ...(category !== undefined && { by: category }),
            ...(filter !== undefined && { filter }),
            ...(aggregation.default !== undefined && { default: aggregation.default }),
          },
          faults,
        );
      }
    }
  }

  private addFeature(feature: AggregatedFeaturePlan, faults: FaultSink): void {
    if (this.features.some((earlier) => earlier.name === feature.name)) {
      faults.report(
        'DUPLICATE',
        `the feature "${feature.name}" is there twice: give one of them a \`name\``,
        {
          found: feature.name,
        },
      );
      return;
    }
    if (this.isTyped(feature)) checkDefault(feature.default, feature.type, faults);
    this.features.push(feature);
  }

  private isTyped({ input }: AggregatedFeaturePlan): boolean {
    const name = input === undefined ? undefined : this.inputs[input]?.name;
    return name === undefined || this.columnType(name) !== 'unknown';
  }

  private checkFunction(named: NamedFunction, of: string | undefined, faults: FaultSink): boolean {
    const rule = FUNCTIONS[named.kind];
    if (of === undefined) {
      if (rule.of === 'optional') return true;
      faults.report('FUNCTION', `${named.label} needs a column: say of which field with \`of\``, {
        found: named.label,
        allowed: [...this.columns.keys()],
      });
      return false;
    }
    const type = this.columnType(of);
    if (type === 'unknown' || (type !== undefined && rule.accepts.includes(type))) return true;
    faults.report('TYPE', `${named.label} cannot aggregate "${of}", which is ${this.writtenType(of)}`, {
      found: this.writtenType(of),
      allowed: rule.accepts,
    });
    return false;
  }

  /** The index of the second column; 0, which nobody reads, for functions without one. */
  private secondIndex(named: NamedFunction, faults: FaultSink): number | undefined {
    if (named.second === undefined) return 0;
    const place = faults.in(named.label);
    const index = this.inputIndex(named.second, place);
    const accepts = FUNCTIONS[named.kind].secondAccepts ?? [];
    const type = this.columnType(named.second);
    if (type === undefined || type === 'unknown' || accepts.includes(type)) return index;
    place.report(
      'TYPE',
      `${named.label} cannot use "${named.second}", which is ${this.writtenType(named.second)}`,
      {
        found: this.writtenType(named.second),
        allowed: accepts,
      },
    );
    return undefined;
  }

  private checkCategory(by: string, faults: FaultSink): void {
    const allowed: readonly ColumnType[] = ['string', 'int', 'bool'];
    const type = this.columnType(by);
    if (type !== undefined && type !== 'unknown' && !allowed.includes(type))
      faults.report('TYPE', `"${by}" cannot be a category, it is ${this.writtenType(by)}`, {
        found: this.writtenType(by),
        allowed,
      });
  }

  private resultType(named: NamedFunction, of: string | undefined): FeatureType {
    const type = of === undefined ? undefined : this.columnType(of);
    return FUNCTIONS[named.kind].result(type && planned(type));
  }

  /** Undefined where there is no such column. */
  private columnType(name: string): ColumnType | 'unknown' | undefined {
    return this.columns.get(name) ?? (this.source.isOpen ? 'unknown' : undefined);
  }

  /** The type as the author wrote it: a column type `list` was an embedding, bytes or one of the lists. */
  private writtenType(column: string): string {
    return (
      this.source.fields.find((field) => field.name === column)?.type ??
      this.expressionTypes.get(column) ??
      'unknown'
    );
  }

  private inputIndex(name: string, faults: FaultSink): number | undefined {
    const known = this.inputs.findIndex((input) => input.name === name);
    if (known >= 0) return known;
    const type = this.columnType(name);
    if (type === undefined) {
      faults.reportUnknown(
        `field or derived column of source ${this.source.name}`,
        name,
        this.columns.keys(),
      );
      return undefined;
    }
    return this.inputs.push({ name, type: planned(type) }) - 1;
  }

  private windowIndex({ plan }: NamedWindow): number {
    const text = JSON.stringify(plan);
    const known = this.windows.findIndex((window) => JSON.stringify(window) === text);
    return known >= 0 ? known : this.windows.push(plan) - 1;
  }

  private compileBudget(): number {
    const { budget = BUDGET_DEFAULT } = this.definition;
    const { least, most } = BUDGET_RANGE;
    if (!Number.isInteger(budget) || budget < least || budget > most)
      this.faults
        .in('budget')
        .report('LIMIT', `budget must be a whole number from ${least} to ${most}, got ${budget}`, {
          found: budget,
        });
    return budget;
  }

  private compileResolution(): number {
    const { resolution = RESOLUTION_DEFAULT } = this.definition;
    if (!(resolution > 0 && resolution <= 0.5))
      this.faults
        .in('resolution')
        .report('LIMIT', `resolution must be above 0 and at most 0.5, got ${resolution}`, {
          found: resolution,
        });
    return resolution;
  }
}

/** No plan comes of an unknown type, whatever stands in for it: there is a fault where it comes from. */
const planned = (type: ColumnType | 'unknown'): ColumnType => (type === 'unknown' ? 'float' : type);

function indexOfText(texts: string[], text: string): number {
  const known = texts.indexOf(text);
  return known >= 0 ? known : texts.push(text) - 1;
}

function columnOfExpression(type: KnownType, faults: FaultSink): ColumnType | 'unknown' {
  switch (type) {
    case 'unknown':
    case 'int':
    case 'float':
    case 'bool':
    case 'timestamp':
    case 'string':
      return type;
    case 'duration':
      faults.report('EXPRESSION', 'a column cannot hold a duration: write seconds(…) around it', {
        found: type,
      });
      return 'unknown';
    case 'null':
    case 'map':
      faults.report('EXPRESSION', `a column cannot hold ${type}`, { found: type });
      return 'unknown';
    default:
      return 'list';
  }
}

/** `<of>_<function>[_by_<field>]_<window>`, unless `name` says otherwise. */
function featureName(aggregation: AggregationDefinition, named: NamedFunction, window: NamedWindow): string {
  const { of, by, name, functions, windows } = aggregation;
  if (name !== undefined && functions.length === 1 && windows.length === 1) return name;
  const parts = [name ?? of, named.label, by === undefined ? undefined : `by_${by}`, window.label];
  return parts.filter((part) => part !== undefined).join('_');
}
