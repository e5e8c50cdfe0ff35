/** One request and its answer, tried again where that is safe and the server may answer differently. */
import { NoAnswerError, problemOf, ProblemError } from './problem.js';

export interface ExchangeSettings {
  /** Sent as bearer token where given. */
  readonly apiKey?: string;
  /** For one call with all its attempts; default 10 s. */
  readonly timeoutMs?: number;
  /** Default 3. */
  readonly attemptsMax?: number;
  /** `JSON.parse` rounds integers beyond 2^53; a parser that does not may be given here. */
  readonly parseJson?: (text: string) => unknown;
  readonly fetch?: typeof fetch;
  /** Waits between attempts. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export interface Post extends CallOptions {
  readonly url: URL;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const TIMEOUT_MS_DEFAULT = 10_000;
const ATTEMPTS_MAX_DEFAULT = 3;
/** Before the second attempt, doubled for each further one, where the server does not say when to come back. */
const FIRST_PAUSE_MS = 100;
/** Mailboxes full, too many requests, a store away: the same request may succeed later. */
const TRY_AGAIN: readonly number[] = [429, 503];

type Attempt =
  | { readonly kind: 'answered'; readonly body: unknown }
  | { readonly kind: 'refused'; readonly error: ProblemError }
  | { readonly kind: 'unanswered'; readonly error: NoAnswerError };

export class Exchange {
  private readonly fetch: typeof fetch;
  private readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;

  constructor(private readonly settings: ExchangeSettings) {
    this.fetch = settings.fetch ?? ((input, init) => fetch(input, init));
    this.pause = settings.pause ?? pauseFor;
  }

  /**
   * Posts JSON. Every request of this client may be repeated: reads and applies change nothing the second time,
   * and sent events carry an id or an idempotency key.
   * @throws ProblemError, NoAnswerError; the reason of `signal` where that aborts.
   */
  async post(request: Post): Promise<unknown> {
    const timeoutMs = request.timeoutMs ?? this.settings.timeoutMs ?? TIMEOUT_MS_DEFAULT;
    const deadline = Date.now() + timeoutMs;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout;
    const attemptsMax = this.settings.attemptsMax ?? ATTEMPTS_MAX_DEFAULT;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.attempt(request, signal);
      if (outcome.kind === 'answered') return outcome.body;
      const { error } = outcome;
      const again = outcome.kind === 'unanswered' || TRY_AGAIN.includes(outcome.error.status);
      const asked = outcome.kind === 'refused' ? outcome.error.retryAfterMs : undefined;
      const pauseMs = asked ?? FIRST_PAUSE_MS * 2 ** (attempt - 1);
      if (!again || attempt === attemptsMax || Date.now() + pauseMs >= deadline) throw error;
      await this.pause(pauseMs, signal).catch(() => undefined);
      request.signal?.throwIfAborted();
    }
  }

  private async attempt(request: Post, signal: AbortSignal): Promise<Attempt> {
    const { url, body, headers } = request;
    const { apiKey, parseJson = JSON.parse } = this.settings;
    try {
      const response = await this.fetch(url, {
        method: 'POST',
        signal,
        headers: {
          'content-type': 'application/json',
          ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
          ...headers,
        },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      if (response.ok) return { kind: 'answered', body: parseJson(text) as unknown };
      const problem = problemOf(response.status, jsonOf(text), text);
      const retryAfterMs = retryAfterOf(response.headers.get('retry-after'));
      return { kind: 'refused', error: new ProblemError(problem, retryAfterMs) };
    } catch (error) {
      request.signal?.throwIfAborted();
      return { kind: 'unanswered', error: new NoAnswerError(url.href, reasonOf(error), { cause: error }) };
    }
  }
}

/** The Fetch standard blocks ports of old protocols; 6566, Feast's and the api's own, is one of them. */
const BLOCKED_PORT =
  'fetch opens no connection to this port; use the one that the api opens for browsers (MILLRACE_PAGE_PORT, 6560 of npm start)';

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Seconds, or a date (RFC 9110). */
function retryAfterOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'not in time';
  const reason =
    error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
  return reason === 'bad port' ? BLOCKED_PORT : reason;
}

function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
