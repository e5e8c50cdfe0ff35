import { MillraceError, type RegisteredDefinition } from '@millrace/core';
import {
  Database,
  decideChanges,
  Registry,
  type ApplyResult,
  type ChangeSet,
  type RegistryState,
} from '@millrace/registry';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStep, type Step } from '../../definitions/random-steps.js';
import { startPostgres, type TestDatabase } from '../../kit/index.js';

let server: TestDatabase;
let databases: readonly Database[];

beforeAll(async () => {
  server = await startPostgres();
  // Two processes: each with connections of its own.
  databases = [1, 2].map(() => new Database({ databaseUrl: server.url, onError: unexpected }));
});

afterAll(async () => {
  await Promise.all(databases.map((database) => database.close()));
  await server.stop();
});

function unexpected(error: Error): void {
  throw error;
}

interface Applied {
  readonly step: Step;
  readonly outcome: ApplyResult;
}

/** What became of an apply; undefined where it was refused, which changes nothing. */
async function outcomeOf(registry: Registry, { desired, removal }: Step): Promise<ApplyResult | undefined> {
  try {
    return await registry.apply({ definitions: desired, removal, by: 'test' });
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'INVALID_DEFINITION') return undefined;
    throw error;
  }
}

const hasEffect = ({ changes }: ApplyResult): boolean =>
  changes.created.length + changes.changed.length + changes.removed.length > 0;

/** What the registry holds after these applies, one after the other in the order of their revisions. */
function afterAllOf(before: RegistryState, applies: readonly Applied[]): RegistryState {
  return applies
    .toSorted((a, b) => a.outcome.revision - b.outcome.revision)
    .reduce((state, { step, outcome }) => {
      const decision = decideChanges(state, step.desired, step.removal);
      if (decision.kind === 'refused') throw new Error(decision.faults[0]?.message);
      expect(outcome.revision).toBe(state.revision + 1);
      expect(inOneOrder(outcome.changes)).toEqual(inOneOrder(decision.changes));
      const history = new Map([...state.history, ...decision.after].map((one) => [keyOf(one), one]));
      return {
        ...state,
        revision: outcome.revision,
        current: decision.after,
        history: [...history.values()],
      };
    }, before);
}

/** What is told, whatever the order in which the registry holds its definitions. */
const inOneOrder = (changes: ChangeSet): readonly (readonly string[])[] =>
  [changes.created, changes.changed, changes.removed].map((list) =>
    list.map((change) => JSON.stringify(change)).toSorted(),
  );

const keyOf = ({ definition, version }: RegisteredDefinition): string =>
  `${definition.kind}/${definition.name}@${version}`;

const contentOf = ({ current }: RegistryState): readonly string[] =>
  current.map((one) => `${keyOf(one)} ${JSON.stringify(one.definition)}`).toSorted();

describe('two appliers at the same time', () => {
  it('leave what they would one after the other, in the order of their revisions', async () => {
    const [one, other] = databases.map((database) => new Registry(database)) as [Registry, Registry];
    let applied = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(randomStep, { minLength: 2, maxLength: 5 }), async (steps) => {
        const before = await one.state();
        const outcomes = await Promise.all(
          steps.map((step, i) => outcomeOf(i % 2 === 0 ? one : other, step)),
        );
        const applies = steps.flatMap((step, i): Applied[] => {
          const outcome = outcomes[i];
          return outcome && hasEffect(outcome) ? [{ step, outcome }] : [];
        });
        expect(contentOf(await one.state())).toEqual(contentOf(afterAllOf(before, applies)));
        applied += applies.length;
      }),
      { numRuns: 25 },
    );
    expect(applied).toBeGreaterThan(25);
  });
});
