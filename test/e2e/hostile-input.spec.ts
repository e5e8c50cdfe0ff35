import { expect, it } from 'vitest';
import { hostileInput } from '../faults/f17-hostile-input.js';

it('a tenth of all hostile input (F17), drawn over every route, gets no 5xx and ends no process', async () => {
  const said: string[] = [];
  const outcome = await hostileInput.run({ seed: 1, rounds: 1, say: (line) => said.push(line) });
  expect(said).toEqual([]);
  expect(outcome.figures).toContain('5xx 0 crashes 0 hung 0 4xx-without-code 0');
  expect(outcome.passed).toBe(true);
});
