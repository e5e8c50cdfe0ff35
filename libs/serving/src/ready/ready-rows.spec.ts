import { StoredFields } from '@millrace/redis';
import { compileGroup, type Instant, type PlanDocument } from '@millrace/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { batchOf } from '../../../../test/oracle/scenario-check.js';
import { ALL_KINDS, ALL_WINDOWS, scenarios, type Scenario } from '../../../../test/oracle/scenario.js';
import type { HashContents, HashReads } from '../hash-reads.js';
import { ServingPlan } from '../serving-plan.js';
import { ServedSamples } from '../usage/served-samples.js';
import { ServedUsage } from '../usage/served-usage.js';
import { ReadyRows, type MadeRow } from './ready-rows.js';

const TTL_MS = 90_000;

const bytes = (text: string): Uint8Array => Buffer.from(text);
const madeOf = (text: string): MadeRow => ({
  json: bytes(text),
  statuses: new Uint8Array(1),
  eventTimes: new Float64Array(1),
});

function planOf({ plan }: Scenario): PlanDocument {
  const group = { ...plan, name: 'group', version: 1, entity: 'customer', ttlMs: TTL_MS };
  const features = group.features.map(({ name: feature }) => ({ group: 'group', version: 1, feature }));
  return {
    revision: 1,
    entities: [{ name: 'customer', joinKeys: [{ name: 'customer', type: 'string' }], partitions: 1 }],
    sources: [],
    groups: [group],
    derivedGroups: [],
    services: [{ name: 'service', version: 1, features }],
  };
}

function servingOf(
  document: PlanDocument,
  hashes: HashReads,
  usage: ServedUsage,
  readyBytesMax = 100_000,
): ServingPlan {
  const samples = new ServedSamples(0, { append: async () => {} });
  return new ServingPlan(document, hashes, compileGroup, { usage, samples }, readyBytesMax);
}

/**
 * Answers a scenario's reads by a plan that keeps answers and by new ones: thrice, so that an answer is kept and given
 * again, and at the ends of the time for which it may be given.
 */
async function compareAnswers(scenario: Scenario): Promise<void> {
  const document = planOf(scenario);
  const engine = compileGroup(scenario.plan);
  const features = scenario.plan.features.map((_, index) => index);
  const events = scenario.steps.filter((step) => step.kind === 'event');
  const batch = batchOf(scenario.plan.inputs, events);
  const timeline = engine.create();
  const stored: (Uint8Array | null)[] = [null];
  const hashes = { read: async (): Promise<HashContents[]> => [StoredFields.of(stored)] };
  const [usage, usageOfNew] = [new ServedUsage(), new ServedUsage()];
  const keeping = servingOf(document, hashes, usage);
  const request = { service: 'service', entities: [{ customer: 'c1' }], evidence: false };
  const compare = async (now: Instant): Promise<void> => {
    const kept = await keeping.answer(request, now, String);
    const made = await servingOf(document, hashes, usageOfNew).answer(request, now, String);
    expect(kept).toBe(made);
  };
  let row = 0;
  for (const step of scenario.steps) {
    if (step.kind === 'event') {
      engine.apply(timeline, batch, row++);
      stored[0] = engine.encode(timeline);
    } else if (step.kind === 'read') {
      const now = Math.max(timeline.newest, 0) + step.afterNewestMs;
      const settled = engine.settledUntil(timeline, now, features);
      for (const instant of [now, now, now, settled - 1, settled, timeline.newest + TTL_MS + 1])
        if (instant >= now && Number.isFinite(instant)) await compare(instant);
    }
  }
  expect(usage.totals()).toEqual(usageOfNew.totals());
}

it('an answer that was ready is the answer that would be made, whatever left a window meanwhile', async () => {
  const tried = scenarios({ kinds: ALL_KINDS, windows: ALL_WINDOWS, stepsMax: 30 });
  await fc.assert(fc.asyncProperty(tried, compareAnswers), { numRuns: 80 });
}, 60_000);

it('a row is wanted when it comes the second time, and given again for the same bytes and its time only', () => {
  const rows = new ReadyRows(100_000);
  const contents = [StoredFields.of([bytes('state'), null])];
  expect([rows.isWanted('key'), rows.isWanted('key')]).toEqual([false, true]);
  rows.keep('key', { from: 10, until: 20 }, madeOf('{}'), contents);
  const isFound = (found: readonly HashContents[], asOf: Instant): boolean =>
    rows.find('key', found, asOf) !== undefined;
  expect([9, 10, 19, 20].map((asOf) => isFound(contents, asOf))).toEqual([false, true, true, false]);
  for (const other of [
    [bytes('State'), null],
    [bytes('stat'), bytes('e')],
    [bytes('state'), bytes('')],
    [bytes('state')],
    [bytes('state'), null, null],
  ]) {
    expect(isFound([StoredFields.of(other)], 15)).toBe(false);
  }
  expect(isFound([new Error('not read')], 15)).toBe(false);
});

it('what is kept stays within its bytes and what it was; the longest unused goes first', () => {
  const rows = new ReadyRows(100_000);
  const find = (key: string): string | undefined => {
    const row = rows.find(key, [StoredFields.of([bytes(key)])], 1);
    if (!row) return undefined;
    const text = row.bytes.toString('utf8', row.at, row.statusesAt).trimEnd();
    rows.renew(key, row);
    return text;
  };
  const keep = (key: string, length: number): void =>
    rows.keep(key, { from: 0, until: 2 }, madeOf(key.padEnd(length)), [StoredFields.of([bytes(key)])]);
  const keys = Array.from({ length: 100 }, (_, i) => `key ${i}`);
  for (const key of keys) {
    keep(key, 9_000);
    expect([find(key), find('key 0')]).toEqual([key, 'key 0']);
  }
  const found = keys.filter((key) => find(key) !== undefined);
  for (const key of found) expect(find(key) ?? key).toBe(key);
  expect(found.length).toBeLessThanOrEqual(11);
  expect([found[0], found.at(-1)]).toEqual(['key 0', 'key 99']);
  keep('too large', 60_000);
  expect(find('too large')).toBeUndefined();
});

it('rows of one request that do not fit together are each what they would be alone', async () => {
  const [first] = fc.sample(scenarios({ kinds: ['count'], windows: ['lifetime'], stepsMax: 1 }), 1);
  if (!first) throw new Error('no scenario');
  const hashes = {
    read: async (reads: readonly unknown[]): Promise<HashContents[]> =>
      reads.map(() => StoredFields.of([null])),
  };
  const entities = Array.from({ length: 50 }, (_, i) => ({ customer: `c${i}` }));
  const request = { service: 'service', entities, evidence: false };
  const serving = servingOf(planOf(first), hashes, new ServedUsage(), 2_000);
  const answers = await Promise.all(Array.from({ length: 6 }, () => serving.answer(request, 1_000, String)));
  for (let again = 0; again < 6; again++) answers.push(await serving.answer(request, 1_000, String));
  expect(new Set(answers).size).toBe(1);
});
