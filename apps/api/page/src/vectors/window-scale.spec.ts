import { expect, it } from 'vitest';
import { windowScale } from './window-scale.js';

const HOUR_MS = 3_600_000;

it('now is at the right edge, the longest window begins inside the left one', () => {
  const scale = windowScale([HOUR_MS, 24 * HOUR_MS]);
  expect(scale.position(0)).toBe(100);
  expect(scale.position(24 * HOUR_MS)).toBeGreaterThan(0);
  expect(scale.position(24 * HOUR_MS)).toBeLessThan(10);
  expect(scale.position(1_000 * HOUR_MS)).toBe(0);
});

it('older is always further left', () => {
  const { position } = windowScale([24 * HOUR_MS]);
  const positions = [1_000, 10_000, 60_000, HOUR_MS, 24 * HOUR_MS].map(position);
  expect(positions).toEqual(positions.toSorted((one, other) => other - one));
  expect(new Set(positions).size).toBe(positions.length);
});

it('without any window that begins in time it still shows a day', () => {
  expect(windowScale([]).oldestMs).toBeGreaterThan(24 * HOUR_MS);
  expect(windowScale([Infinity, NaN]).position(HOUR_MS)).toBeGreaterThan(0);
});
