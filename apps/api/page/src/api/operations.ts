import type { Api } from './api.js';

/** One stream partition, as `GET /v1/partitions` shows it. */
export interface Partition {
  /** `airport.3` */
  readonly partition: string;
  readonly generation: number;
  readonly worker?: string;
  readonly offset: string;
  readonly lastEntry: string;
  readonly mailbox: { readonly frames: number; readonly events: number; readonly bytes: number };
  /** Age of the oldest frame that is not yet applied; 0 when there is none. */
  readonly lagMs: number;
  readonly applied: { readonly frames: number; readonly events: number; readonly bytes: number };
  readonly tooLate: number;
  readonly deadLetters: { readonly kept: number; readonly bytes: number; readonly dropped: number };
  readonly awake: boolean;
}

/** How fresh one version of one group is, over all of its entities, as `GET /v1/freshness` shows it. */
export interface GroupFreshness {
  readonly group: string;
  readonly version: number;
  readonly freshnessMs: number | null;
  readonly lagMs: number;
  readonly targetMs: number | null;
  readonly withinTarget: boolean | null;
}

export interface Operations {
  readonly partitions: readonly Partition[];
  readonly freshness: readonly GroupFreshness[];
}

/** @throws ApiFault */
export async function readOperations(api: Api, signal: AbortSignal): Promise<Operations> {
  const [partitions, freshness] = await Promise.all([
    api.get('v1/partitions', signal),
    api.get('v1/freshness', signal),
  ]);
  return {
    ...(partitions as unknown as Pick<Operations, 'partitions'>),
    freshness: (freshness as unknown as { groups: readonly GroupFreshness[] }).groups,
  };
}
