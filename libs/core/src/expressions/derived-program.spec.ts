import { describe, expect, it } from 'vitest';
import type { Definition } from '../definitions/definitions.js';
import { compilePlan } from '../plan/compile-plan.js';
import type { FeatureValue } from '../windows/engine.js';
import { compileDerivedProgram } from './derived-program.js';

const DEFINITIONS: Definition[] = [
  { kind: 'Entity', name: 'customer', joinKeys: [{ name: 'customer_id', type: 'int' }] },
  {
    kind: 'Source',
    name: 'pushed',
    type: 'push',
    timestampField: 'at',
    fields: {
      at: 'timestamp',
      customer_id: 'int',
      purchases: 'int',
      segment: 'string',
      taste: 'float_list',
      since: 'timestamp',
    },
  },
  {
    kind: 'FeatureGroup',
    name: 'stats',
    entity: 'customer',
    source: 'pushed',
    features: [
      { name: 'purchases', type: 'int' },
      { name: 'segment', type: 'string' },
      { name: 'taste', type: 'float_list' },
      { name: 'since', type: 'timestamp' },
    ],
  },
  {
    kind: 'DerivedFeatureGroup',
    name: 'scores',
    inputs: ['stats'],
    requestFields: { amount: 'float', item: 'float_list' },
    features: [
      { name: 'frequency', type: 'float', expression: 'clip(purchases / 30.0, 0.0, 1.0)' },
      { name: 'is_heavy', type: 'bool', expression: 'frequency > 0.5' },
      { name: 'affinity', type: 'float', expression: 'cosine_similarity(taste, item)', default: 0.5 },
      { name: 'is_close', type: 'bool', expression: 'affinity >= 0.5' },
      { name: 'ratio', type: 'float', expression: 'amount / stats.purchases' },
      { name: 'shout', type: 'string', expression: 'upper(segment)' },
      { name: 'weekday', type: 'int', expression: 'day_of_week(since)' },
    ],
  },
];

const { plan, faults } = compilePlan(
  1,
  DEFINITIONS.map((definition) => ({ definition, version: 1 })),
);
const [group] = plan.derivedGroups;
if (!group || faults.length > 0) throw new Error(JSON.stringify(faults));

/** The values of the wanted features for one row, given its inputs and its request by name. */
function derive(row: Record<string, FeatureValue>, wanted?: readonly string[]): Record<string, FeatureValue> {
  const program = compileDerivedProgram(group as NonNullable<typeof group>, plan, wanted);
  const into: FeatureValue[] = [];
  const inputs = program.inputs.map(({ feature }) => row[feature] ?? null);
  const request = program.requestFields.map(({ name }) => row[name] ?? null);
  program.run(inputs, request, into);
  return Object.fromEntries(program.features.map(({ name }, i) => [name, into[i] ?? null]));
}

describe('the program of a derived group', () => {
  it('computes features from features, the request and earlier features', () => {
    const row = {
      purchases: 24,
      segment: 'vip',
      taste: [1, 0],
      item: [1, 1],
      amount: 12,
      since: Date.UTC(2001, 0, 14),
    };
    expect(derive(row)).toEqual({
      frequency: 0.8,
      is_heavy: true,
      affinity: Math.SQRT1_2 * (1 / (Math.SQRT1_2 * Math.SQRT2)),
      is_close: true,
      ratio: 0.5,
      shout: 'VIP',
      weekday: 0,
    });
  });

  it('gives null for null operands; what reads a feature sees its default', () => {
    expect(derive({})).toEqual({
      frequency: null,
      is_heavy: null,
      affinity: null,
      is_close: true,
      ratio: null,
      shout: null,
      weekday: null,
    });
  });

  it('reads only what the wanted features need', () => {
    const program = compileDerivedProgram(group, plan, ['is_heavy']);
    expect(program.inputs).toEqual([{ group: 'stats', version: 1, feature: 'purchases' }]);
    expect(program.requestFields).toEqual([]);
    expect(derive({ purchases: 3 }, ['is_heavy'])).toEqual({ is_heavy: false });
  });

  it('makes a feature whose expression cannot go on null, and says why', () => {
    const program = compileDerivedProgram(group, plan, ['ratio', 'affinity']);
    const into: FeatureValue[] = [];
    const found = program.run([[1, 2], 4], [[1], 8], into);
    expect(into).toEqual([null, 2]);
    expect([...found]).toEqual([[0, 'cosine_similarity: the lists have 2 and 1 elements']]);
  });

  it('tells of each feature what it is computed from, through features before it too', () => {
    const { features, inputs, reads } = compileDerivedProgram(group, plan);
    const read = features.map(({ name }, i) => [name, reads[i]?.map((at) => inputs[at]?.feature)]);
    expect(Object.fromEntries(read)).toEqual({
      frequency: ['purchases'],
      is_heavy: ['purchases'],
      affinity: ['taste'],
      is_close: ['taste'],
      ratio: ['purchases'],
      shout: ['segment'],
      weekday: ['since'],
    });
  });

  it('passes a bare name on with its integers beyond 2^53', () => {
    const wide = 9_007_199_254_740_993n;
    const features = [
      { name: 'copy', type: 'int', expression: ' purchases ' },
      { name: 'again', type: 'int', expression: 'copy' },
    ] as const;
    const into: FeatureValue[] = [];
    compileDerivedProgram({ ...group, features }, plan).run([wide], [], into);
    expect(into).toEqual([wide, wide]);
  });

  it('an expression that takes too many steps takes none of those after it', () => {
    const dear = 'size(taste.filter(n, n in taste))';
    const features = ['dear', 'dearer', 'cheap'].map((name) => {
      return { name, type: 'int' as const, expression: name === 'cheap' ? 'size(taste)' : dear };
    });
    const into: FeatureValue[] = [];
    const taste = Array.from({ length: 4_096 }, (_, i) => i);
    const found = compileDerivedProgram({ ...group, features }, plan).run([taste], [], into);
    expect(into).toEqual([null, null, 4_096]);
    expect([...found.keys()]).toEqual([0, 1]);
  });

  it('what reads a feature sees its default instant, however that was written', () => {
    const features = [
      { name: 'first', type: 'timestamp', expression: 'since', default: '2001-01-14T00:00:00Z' },
      { name: 'weekday', type: 'int', expression: 'day_of_week(first)' },
    ] as const;
    const into: FeatureValue[] = [];
    compileDerivedProgram({ ...group, features }, plan).run([null], [], into);
    expect(into).toEqual([null, 0]);
  });
});
