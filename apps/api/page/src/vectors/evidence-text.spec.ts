import { expect, it } from 'vitest';
import type { Evidence } from '../api/vectors.js';
import { evidenceText } from './evidence-text.js';

const EVIDENCE: Evidence = { group: 'purchases', groupVersion: 1, freshnessMs: null, newestEventTime: null };

it('a value whose events are all known is exact', () => {
  expect(evidenceText({ ...EVIDENCE, exact: true })).toMatchObject({ short: 'exact', isExact: true });
});

it('a bound is told before the events that cause it', () => {
  const text = evidenceText({ ...EVIDENCE, exact: false, uncertainEvents: 3, valueBound: 12.5 });
  expect(text).toEqual({
    short: '± 12.5',
    long: "Approximate: at most 12.5 off; 3 events may be on the wrong side of the window's edge.",
    isExact: false,
  });
});

it('a sketch tells its relative error in percent', () => {
  expect(evidenceText({ ...EVIDENCE, exact: false, sketchError: 0.0162 })?.short).toBe('± 1.6 %');
});

it('a value that no window made is neither exact nor not', () => {
  expect(evidenceText(EVIDENCE)).toBeUndefined();
});
