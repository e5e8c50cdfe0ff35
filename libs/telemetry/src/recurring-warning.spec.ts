import { expect, test } from 'vitest';
import { recurringWarning } from './recurring-warning.js';

test('of a fault that repeats one line stands in ten seconds, with how often it came', () => {
  let nowMs = 0;
  const lines: object[] = [];
  const logger = { warn: (line: object) => void lines.push(line) };
  const warn = recurringWarning(logger, 'redis connection', () => nowMs);
  const [refused, lost] = [new Error('connect ECONNREFUSED'), new Error('connection lost')];
  for (; nowMs < 10_000; nowMs += 500) warn(refused);
  warn(lost);
  warn(refused);
  warn(refused);
  expect(lines).toEqual([{ err: refused }, { err: lost }, { err: refused, times: 20 }]);
});
