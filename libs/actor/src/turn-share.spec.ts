import { expect, it } from 'vitest';
import { LOOKS_UNSHARED, turnPlaces, TurnShare } from './turn-share.js';

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

it('takes what it can for some looks after Redis was away, then its share again', () => {
  const two = { partitions: 16, workers: 2 };
  const share = new TurnShare(32);
  share.saw(two);
  expect(share.places).toBe(9);
  share.sawNothing();
  expect(share.places).toBe(32);
  const places = Array.from({ length: LOOKS_UNSHARED + 1 }, () => (share.saw(two), share.places));
  expect(places.filter((count) => count === 32)).toHaveLength(LOOKS_UNSHARED - 1);
  expect(places.slice(-2)).toEqual([9, 9]);
});

it('lets so many turns go that one place is free for partitions that have none', () => {
  const share = new TurnShare(32);
  expect(share.surplusOf(16)).toBe(0);
  share.saw({ partitions: 16, workers: 3 });
  expect([6, 7, 9].map((held) => share.surplusOf(held))).toEqual([0, 1, 3]);
});

it('is alone while no other worker is seen, and not where nothing can be seen', () => {
  const share = new TurnShare(32);
  expect(share.isAlone).toBe(true);
  share.saw({ partitions: 16, workers: 2 });
  expect(share.isAlone).toBe(false);
  share.saw({ partitions: 16, workers: 1 });
  expect(share.isAlone).toBe(true);
  share.sawNothing();
  expect(share.isAlone).toBe(false);
});
