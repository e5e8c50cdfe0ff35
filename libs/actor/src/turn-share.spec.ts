import { expect, it } from 'vitest';
import { turnPlaces } from './turn-share.js';

it('gives a lone worker all places', () => {
  expect(turnPlaces(16, 1, 32)).toBe(32);
});

it('gives each of several workers its even share and one place more', () => {
  expect(turnPlaces(16, 2, 32)).toBe(9);
  expect(turnPlaces(16, 3, 32)).toBe(7);
  expect(turnPlaces(16, 16, 32)).toBe(2);
  expect(turnPlaces(3, 16, 32)).toBe(2);
});

it('never gives more than the process is allowed to hold', () => {
  expect(turnPlaces(160, 2, 32)).toBe(32);
});
