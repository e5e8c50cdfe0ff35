import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Definition, PlanDocument, RegisteredDefinition } from '@millrace/core';
import { customer, randomStep, type Step } from '../../../test/definitions/random-steps.js';
import type { ChangeSet } from './change-set.js';
import { decideChanges, KEEP_ALL, type Decision } from './changes.js';
import { documentOf, type RegistryState } from './registry-state.js';
import type { Subject } from './subject.js';

type Accepted = Extract<Decision, { kind: 'accepted' }>;

const EMPTY: RegistryState = { revision: 0, current: [], history: [], caughtUp: new Set() };

const keyOf = ({ kind, name }: Subject): string => `${kind}/${name}`;
const versionKeyOf = ({ definition, version }: RegisteredDefinition): string =>
  `${keyOf(definition)}@${version}`;

/** Writes a decision as the registry does: a version keeps its place in the history, and never goes. */
function applied(state: RegistryState, { after }: Accepted): RegistryState {
  const history = new Map([...state.history, ...after].map((one) => [versionKeyOf(one), one]));
  return {
    revision: state.revision + 1,
    current: after,
    history: [...history.values()],
    // Nothing waits for history here: services follow the newest version at once.
    caughtUp: new Set(
      [...history.values()].map(({ definition, version }) => `${definition.name}@${version}`),
    ),
  };
}

/** Applies the steps one after the other; those that are refused change nothing. */
function everyApply(
  steps: readonly Step[],
  check: (before: RegistryState, decision: Accepted, after: RegistryState, step: Step) => void,
): void {
  let state = EMPTY;
  for (const next of steps) {
    const decision = decideChanges(state, next.desired, next.removal);
    if (decision.kind === 'refused') continue;
    const after = applied(state, decision);
    check(state, decision, after, next);
    state = after;
  }
}

const someSteps = fc.array(randomStep, { minLength: 1, maxLength: 6 });

const expectOfEveryApply = (check: Parameters<typeof everyApply>[1]): void =>
  fc.assert(
    fc.property(someSteps, (steps) => everyApply(steps, check)),
    { numRuns: 150 },
  );

const keysOf = (state: RegistryState): string[] =>
  state.current.map(({ definition }) => keyOf(definition)).toSorted();

describe('an apply', () => {
  it('leaves what was there, less what it tells to remove, with what it tells to create', () => {
    expectOfEveryApply((before, { changes }, after) => {
      const removed = new Set(changes.removed.map(keyOf));
      const expected = [...keysOf(before).filter((key) => !removed.has(key)), ...changes.created.map(keyOf)];
      expect(keysOf(after)).toEqual(expected.toSorted());
    });
  });

  it('brings everything to the version that it tells, and touches nothing else', () => {
    expectOfEveryApply((before, { changes }, after) => {
      const told = new Map<string, number>([
        ...changes.created.map((one) => [keyOf(one), one.version] as const),
        ...changes.changed.map((one) => [keyOf(one), one.to] as const),
        ...changes.unchanged.map((one) => [keyOf(one), one.version] as const),
      ]);
      const changed = new Set([...changes.created, ...changes.changed].map(keyOf));
      const versions = after.current.map(({ definition, version }) => {
        const key = keyOf(definition);
        return [key, told.get(key) ?? version];
      });
      expect(after.current.map(({ definition, version }) => [keyOf(definition), version])).toEqual(versions);
      const kept = after.current.filter(({ definition }) => !changed.has(keyOf(definition)));
      expect(before.current).toEqual(expect.arrayContaining([...kept]));
    });
  });

  it('publishes the plan that the registry makes of what it holds then', () => {
    expectOfEveryApply((_before, { document }, after) => {
      expect(inOneOrder(documentOf(after))).toEqual(inOneOrder(document));
    });
  });

  it('changes nothing when it is done again', () => {
    expectOfEveryApply((_before, _decision, after, { desired, removal }) => {
      const again = decideChanges(after, desired, removal);
      expect(again).toMatchObject({ kind: 'accepted', changes: { created: [], changed: [], removed: [] } });
    });
  });

  it('is the same in whatever order its definitions come', () => {
    expectOfEveryApply((before, decision, _after, { desired, removal }) => {
      const reversed = decideChanges(before, desired.toReversed(), removal);
      if (reversed.kind === 'refused') throw new Error('refused in the reversed order');
      expect(inOneOrder(reversed.document)).toEqual(inOneOrder(decision.document));
      expect(subjectsOf(reversed.changes)).toEqual(subjectsOf(decision.changes));
    });
  });
});

it('a weight of a variant that changes is told, and who moves because of it', () => {
  const board = (weight: number): Definition[] => [
    customer(''),
    {
      kind: 'Source',
      name: 'profiles',
      type: 'push',
      fields: { at: 'timestamp', customer_id: 'string', segment: 'string' },
      timestampField: 'at',
    },
    {
      kind: 'FeatureGroup',
      name: 'profile',
      entity: 'customer',
      source: 'profiles',
      features: [{ name: 'segment', type: 'string' }],
    },
    {
      kind: 'FeatureService',
      name: 'board',
      features: ['profile'],
      variants: [
        { name: 'control', weight: 90 },
        { name: 'other', weight },
      ],
    },
  ];
  const first = decideChanges(EMPTY, board(10), KEEP_ALL);
  if (first.kind === 'refused') throw new Error(first.faults[0]?.message);
  expect(decideChanges(applied(EMPTY, first), board(20), KEEP_ALL)).toMatchObject({
    changes: {
      changed: [
        {
          name: 'board',
          from: 1,
          to: 2,
          reasons: ['variants[1].weight: 10 → 20'],
          effect:
            'version 2 takes over from version 1; entities move only to variants whose weight grows, and from those whose weight falls',
        },
      ],
    },
  });
});

describe('a version of a group', () => {
  it('keeps its meaning as long as it is computed', () => {
    expectOfEveryApply((before, { document }) => {
      const known = new Map(documentOf(before).groups.map((plan) => [`${plan.name}@${plan.version}`, plan]));
      for (const plan of document.groups) {
        const old = known.get(`${plan.name}@${plan.version}`) ?? plan;
        expect({ ...plan, freshnessTargetMs: 0 }).toEqual({ ...old, freshnessTargetMs: 0 });
      }
    });
  });

  it('that is pinned refuses what would change it', () => {
    const amount = (type: 'int' | 'float'): Definition[] => [
      customer(''),
      {
        kind: 'Source',
        name: 'orders',
        type: 'stream',
        fields: { at: 'timestamp', customer_id: 'string', amount: type },
        timestampField: 'at',
      },
      {
        kind: 'FeatureGroup',
        name: 'spending',
        entity: 'customer',
        source: 'orders',
        aggregations: [{ of: 'amount', functions: ['max'], windows: ['1h'] }],
      },
      { kind: 'FeatureService', name: 'board', features: ['spending@1'] },
    ];
    const first = decideChanges(EMPTY, amount('int'), KEEP_ALL);
    if (first.kind === 'refused') throw new Error('refused');
    expect(decideChanges(applied(EMPTY, first), amount('float'), KEEP_ALL)).toEqual({
      kind: 'refused',
      faults: [
        {
          kind: 'Source',
          name: 'orders',
          at: ['fields'],
          code: 'IN_USE',
          message:
            'the change would change spending@1, which is pinned: let its services follow a newer version',
          found: 'spending@1',
        },
      ],
    });
  });

  it('is never used twice, also where its name was removed in between', () => {
    expectOfEveryApply((before, { changes }) => {
      const used = new Set(before.history.map(versionKeyOf));
      const fresh = [
        ...changes.created.map((one) => `${keyOf(one)}@${one.version}`),
        ...changes.changed.filter(({ inPlace }) => !inPlace).map((one) => `${keyOf(one)}@${one.to}`),
      ];
      expect(fresh.filter((key) => used.has(key))).toEqual([]);
    });
  });
});

/** The order in a plan says nothing. */
function inOneOrder({ groups, sources, services, ...rest }: PlanDocument): unknown {
  const sorted = (all: readonly { readonly name: string; readonly version?: number }[]): unknown =>
    all.toSorted((a, b) => a.name.localeCompare(b.name) || (a.version ?? 0) - (b.version ?? 0));
  return { ...rest, groups: sorted(groups), sources: sorted(sources), services: sorted(services) };
}

const subjectsOf = (changes: ChangeSet): unknown =>
  Object.fromEntries(
    Object.entries(changes).map(([what, subjects]) => [
      what,
      (subjects as readonly Subject[]).map(keyOf).toSorted(),
    ]),
  );
