/** How often each thing came to pass in a run. */
export interface Happenings {
  steps: number;
  events: number;
  commits: number;
  /** Commits that were refused, of turns that were overtaken. */
  refused: number;
  /** Turns that used up their time. */
  yielded: number;
  crashes: number;
  pauses: number;
  /** Locks that lapsed while their worker went on: two owners. */
  lapses: number;
  lostRequests: number;
  lostReplies: number;
  repeatedRequests: number;
  lostWakes: number;
  /** Failovers that lost commits. */
  failovers: number;
  /** Partitions that the sweep had to wake. */
  swept: number;
  planChanges: number;
  /** Reads of frames that were applied before, for a group that was behind. */
  catchUps: number;
  /** Events that groups refused. */
  deadLetters: number;
}

export const NOTHING: Readonly<Happenings> = {
  steps: 0,
  events: 0,
  commits: 0,
  refused: 0,
  yielded: 0,
  crashes: 0,
  pauses: 0,
  lapses: 0,
  lostRequests: 0,
  lostReplies: 0,
  repeatedRequests: 0,
  lostWakes: 0,
  failovers: 0,
  swept: 0,
  planChanges: 0,
  catchUps: 0,
  deadLetters: 0,
};
