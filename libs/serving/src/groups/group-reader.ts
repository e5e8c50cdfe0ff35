import type { FeatureValue, GroupPlan, Instant, ValueEvidence } from '@millrace/core';
import { STATUS, type Status } from '../status.js';

/** One feature that a reader wants of a group: its index in the group's plan, its slot in the vector. */
export interface WantedFeature {
  readonly feature: number;
  readonly slot: number;
}

/** Where the values of one row are written: a window on the flat arrays of the answer. */
export interface VectorRow {
  readonly values: FeatureValue[];
  readonly statuses: Uint8Array;
  /** Index of the row's slot 0. */
  readonly base: number;
}

/** One group of one entity, decoded once, finished once per row that names the entity. */
export interface StoredGroup {
  /** Event time of the newest stored event; -Infinity where nothing is stored. */
  readonly newest: Instant;
  /** Writes values and statuses of the wanted features as of an instant not before `newest`. */
  finish(asOf: Instant, row: VectorRow): void;
  /** Until when `finish` writes what it writes as of this instant, while the stored bytes are the same. */
  settledUntil(asOf: Instant): Instant;
  /** The evidence of the wanted features, in their order. */
  evidence(asOf: Instant): ValueEvidence[];
}

/** Reads one version of one group for one feature service: compiled with the plan, without state. */
export interface GroupReader {
  readonly plan: GroupPlan;
  /** The hash field that holds the group's bytes. */
  readonly field: string;
  readonly wanted: readonly WantedFeature[];
  /** @throws where the bytes cannot be read. */
  open(bytes: Uint8Array | null): StoredGroup;
}

/** True where the newest event is too old to be served: exactly `ttlMs` old is still young enough. */
export function isOutsideMaxAge(ttlMs: number | undefined, newest: Instant, asOf: Instant): boolean {
  return ttlMs !== undefined && asOf - newest > ttlMs;
}

/** The first instant of `isOutsideMaxAge`; Infinity for a value that never grows too old. */
export function maxAgeEnd(ttlMs: number | undefined, newest: Instant): Instant {
  return ttlMs === undefined ? Infinity : newest + ttlMs + 1;
}

/** Writes one value; the default stands in for a null, the status still tells what was found. */
export function writeSlot(
  row: VectorRow,
  slot: number,
  value: FeatureValue,
  status: Status,
  fallback: FeatureValue,
): void {
  const usable = isUsable(value) ? value : null;
  row.values[row.base + slot] = usable === null ? fallback : usable;
  row.statuses[row.base + slot] = usable === null && status === STATUS.PRESENT ? STATUS.NULL_VALUE : status;
}

/** NaN and the infinities are no values: JSON has no word for them, and models should not meet them. */
function isUsable(value: FeatureValue): boolean {
  return typeof value !== 'number' || Number.isFinite(value);
}
