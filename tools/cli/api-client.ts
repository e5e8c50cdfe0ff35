/** The HTTP side of the command line: requests to the apps, and their refusals as errors a person can read. */

/** An answer that is no success: the problem document that came with it. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly problem: Readonly<Record<string, unknown>>,
  ) {
    super(String(problem['detail'] ?? problem['title'] ?? `status ${status}`));
    this.name = 'Refusal';
  }
}

/** Nobody answered at the address. */
export class Unreachable extends Error {}

export interface Address {
  readonly url: string;
  /** Sent as bearer token where there is one. */
  readonly apiKey: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const REQUEST_TIMEOUT_MS = 60_000;

/** @throws Refusal, Unreachable */
export async function call(
  address: Address,
  path: string,
  { method = 'GET', body, headers }: Call = {},
): Promise<Answer> {
  const url = new URL(path, address.url);
  const response = await fetch(url, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(address.apiKey !== undefined && { authorization: `Bearer ${address.apiKey}` }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new Unreachable(`no answer from ${url.origin} (${reasonOf(error)}): is Millrace running there?`);
  });
  const text = await response.text();
  const answer = { status: response.status, headers: response.headers, body: parsed(text) };
  if (response.ok) return answer;
  const isProblem = typeof answer.body === 'object' && answer.body !== null;
  throw new Refusal(response.status, isProblem ? (answer.body as Record<string, unknown>) : { detail: text });
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}
