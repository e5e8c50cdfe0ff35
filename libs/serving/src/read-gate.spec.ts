import { expect, it } from 'vitest';
import { ReadGate } from './read-gate.js';

it('a request beyond the bound is refused at once, and passes when the others are done', async () => {
  const gate = new ReadGate(10);
  let finish = (): void => {};
  const first = gate.pass(8, () => new Promise<void>((resolve) => (finish = resolve)));
  await expect(gate.pass(3, async () => 'read')).rejects.toThrow(
    '8 rows are being read or written; at most 10',
  );
  await expect(gate.pass(2, async () => 'read')).resolves.toBe('read');
  finish();
  await first;
  await expect(gate.pass(10, async () => 'read')).resolves.toBe('read');
});

it('a read that fails gives its rows back', async () => {
  const gate = new ReadGate(1);
  await expect(gate.pass(1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(gate.inFlight).toBe(0);
});
