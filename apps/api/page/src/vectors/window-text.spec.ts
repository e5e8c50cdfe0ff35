import { expect, it } from 'vitest';
import { windowText } from './window-text.js';

const to = '2026-11-27T00:01:00.000Z';
const from = '2026-11-27T00:00:00.000Z';

it('a window is told by its length, by its events, or by both', () => {
  const asOfMs = Date.parse(to);
  expect(windowText({ from, to }, asOfMs)).toBe('1 min');
  expect(windowText({ from, to: null }, asOfMs + 60_000)).toBe('2 min');
  expect(windowText({ from: null, to }, asOfMs)).toBe('all time');
  expect(windowText({ from: null, to, records: 5 }, asOfMs)).toBe('last 5 events');
  expect(windowText({ from, to, records: 20 }, asOfMs)).toBe('last 20 in 1 min');
  expect(windowText({ from: null, to, records: 1 }, asOfMs)).toBe('newest event');
});
