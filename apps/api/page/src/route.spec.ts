import { expect, it } from 'vitest';
import { readRoute, writeRoute } from './route.js';

it('what is typed survives in the address, whatever its characters', () => {
  const route = { view: 'vectors', subject: 'a/b?c', typed: { key: 'x&y=z #%', other: '7' } } as const;
  expect(readRoute(writeRoute(route))).toEqual(route);
});

it.each(['', '#', '#/', '#/nowhere', '#/%E0%A4%A'])('the address %j leads to the first view', (hash) => {
  expect(readRoute(hash).view).toBe('vectors');
});

it('an empty input is not in the address', () => {
  expect(writeRoute({ view: 'vectors', subject: 'board', typed: { airport: '' } })).toBe('#/vectors/board');
});
