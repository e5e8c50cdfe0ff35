import { expect, it } from 'vitest';
import { durationText, lengthText } from './durations.js';

it.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1_000, '1 s'],
  [61_000, '1 min 1 s'],
  [3_600_000, '1 h'],
  [5_269_010, '1 h 27 min'],
  [90_000_000, '1 d 1 h'],
])('a duration of %i ms reads %s', (durationMs, text) => {
  expect(durationText(durationMs)).toBe(text);
});

it.each([
  [250, '250 ms'],
  [1_500, '1.5 s'],
  [8_140, '8.1 s'],
  [584_096, '9 min 44 s'],
  [90_000, '90 s'],
  [3_600_000, '1 h'],
  [86_400_000, '24 h'],
  [604_800_000, '7 d'],
])('a length of %i ms is written %s', (lengthMs, text) => {
  expect(lengthText(lengthMs)).toBe(text);
});
