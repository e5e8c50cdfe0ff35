import { expect, it } from 'vitest';
import { Activation } from './activation.js';
import { ActivationCache, type ActivationLimits, type PartitionActivations } from './activation-cache.js';
import type { TurnProgram } from './turn-program.js';

const newProgram = (revision: number): TurnProgram => ({
  entity: 'actor',
  revision,
  groups: [],
  fields: [],
  groupsOf: () => [],
  dedupHorizonMs: () => undefined,
  forgetAfterMs: undefined,
});
const program = newProgram(1);
const NO_LIMIT: ActivationLimits = { count: Infinity, bytes: Infinity };

/** A cache, and how many it passivated for which reason. */
function newCache(limits: Partial<ActivationLimits> = {}) {
  const passivated: Record<string, number> = {};
  const cache = new ActivationCache({ ...NO_LIMIT, ...limits }, (reason, count) => {
    passivated[reason] = (passivated[reason] ?? 0) + count;
  });
  return { cache, passivated };
}

/** What a turn leaves behind that activated actors 0 to `count`. */
function activate(activations: PartitionActivations, count: number): PartitionActivations {
  for (let i = 0; i < count; i++) activations.add(new Activation(String(i), []));
  return activations;
}

it('gives a turn what the one before left, where nobody else committed, and counts it meanwhile', () => {
  const { cache, passivated } = newCache();
  const kept = activate(cache.take('actor.0', program, 'commit 1'), 3);
  kept.asOf = 'commit 2';
  cache.put('actor.0', kept);
  expect(cache.count).toBe(3);
  expect(cache.bytes).toBe(kept.bytes);
  expect(cache.take('actor.0', program, 'commit 2')).toBe(kept);
  expect([cache.count, cache.bytes, passivated]).toEqual([0, 0, {}]);
});

it('forgets what is not of the newest commit or plan, and what a failed turn left, each for its reason', () => {
  const { cache, passivated } = newCache();
  cache.put('actor.0', activate(cache.take('actor.0', program, 'commit 1'), 3));
  expect(cache.take('actor.0', program, 'commit 2').count).toBe(0);
  cache.put('actor.1', activate(cache.take('actor.1', program, 'commit 1'), 4));
  expect(cache.take('actor.1', newProgram(2), 'commit 1').count).toBe(0);
  cache.discard(activate(cache.take('actor.2', program, 'commit 1'), 5));
  expect(passivated).toEqual({ stale: 3, plan: 4, failed: 5 });
  expect([cache.count, cache.bytes]).toEqual([0, 0]);
});

it.each([
  ['count', { count: 150 }],
  ['bytes', { bytes: 150 * new Activation('100', []).bytes }],
] as const)('at its limit in %s forgets those first that were not used of late', (reason, limit) => {
  const { cache, passivated } = newCache(limit);
  const activations = activate(cache.take('actor.0', program, ''), 200);
  for (let i = 0; i < 100; i++) activations.use(String(i));
  cache.put('actor.0', activations);
  expect(cache.count).toBeLessThanOrEqual(150);
  expect(passivated).toEqual({ [reason]: 200 - cache.count });
  const left = cache.take('actor.0', program, '');
  expect(Array.from({ length: 100 }, (_, i) => left.use(String(i))).every(Boolean)).toBe(true);
});

it('at its limit forgets first of the partition whose last turn is longest ago', () => {
  const { cache } = newCache({ count: 150 });
  cache.put('actor.0', activate(cache.take('actor.0', program, ''), 100));
  cache.put('actor.1', activate(cache.take('actor.1', program, ''), 100));
  expect(cache.take('actor.1', program, '').count).toBe(100);
});

it('forgets what is over its limits also while their turn goes on', () => {
  const { cache } = newCache({ count: 150 });
  const left = cache.recount('actor.0', activate(cache.take('actor.0', program, ''), 200));
  expect([left.count <= 150, cache.count]).toEqual([true, 0]);
});
