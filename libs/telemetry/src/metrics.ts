import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Milliseconds from a tenth to ten seconds: what a request, a commit or a freshness can take here. */
const LATENCY_SECONDS = [
  0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10,
];

/** Scrapers wait some ten seconds. */
const LOOK_UP_MS_MAX = 2_000;

/**
 * The metrics of one process. Every metric is made here with its help text, so that `/metrics` documents
 * itself; names begin with `millrace_` and end with their unit.
 */
export interface Metrics {
  counter<L extends string>(
    name: `millrace_${string}_total`,
    help: string,
    labels?: readonly L[],
    /** Called at each scrape: for totals that are kept elsewhere. */
    collect?: (counter: Counter<L>) => void | Promise<void>,
  ): Counter<L>;
  gauge<L extends string>(
    name: `millrace_${string}`,
    help: string,
    labels?: readonly L[],
    /**
     * Called at each scrape: for values that are looked up, not counted. Where it fails or takes longer than two seconds,
     * because a store is away, the metric is left out of that scrape and the others are told: they say what is wrong.
     */
    collect?: (gauge: Gauge<L>) => void | Promise<void>,
  ): Gauge<L>;
  /** A histogram of seconds with buckets from 0.1 ms to 10 s. */
  seconds<L extends string>(
    name: `millrace_${string}_seconds`,
    help: string,
    labels?: readonly L[],
  ): Histogram<L>;
  /** The Prometheus text of all of them. */
  text(): Promise<string>;
  readonly contentType: string;
}

export function createMetrics(process: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  collectDefaultMetrics({ register: registry });
  return {
    counter: (name, help, labels = [], collect) =>
      new Counter({
        name,
        help,
        labelNames: [...labels],
        registers: [registry],
        ...(collect && {
          async collect() {
            await collect(this);
          },
        }),
      }),
    gauge: (name, help, labels = [], collect) =>
      new Gauge({
        name,
        help,
        labelNames: [...labels],
        registers: [registry],
        ...(collect && { collect: lookUp(collect) }),
      }),
    seconds: (name, help, labels = []) =>
      new Histogram({ name, help, labelNames: [...labels], buckets: LATENCY_SECONDS, registers: [registry] }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** A look-up that is still under way is waited for, not begun again: a store that is away gathers no questions. */
function lookUp<L extends string>(
  collect: (gauge: Gauge<L>) => void | Promise<void>,
): (this: Gauge<L>) => Promise<void> {
  let looking: Promise<void> | undefined;
  return async function (this: Gauge<L>): Promise<void> {
    looking ??= (async () => collect(this))().finally(() => {
      looking = undefined;
    });
    const isKnown = await inTime(looking);
    if (!isKnown) this.reset();
  };
}

/** Whether work ended well within the time of a look-up. */
async function inTime(work: Promise<void>): Promise<boolean> {
  let deadline: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    deadline = setTimeout(() => resolve(false), LOOK_UP_MS_MAX);
  });
  const done = work.then(
    () => true,
    () => false,
  );
  const isKnown = await Promise.race([done, late]);
  clearTimeout(deadline);
  return isKnown;
}
