import { setTimeout as delay } from 'node:timers/promises';
import { DEFINITIONS } from './payments.js';

const PAUSE_MS = 20;
const HUNG_MS = 10_000;

/** Times by the phase of a test in which they were taken, in ms. */
export class PhaseTimes {
  readonly #times = new Map<string, number[]>();

  /** @param phase tells the phase that the test is in now. */
  constructor(private readonly phase: () => string) {}

  add(tookMs: number): void {
    const times = this.#times.get(this.phase());
    if (times) times.push(tookMs);
    else this.#times.set(this.phase(), [tookMs]);
  }

  /** 0 where nothing was timed. */
  p99(phase: string): number {
    const times = (this.#times.get(phase) ?? []).toSorted((one, other) => one - other);
    return times[Math.ceil(times.length * 0.99) - 1] ?? 0;
  }
}

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly hasRetryAfter: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

async function ask(url: string, method: string, path: string, body?: object): Promise<Answer> {
  const answer = await fetch(`${url}${path}`, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
    signal: AbortSignal.timeout(HUNG_MS),
  });
  const answered = (await answer.json()) as Record<string, unknown>;
  return {
    status: answer.status,
    code: String(answered['code']),
    hasRetryAfter: answer.headers.has('retry-after'),
    body: answered,
  };
}

/** A model that reads features, one request after the other. */
export class FeatureReads {
  failed = 0;
  done = 0;
  readonly #end = new AbortController();
  #reading: Promise<void> | undefined;

  constructor(
    private readonly apiUrl: string,
    private readonly times: PhaseTimes,
  ) {}

  start(): this {
    this.#reading = this.#read();
    return this;
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#reading;
  }

  async #read(): Promise<void> {
    while (!this.#end.signal.aborted) {
      const body = {
        features: ['account_payments:count_1h', 'account_payments:amount_sum_24h'],
        entities: [{ account: `account-${this.done % 300}` }],
      };
      const startedMs = performance.now();
      const status = await ask(this.apiUrl, 'POST', '/v1/features', body).then(
        (answer) => answer.status,
        () => 0,
      );
      this.times.add(performance.now() - startedMs);
      this.done++;
      if (status !== 200) this.failed++;
      await delay(PAUSE_MS);
    }
  }
}

/** Somebody who registers one entity after the other, and knows which of them the api took. */
export class Applier {
  readonly taken: string[] = [];
  /** Answers other than a change made and a proper 503. */
  readonly strange: string[] = [];
  refused = 0;
  readonly #end = new AbortController();
  #applying: Promise<void> | undefined;

  constructor(private readonly apiUrl: string) {}

  start(): this {
    this.#applying = this.#apply();
    return this;
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#applying;
  }

  async #apply(): Promise<void> {
    for (let made = 1; !this.#end.signal.aborted; made++) {
      const name = `probe_${made}`;
      const joinKeys = [{ name: 'id', type: 'int' }];
      const answer = await ask(this.apiUrl, 'PUT', `/v1/entities/${name}`, { joinKeys }).catch(String);
      if (typeof answer === 'string') this.strange.push(`PUT ${name}: ${answer}`);
      else if (answer.status < 300) this.taken.push(name);
      else if (isAway(answer)) this.refused++;
      else this.strange.push(`PUT ${name}: ${answer.status} ${answer.code}`);
      await delay(PAUSE_MS);
    }
  }
}

const isAway = ({ status, code, hasRetryAfter }: Answer): boolean =>
  status === 503 && code === 'POSTGRES_UNAVAILABLE' && hasRetryAfter;

/** What needs the registry; each must say that it is away, and when to come back. */
const ADMIN_REQUESTS: readonly (readonly [method: string, path: string, body?: object])[] = [
  ['POST', '/v1/apply', { definitions: DEFINITIONS }],
  ['POST', '/v1/apply', { definitions: DEFINITIONS, dryRun: true }],
  ['GET', '/v1/entities'],
  ['GET', '/v1/sources/payments'],
  ['GET', '/v1/feature-groups/account_payments/versions'],
  ['DELETE', '/v1/feature-groups/account_payments'],
  ['GET', '/v1/changes'],
  ['POST', '/v1/keys', { name: 'probe', scopes: ['read'] }],
  ['GET', '/v1/keys'],
];

/** Asks each of them once; answers those that said something else. */
export async function notRefused(apiUrl: string): Promise<string[]> {
  const answers = await Promise.all(
    ADMIN_REQUESTS.map(async ([method, path, body]) => {
      const answer = await ask(apiUrl, method, path, body).catch(String);
      if (typeof answer === 'string') return `${method} ${path}: ${answer}`;
      return isAway(answer) ? '' : `${method} ${path}: ${answer.status} ${answer.code}`;
    }),
  );
  return answers.filter((answer) => answer !== '');
}

export const ADMIN_REQUESTS_COUNT = ADMIN_REQUESTS.length;

/** Applies the payments, and waits until every process runs them. */
export async function applyPayments(apiUrl: string): Promise<boolean> {
  const { status, body } = await ask(apiUrl, 'POST', '/v1/apply', {
    definitions: DEFINITIONS,
    wait: true,
    timeoutMs: 20_000,
  });
  const { everywhere } = (body['running'] ?? {}) as { readonly everywhere?: boolean };
  return status === 200 && everywhere === true;
}

/** How often the audit log and the registry have the entities that the applier made. */
export async function auditOf(
  apiUrl: string,
  taken: readonly string[],
): Promise<{ readonly missing: number; readonly double: number; readonly unlike: number }> {
  const logged = (await everyPage(apiUrl, '/v1/changes?kind=Entity&limit=100')).map(({ name }) =>
    String(name),
  );
  const registered = (await everyPage(apiUrl, '/v1/entities?limit=100')).map(
    ({ definition }) => (definition as { readonly name: string }).name,
  );
  const known = new Set(registered);
  return {
    missing: taken.filter((name) => !logged.includes(name)).length,
    double: logged.length - new Set(logged).size,
    // Also a change whose answer was lost with the server is in both or in none.
    unlike: known.size - new Set(logged).size + logged.filter((name) => !known.has(name)).length,
  };
}

async function everyPage(apiUrl: string, path: string): Promise<Readonly<Record<string, unknown>>[]> {
  const items: Readonly<Record<string, unknown>>[] = [];
  let next: unknown;
  do {
    const { body } = await ask(apiUrl, 'GET', next === undefined ? path : `${path}&after=${String(next)}`);
    items.push(...(body['items'] as Readonly<Record<string, unknown>>[]));
    next = body['next'];
  } while (next !== undefined);
  return items;
}
