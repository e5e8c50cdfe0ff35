/** Which plan each process runs, and whether one has come everywhere. */

/** What one process runs. */
export interface PlanStanding {
  /** The plan that it runs; absent while it has none. */
  readonly revision?: number;
  /** A newer plan that it could not load; it keeps the one that it has. */
  readonly refused?: { readonly revision: number; readonly reason: string };
}

/** A process that announced itself a moment ago. */
export interface LiveProcess extends PlanStanding {
  /** `api`, `ingest` or `worker`. */
  readonly kind: string;
  readonly id: string;
}

export interface PlanSpread {
  /** True when there are processes and all of them run the revision, or a newer one. */
  readonly everywhere: boolean;
  readonly processes: number;
  /** Those that do not run it, with the reason for a person. */
  readonly behind: readonly { readonly kind: string; readonly id: string; readonly reason: string }[];
}

export function planSpread(processes: readonly LiveProcess[], revision: number): PlanSpread {
  const behind = processes
    .filter((process) => (process.revision ?? -1) < revision)
    .map((process) => ({ kind: process.kind, id: process.id, reason: delayOf(process) }));
  return { everywhere: processes.length > 0 && behind.length === 0, processes: processes.length, behind };
}

/** What to tell of a process that keeps an old plan because it cannot load the new one; else undefined. */
export function refusalOf({ revision, refused }: PlanStanding): string | undefined {
  if (!refused) return undefined;
  const kept = revision === undefined ? 'it runs none' : `it goes on with plan ${revision}`;
  return `plan ${refused.revision} could not be loaded (${refused.reason}); ${kept}`;
}

function delayOf(process: LiveProcess): string {
  const { revision } = process;
  return refusalOf(process) ?? (revision === undefined ? 'it has no plan yet' : `it runs plan ${revision}`);
}
