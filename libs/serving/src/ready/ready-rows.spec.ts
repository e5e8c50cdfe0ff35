import { compileGroup, type Instant, type PlanDocument } from '@millrace/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { batchOf } from '../../../../test/oracle/scenario-check.js';
import { ALL_KINDS, ALL_WINDOWS, scenarios, type Scenario } from '../../../../test/oracle/scenario.js';
import type { HashContents, HashReads } from '../hash-reads.js';
import { ServingPlan } from '../serving-plan.js';
import { ServedSamples } from '../usage/served-samples.js';
import { ServedUsage } from '../usage/served-usage.js';
import { PackedContents, ReadyRows } from './ready-rows.js';

const TTL_MS = 90_000;

const bytes = (text: string): Uint8Array => Buffer.from(text);

function packed(contents: readonly HashContents[]): PackedContents {
  const made = PackedContents.of(contents);
  if (!made) throw new Error('these contents hold an error');
  return made;
}

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

function servingOf(document: PlanDocument, hashes: HashReads, usage: ServedUsage): ServingPlan {
  const samples = new ServedSamples(0, { append: async () => {} });
  return new ServingPlan(document, hashes, compileGroup, { usage, samples });
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
  const hashes = { read: async (): Promise<HashContents[]> => [[...stored]] };
  const [usage, usageOfNew] = [new ServedUsage(), new ServedUsage()];
  const keeping = servingOf(document, hashes, usage);
  const request = { service: 'service', entities: [{ customer: 'c1' }], evidence: false };
  const compare = async (now: Instant): Promise<void> => {
    const kept = await keeping.answer(request, now);
    const made = await servingOf(document, hashes, usageOfNew).answer(request, now);
    expect(kept.toString()).toBe(made.toString());
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
  const contents = [[bytes('state'), null]];
  expect([rows.isWanted('key'), rows.isWanted('key')]).toEqual([false, true]);
  const row = {
    from: 10,
    until: 20,
    json: bytes('{}'),
    statuses: new Uint8Array(1),
    contents: packed(contents),
  };
  rows.keep('key', row);
  expect([9, 10, 19, 20].map((asOf) => rows.find('key', contents, asOf) === row)).toEqual([
    false,
    true,
    true,
    false,
  ]);
  for (const other of [
    [[bytes('State'), null]],
    [[bytes('stat'), bytes('e')]],
    [[bytes('state'), bytes('')]],
    [[bytes('state')]],
    [[bytes('state'), null], []],
    [new Error('not read')],
  ]) {
    expect(rows.find('key', other, 15) === row).toBe(other.length === 2);
  }
});

it('what is kept stays within its bytes; the longest unused goes first', () => {
  const rows = new ReadyRows(100_000);
  const contents = packed([[bytes('state')]]);
  const find = (key: string): boolean => rows.find(key, [[bytes('state')]], 1) !== undefined;
  const keep = (key: string): void =>
    rows.keep(key, { from: 0, until: 2, json: new Uint8Array(9_000), statuses: new Uint8Array(1), contents });
  for (let i = 0; i < 100; i++) {
    keep(`key ${i}`);
    expect(find('key 0')).toBe(true);
  }
  const found = Array.from({ length: 100 }, (_, i) => find(`key ${i}`));
  expect(found.filter(Boolean).length).toBeLessThanOrEqual(10);
  expect([found[0], found[99], found[50]]).toEqual([true, true, false]);
  rows.keep('too large', {
    from: 0,
    until: 2,
    json: new Uint8Array(60_000),
    statuses: new Uint8Array(1),
    contents,
  });
  expect(find('too large')).toBe(false);
});
