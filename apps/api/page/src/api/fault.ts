/** Why the api gave no answer to use: its problem document (RFC 9457), or that it did not answer at all. */
export class ApiFault extends Error {
  override readonly name = 'ApiFault';

  constructor(
    /** 0 where nothing answered. */
    readonly status: number,
    /** Stable: `UNKNOWN_SERVICE`. */
    readonly code: string,
    readonly title: string,
    detail: string,
    /** How long the api asks to be left alone. */
    readonly retryAfterMs: number | undefined,
  ) {
    super(detail);
  }

  /** Whether the same request may well succeed in a while. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export function unreachable(): ApiFault {
  return new ApiFault(0, 'UNREACHABLE', 'The api does not answer', 'Is it running?', undefined);
}

/** Reads the answer of a refused request; one from a proxy on the way is no problem document. */
export async function faultOf(response: Response): Promise<ApiFault> {
  const body: unknown = await response.json().catch(() => undefined);
  const problem = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const text = (member: string, otherwise: string): string => {
    const value = problem[member];
    return typeof value === 'string' ? value : otherwise;
  };
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  return new ApiFault(
    response.status,
    text('code', `HTTP_${response.status}`),
    text('title', response.statusText || `Status ${response.status}`),
    text('detail', ''),
    Number.isFinite(seconds) ? seconds * 1_000 : undefined,
  );
}
