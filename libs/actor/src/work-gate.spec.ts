import { expect, it } from 'vitest';
import { WorkGate } from './work-gate.js';

it('a gate lets as many in as it has places, and the next in order when one leaves', async () => {
  const gate = new WorkGate(2);
  const entered: number[] = [];
  const all = [0, 1, 2, 3].map((n) => gate.enter().then(() => entered.push(n)));
  await Promise.all(all.slice(0, 2));
  expect(entered).toEqual([0, 1]);
  expect(gate.waiting).toBe(2);
  gate.leave();
  await all[2];
  expect(entered).toEqual([0, 1, 2]);
  gate.leave();
  gate.leave();
  gate.leave();
  await Promise.all(all);
  await gate.enter();
  expect(gate.waiting).toBe(0);
  expect(entered).toEqual([0, 1, 2, 3]);
});
