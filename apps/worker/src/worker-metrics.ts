import type {
  ActivationCache,
  CommittedBatch,
  PartitionStatus,
  PassivationReason,
  TurnEnd,
  WakeReason,
} from '@millrace/actor';
import type { Metrics } from '@millrace/telemetry';

/** What a worker counts; each name documents itself at `/metrics`. */
export class WorkerMetrics {
  readonly #turns;
  readonly #failures;
  readonly #repeats;
  readonly #refused;
  readonly #frames;
  readonly #events;
  readonly #deadLetters;
  readonly #delay;
  readonly #passivations;
  readonly #woken;

  constructor(private readonly metrics: Metrics) {
    this.#turns = metrics.counter('millrace_turns_total', 'Turns by how they ended', ['end']);
    this.#failures = metrics.counter('millrace_turn_failures_total', 'Turns that failed and are tried again');
    this.#repeats = metrics.counter(
      'millrace_turns_repeated_total',
      'Turns that began with mail which an earlier one did not commit: it died, failed, or took longer than its lock',
    );
    this.#refused = metrics.counter('millrace_commits_refused_total', 'Commits refused, by why', ['why']);
    this.#frames = metrics.counter('millrace_frames_applied_total', 'Frames committed');
    this.#events = metrics.counter('millrace_events_applied_total', 'Events committed');
    this.#deadLetters = metrics.counter('millrace_dead_letters_total', 'Events that could not be applied', [
      'code',
    ]);
    this.#delay = metrics.seconds(
      'millrace_apply_delay_seconds',
      'From the append of the newest frame of a batch, on the clock of Redis, to its commit',
    );
    this.#passivations = metrics.counter('millrace_passivations_total', 'Actors forgotten, by why', [
      'reason',
    ]);
    this.#woken = metrics.counter(
      'millrace_sweep_woken_total',
      'Partitions that the sweep woke, by why: mail whose wake-up was lost, or the catch-up of a group that came with a plan',
      ['reason'],
    );
  }

  turn(end: TurnEnd): void {
    this.#turns.inc({ end: end.kind });
  }

  turnFailed(): void {
    this.#failures.inc();
  }

  turnRepeated(): void {
    this.#repeats.inc();
  }

  refused(why: string): void {
    this.#refused.inc({ why });
  }

  committed(batch: CommittedBatch, now: number): void {
    this.#frames.inc(batch.frames);
    this.#events.inc(batch.events);
    this.#delay.observe(Math.max(0, now - batch.appendedAt) / 1_000);
    for (const { code } of batch.deadLetters) this.#deadLetters.inc({ code });
  }

  passivated(reason: PassivationReason, count: number): void {
    this.#passivations.inc({ reason }, count);
  }

  woken(partitions: number, reason: WakeReason): void {
    this.#woken.inc({ reason }, partitions);
  }

  /** Values that are looked up at each scrape. */
  watch(sources: {
    readonly cache: ActivationCache;
    readonly turns: { readonly held: number; readonly waiting: number; readonly places: number };
    readonly jobs: () => Promise<Readonly<Record<string, number>>>;
    readonly sweeps: () => Promise<Readonly<Record<string, number>>>;
    readonly partitions: () => Promise<readonly PartitionStatus[]>;
  }): void {
    const { metrics } = this;
    metrics.gauge('millrace_activations', 'Actors in memory between turns', [], (gauge) =>
      gauge.set(sources.cache.count),
    );
    metrics.gauge('millrace_activation_bytes', 'Bytes of actors in memory between turns', [], (gauge) =>
      gauge.set(sources.cache.bytes),
    );
    metrics.gauge('millrace_turns_held', 'Turns in hand, those that wait for mail among them', [], (gauge) =>
      gauge.set(sources.turns.held),
    );
    metrics.gauge(
      'millrace_turns_waiting',
      'Turns in hand that wait to work, few do at a time',
      [],
      (gauge) => gauge.set(sources.turns.waiting),
    );
    metrics.gauge('millrace_turn_places', 'Turns that this worker may hold: its share and one', [], (gauge) =>
      gauge.set(sources.turns.places),
    );
    metrics.gauge('millrace_turn_jobs', 'Turns in the queue, by state', ['state'], async (gauge) => {
      for (const [state, count] of Object.entries(await sources.jobs())) gauge.set({ state }, count);
    });
    metrics.gauge('millrace_sweep_jobs', 'Sweeps in their queue, by state', ['state'], async (gauge) => {
      for (const [state, count] of Object.entries(await sources.sweeps())) gauge.set({ state }, count);
    });
    watchPartitions(metrics, sources.partitions);
  }
}

/** What a partition says of itself: name, help, value. */
type PartitionGauge = readonly [
  name: `millrace_${string}`,
  help: string,
  of: (status: PartitionStatus) => number,
];

const PARTITION_GAUGES: readonly PartitionGauge[] = [
  ['millrace_mailbox_lag_seconds', 'Age of the oldest event not yet applied', ({ lagMs }) => lagMs / 1_000],
  ['millrace_mailbox_events', 'Events not yet applied', ({ mailbox }) => mailbox.events],
  ['millrace_mailbox_frames', 'Frames not yet applied', ({ mailbox }) => mailbox.frames],
  ['millrace_mailbox_bytes', 'Bytes not yet applied', ({ mailbox }) => mailbox.bytes],
  [
    'millrace_history_frames',
    'Applied frames that are kept for groups to come',
    ({ history }) => history.frames,
  ],
  [
    'millrace_history_bytes',
    'Bytes of applied frames that are kept, by the average size of all that were applied',
    ({ history }) => history.bytes,
  ],
  [
    'millrace_seen_ids',
    'Event ids that are remembered for the horizon of de-duplication',
    ({ seenIds }) => seenIds,
  ],
  ['millrace_dead_letters_kept', 'Dead letters kept', ({ deadLetters }) => deadLetters.kept],
  ['millrace_dead_letter_bytes', 'Bytes of dead letters kept', ({ deadLetters }) => deadLetters.bytes],
  [
    'millrace_dead_letters_dropped',
    'Dead letters beyond the limit',
    ({ deadLetters }) => deadLetters.dropped,
  ],
  ['millrace_events_too_late', 'Events older than every window', ({ tooLate }) => tooLate],
  [
    'millrace_events_beyond_dedup_horizon',
    'Events older on arrival than the de-duplication horizon: a repetition may not be recognized',
    ({ beyondHorizon }) => beyondHorizon,
  ],
];

/** One look at the partitions for all gauges of a scrape: whichever asks first takes it, the others wait for it. */
function watchPartitions(metrics: Metrics, partitions: () => Promise<readonly PartitionStatus[]>): void {
  let looking: Promise<readonly PartitionStatus[]> | undefined;
  const look = (): Promise<readonly PartitionStatus[]> => {
    looking ??= partitions().finally(() => {
      looking = undefined;
    });
    return looking;
  };
  for (const [name, help, of] of PARTITION_GAUGES) {
    metrics.gauge(name, help, ['partition'], async (gauge) => {
      const statuses = await look();
      // A partition of an entity that was removed would keep its last lag for good.
      gauge.reset();
      for (const status of statuses) gauge.set({ partition: status.partition }, of(status));
    });
  }
}
