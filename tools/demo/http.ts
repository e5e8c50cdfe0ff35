/** The HTTP of contract.md that the demo uses, as a client outside of the repository would write it. */
const TIMEOUT_MS = 30_000;

export interface FeatureVector {
  readonly entity: Readonly<Record<string, string>>;
  /** Where it differs from the instant of the whole answer. */
  readonly asOf?: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly statuses: Readonly<Record<string, string>>;
  readonly evidence?: Readonly<Record<string, Evidence | null>>;
}

export interface Evidence {
  readonly exact: boolean;
  readonly events: number;
  /** Absolute error that the value may have, where it is not exact. */
  readonly valueBound?: number;
}

export interface FeaturesAnswer {
  readonly asOf: string;
  readonly results: readonly FeatureVector[];
}

export interface Receipt {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly { readonly index: number; readonly code: string; readonly message: string }[];
  readonly position: string;
}

export class HttpError extends Error {
  constructor(
    readonly status: number,
    readonly url: string,
    readonly body: string,
  ) {
    super(`${url} answered ${status}: ${body.slice(0, 500)}`);
  }
}

export class Client {
  constructor(
    readonly apiUrl: string,
    readonly ingestUrl: string,
    private readonly apiKey?: string,
  ) {}

  async apply(definitions: readonly unknown[]): Promise<void> {
    await this.post(`${this.apiUrl}/v1/apply`, 'application/json', JSON.stringify({ definitions }));
  }

  async send(source: string, events: readonly unknown[]): Promise<Receipt> {
    return this.sendText(source, events.map((event) => JSON.stringify(event)).join('\n'));
  }

  /** Events as ready lines: for integers that JSON.stringify cannot write. */
  async sendText(source: string, lines: string): Promise<Receipt> {
    const answer = await this.post(`${this.ingestUrl}/v1/events/${source}`, 'application/x-ndjson', lines);
    return answer as Receipt;
  }

  async features(request: {
    readonly service?: string;
    readonly features?: readonly string[];
    readonly entities: readonly Readonly<Record<string, string>>[];
    readonly evidence?: boolean;
    readonly minPosition?: string;
    readonly waitMs?: number;
  }): Promise<FeaturesAnswer> {
    const answer = await this.post(`${this.apiUrl}/v1/features`, 'application/json', JSON.stringify(request));
    return answer as FeaturesAnswer;
  }

  private async post(url: string, contentType: string, body: string): Promise<unknown> {
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': contentType,
        ...(this.apiKey !== undefined && { authorization: `Bearer ${this.apiKey}` }),
      },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await answer.text();
    if (!answer.ok) throw new HttpError(answer.status, url, text);
    return JSON.parse(text);
  }
}
