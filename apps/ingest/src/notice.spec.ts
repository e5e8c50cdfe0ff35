import { expect, it } from 'vitest';
import { NotJson } from './body.js';
import { noticeOf } from './notice.js';

const source = {
  name: 'orders',
  version: 1,
  type: 'stream',
  timestampField: 'at',
  fields: [
    { name: 'at', type: 'timestamp' },
    { name: 'amount', type: 'float' },
  ],
} as const;
const read = { source, routes: [{}] } as unknown as Parameters<typeof noticeOf>[0];

it.each([
  [{ at: 1, amount: 2 }, undefined],
  [{ at: 1 }, undefined],
  [{ at: 1, amont: 2 }, 'source orders has no field "amont": it is ignored; did you mean "amount"?'],
  [{ at: 1, currency: 'EUR' }, 'source orders has no field "currency": it is ignored'],
  [null, undefined],
  [[1], undefined],
])('of an event %j the sender is told %j', (event, notice) => {
  expect(noticeOf(read, [event])).toBe(notice);
});

it('says where events of a source reach no group at all', () => {
  expect(noticeOf({ ...read, routes: [] }, [{ at: 1 }])).toMatch(/^no feature group reads this source yet/);
});

it('has nothing to say of a line that is no JSON', () => {
  expect([noticeOf(read, [new NotJson('')]), noticeOf(read, [])]).toEqual([undefined, undefined]);
});
