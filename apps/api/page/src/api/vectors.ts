import type { Api } from './api.js';
import type { ExactJson } from './exact-json.js';

export type Status = 'PRESENT' | 'NULL_VALUE' | 'NOT_FOUND' | 'OUTSIDE_MAX_AGE' | 'INVALID';

/** What a value was computed from. */
export interface VectorWindow {
  /** Null where the window has no lower bound in time. */
  readonly from: string | null;
  readonly to: string | null;
  /** How many of the newest events it holds at most, where that bounds it. */
  readonly records?: number;
}

/** Why a value is what it is. */
export interface Evidence {
  readonly group: string;
  readonly groupVersion: number;
  readonly window?: VectorWindow;
  readonly events?: number;
  readonly exact?: boolean;
  /** Events that may be on the wrong side of the window's edge. */
  readonly uncertainEvents?: number;
  /** How far off a sum or count may be. */
  readonly valueBound?: ExactJson;
  /** How far off a sketch may be, relative to the value. */
  readonly sketchError?: ExactJson;
  readonly derivedFrom?: readonly string[];
  readonly freshnessMs: number | null;
  readonly newestEventTime: string | null;
}

export interface FeatureValue {
  readonly name: string;
  readonly value: ExactJson;
  readonly status: Status;
  readonly eventTime: string | null;
  readonly evidence: Evidence | null;
}

export interface FeatureVector {
  /** The instant as of which all windows were finished. */
  readonly asOf: string;
  readonly features: readonly FeatureValue[];
  /** Groups that could not be read, and why. */
  readonly faults: Readonly<Record<string, string>>;
  /** Where the service splits entities over variants. */
  readonly variant?: string;
}

interface Answer {
  readonly asOf: string;
  readonly results: readonly {
    readonly asOf?: string;
    readonly variant?: string;
    readonly values: Readonly<Record<string, ExactJson>>;
    readonly statuses: Readonly<Record<string, Status>>;
    readonly eventTimes: Readonly<Record<string, string | null>>;
    readonly evidence?: Readonly<Record<string, Evidence | null>>;
    readonly faults?: Readonly<Record<string, string>>;
  }[];
}

/** One row of a read, its values as JSON texts: an int64 join key may be beyond what a number holds. */
export interface VectorRequest {
  readonly service: string;
  readonly joinKeys: Readonly<Record<string, string>>;
  readonly requestFields: Readonly<Record<string, string>>;
}

/** @throws ApiFault */
export async function readVector(
  api: Api,
  request: VectorRequest,
  signal: AbortSignal,
): Promise<FeatureVector> {
  const { service, joinKeys, requestFields } = request;
  const row = objectJson(requestFields);
  const body =
    `{"service":${JSON.stringify(service)},"evidence":true,"entities":[${objectJson(joinKeys)}]` +
    `${row === '{}' ? '' : `,"request":[${row}]`}}`;
  const answer = (await api.post('v1/features', body, signal)) as unknown as Answer;
  const [result] = answer.results;
  if (!result) throw new Error('the answer holds no vector');
  return {
    asOf: result.asOf ?? answer.asOf,
    ...(result.variant !== undefined && { variant: result.variant }),
    faults: result.faults ?? {},
    features: Object.entries(result.values).map(([name, value]) => ({
      name,
      value,
      status: result.statuses[name] ?? 'INVALID',
      eventTime: result.eventTimes[name] ?? null,
      evidence: result.evidence?.[name] ?? null,
    })),
  };
}

function objectJson(members: Readonly<Record<string, string>>): string {
  return `{${Object.entries(members)
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`)
    .join(',')}}`;
}
