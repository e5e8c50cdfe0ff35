import type { Instant, ValueEvidence } from '@millrace/core';
import type { OutputFeature } from '../layout/read-layout.js';
import { instantJson } from './value-json.js';

/**
 * @param newest event time of the newest event of the feature's group; -Infinity where there is none
 * @param asOf the instant of the row
 */
export type EvidenceWriter = (evidence: ValueEvidence | undefined, newest: Instant, asOf: Instant) => string;

/** The range of ECMAScript dates; windows reach beyond it where an instant lies at its ends. */
const INSTANT_MAX = 8.64e15;

/**
 * Writes why a value of one feature is what it is. By hand, because evidence is most of an answer that holds it:
 * `JSON.stringify` of an object made for it took ten times as long. Derived values have no window of their own: their
 * evidence is what they were computed from.
 */
export function evidenceWriterOf(output: OutputFeature): EvidenceWriter {
  const { group, version, derivedFrom, records } = output;
  const named = `"group":${JSON.stringify(group)},"groupVersion":${version}`;
  const owner = derivedFrom ? `"derivedFrom":${JSON.stringify(derivedFrom)},${named}` : named;
  const windowEnd = records === undefined ? '},' : `,"records":${records}},`;
  return (evidence, newest, asOf) => {
    const newestEvent = derivedFrom ? newest : (evidence?.newestEventTime ?? -Infinity);
    const found = evidence ? windowJson(evidence) + windowEnd + foundJson(evidence) : '';
    const freshness = Number.isFinite(newestEvent) ? asOf - newestEvent : null;
    return `{${found}${owner},"freshnessMs":${freshness},"newestEventTime":${boundJson(newestEvent)}}`;
  };
}

const windowJson = ({ from, to }: ValueEvidence): string =>
  `"window":{"from":${boundJson(from)},"to":${boundJson(to)}`;

function foundJson({ events, exact, uncertainEvents, valueBound, sketchError }: ValueEvidence): string {
  return (
    `"events":${events},"exact":${exact},` +
    member('uncertainEvents', uncertainEvents) +
    member('valueBound', valueBound) +
    member('sketchError', sketchError)
  );
}

function member(name: string, value: number | undefined): string {
  return value === undefined ? '' : `"${name}":${Number.isFinite(value) ? value : 'null'},`;
}

function boundJson(instant: Instant | null): string {
  if (instant === null || !Number.isFinite(instant)) return 'null';
  return instantJson(Math.max(-INSTANT_MAX, Math.min(INSTANT_MAX, instant)));
}
