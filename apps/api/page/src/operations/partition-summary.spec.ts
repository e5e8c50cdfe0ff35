import { expect, it } from 'vitest';
import type { Partition } from '../api/operations.js';
import { summaryOf } from './partition-summary.js';

function partition(name: string, events: number, lagMs: number): Partition {
  return {
    partition: name,
    generation: 1,
    offset: '0-0',
    lastEntry: '0-0',
    mailbox: { frames: 1, events, bytes: 10 * events },
    lagMs,
    applied: { frames: 1, events: 5, bytes: 50 },
    tooLate: 0,
    deadLetters: { kept: 1, bytes: 100, dropped: 0 },
    awake: events > 0,
  };
}

it('sums what waits, and takes the lag of the partition that is furthest behind', () => {
  const summary = summaryOf([
    partition('airport.0', 3, 40),
    partition('airport.1', 0, 0),
    partition('route.0', 4, 900),
  ]);
  expect(summary).toMatchObject({
    mailbox: { events: 7, bytes: 70 },
    lagMs: 900,
    awake: 2,
    applied: 15,
    deadLetters: 3,
  });
  expect(summary.entities.map(({ entity, events }) => [entity, events])).toEqual([
    ['airport', 3],
    ['route', 4],
  ]);
});
