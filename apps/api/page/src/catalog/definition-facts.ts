import type {
  Definition,
  DerivedFeatureGroupDefinition,
  EntityDefinition,
  FeatureGroupDefinition,
  FeatureServiceDefinition,
  Kind,
  SourceDefinition,
  VariantDefinition,
} from '../api/definitions.js';

/** One thing that a definition says. */
export interface DefinitionFact {
  readonly term: string;
  readonly lines: readonly string[];
  /** Names and expressions, as opposed to words. */
  readonly isCode: boolean;
}

/** What a definition says, in the order in which a person asks; what it leaves out is left out. */
export function factsOf(kind: Kind, definition: Definition): DefinitionFact[] {
  return FACTS[kind](definition).filter(({ lines }) => lines.length > 0);
}

const FACTS: Readonly<Record<Kind, (definition: Definition) => DefinitionFact[]>> = {
  entities: (definition) => {
    const { joinKeys, partitions } = definition as EntityDefinition;
    return [
      code(
        'Join keys',
        joinKeys.map(({ name, type }) => `${name}: ${type}`),
      ),
      words('Partitions', partitions === undefined ? [] : [String(partitions)]),
    ];
  },
  sources: (definition) => {
    const { type, fields, timestampField, idField, dedupHorizon } = definition as SourceDefinition;
    return [
      words('Type', [type]),
      code('Fields', typed(fields)),
      code('Event time', [timestampField]),
      code('Event id', present(idField)),
      words('Ids are remembered for', present(dedupHorizon)),
    ];
  },
  'feature-groups': (definition) => {
    const group = definition as FeatureGroupDefinition;
    return [
      code('Entity', [group.entity]),
      code('Source', [group.source]),
      code('Where', present(group.where)),
      code('Derived columns', expressions(group.derive)),
      code('Aggregations', (group.aggregations ?? []).map(aggregationText)),
      code(
        'Features',
        (group.features ?? []).map(({ name, type }) => `${name}: ${type}`),
      ),
      words('TTL', present(group.ttl)),
      words('Freshness target', present(group.freshness?.target)),
    ];
  },
  'derived-feature-groups': (definition) => {
    const { inputs, requestFields, features } = definition as DerivedFeatureGroupDefinition;
    return [
      code('Inputs', inputs),
      code('Request fields', typed(requestFields ?? {})),
      code(
        'Features',
        features.map(({ name, expression }) => `${name} = ${expression}`),
      ),
    ];
  },
  'feature-services': (definition) => {
    const { features, by, variants = [] } = definition as FeatureServiceDefinition;
    const total = variants.reduce((sum, { weight }) => sum + weight, 0);
    return [
      code('Features', features),
      code(
        'Variants',
        variants.map((variant) => variantText(variant, total)),
      ),
      code('Split by', present(by)),
    ];
  },
};

function code(term: string, lines: readonly string[]): DefinitionFact {
  return { term, lines, isCode: true };
}

function words(term: string, lines: readonly string[]): DefinitionFact {
  return { term, lines, isCode: false };
}

function present(text: string | undefined): string[] {
  return text === undefined ? [] : [text];
}

function typed(fields: Readonly<Record<string, string>>): string[] {
  return Object.entries(fields).map(([name, type]) => `${name}: ${type}`);
}

function expressions(columns: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(columns).map(([name, expression]) => `${name} = ${expression}`);
}

/** `v3 10 %: customer_stats@3`. */
function variantText({ name, weight, features }: VariantDefinition, total: number): string {
  const share = total > 0 ? Math.round((weight / total) * 1_000) / 10 : 0;
  return `${name} ${share} %${features === undefined ? '' : `: ${features.join(', ')}`}`;
}

type Aggregation = NonNullable<FeatureGroupDefinition['aggregations']>[number];

/** `mean, max of delay over 1h, 24h`, as one would say it. */
function aggregationText({ of, by, where, functions, windows }: Aggregation): string {
  const parts = [functions.map(plainText).join(', ')];
  if (of !== undefined) parts.push(`of ${of}`);
  if (by !== undefined) parts.push(`by ${by}`);
  parts.push(`over ${windows.map(plainText).join(', ')}`);
  if (where !== undefined) parts.push(`where ${where}`);
  return parts.join(' ');
}

/** `{ last_k: 5 }` as `last_k 5`. */
function plainText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(
      ([name, argument]) =>
        `${name} ${typeof argument === 'object' ? JSON.stringify(argument) : String(argument)}`,
    )
    .join(' ');
}
