import type { Definition, DefinitionKind } from '@millrace/core';
import type { AnyCatalog, Catalog } from './catalog.js';
import { Exchange, type CallOptions, type ExchangeSettings } from './exchange.js';
import { FeatureReads } from './features.js';

export interface ClientSettings extends ExchangeSettings {
  /** Of the api app; default http://127.0.0.1:6560, the port that it opens for browsers (MILLRACE_PAGE_PORT). */
  readonly apiUrl?: string;
  /** Of the ingest app; default http://127.0.0.1:6567. */
  readonly ingestUrl?: string;
}

/** Not 6566, the api's own port, which is Feast's: it is among the ports that fetch refuses to open. */
const API_URL_DEFAULT = 'http://127.0.0.1:6560';
const INGEST_URL_DEFAULT = 'http://127.0.0.1:6567';

/** What became of sent events. */
export interface Receipt {
  /** Events that will take effect, exactly once each. */
  readonly accepted: number;
  /** Events that were accepted before. */
  readonly duplicates: number;
  readonly rejected: readonly RejectedEvent[];
  /** As `minPosition` of a read it makes the read see these events. */
  readonly position: string;
  readonly notice?: string;
}

export interface RejectedEvent {
  readonly index: number;
  readonly code: string;
  readonly message: string;
  readonly field?: string;
}

interface Versioned {
  readonly kind: DefinitionKind;
  readonly name: string;
  readonly version: number;
}

interface Changed {
  readonly kind: DefinitionKind;
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Only description, owner, tags or the freshness target changed. */
  readonly inPlace: boolean;
  readonly reasons: readonly string[];
  readonly services: readonly string[];
  readonly effect: string;
}

/** What an apply did, or with `dryRun` would do. */
export interface Applied {
  readonly dryRun: boolean;
  readonly revision: number;
  readonly published: boolean;
  readonly created: readonly Versioned[];
  readonly changed: readonly Changed[];
  readonly unchanged: readonly Versioned[];
  readonly removed: readonly Versioned[];
}

export interface ApplyOptions extends CallOptions {
  readonly dryRun?: boolean;
  /** Removes what the definitions do not hold. */
  readonly prune?: boolean;
  /** Refuses unless the registry still stands at this revision. */
  readonly expectedRevision?: number;
}

export interface SendOptions extends CallOptions {
  /** Makes a repetition of the same call safe; by default a random one, which makes this client's own safe. */
  readonly idempotencyKey?: string;
}

/**
 * Reads features, sends events and applies definitions of a running Millrace. Typed by a catalog:
 *
 *     const millrace = new MillraceClient<CatalogOf<typeof fraud>>();
 *     const { values } = await millrace.features.get('recommendation', { customer_id: 'c1' }, { request });
 */
export class MillraceClient<C extends Catalog = AnyCatalog> {
  readonly features: FeatureReads<C>;
  private readonly exchange: Exchange;

  constructor(private readonly settings: ClientSettings = {}) {
    this.exchange = new Exchange(settings);
    this.features = new FeatureReads(this.exchange, settings.apiUrl ?? API_URL_DEFAULT);
  }

  /** Sends one event or many. A wrong event is in `rejected`, and its neighbours are accepted. */
  async send<S extends keyof C['sources'] & string>(
    source: S,
    events: C['sources'][S] | readonly C['sources'][S][],
    { idempotencyKey = crypto.randomUUID(), ...options }: SendOptions = {},
  ): Promise<Receipt> {
    const url = new URL(
      `/v1/events/${encodeURIComponent(source)}`,
      this.settings.ingestUrl ?? INGEST_URL_DEFAULT,
    );
    const headers = { 'idempotency-key': idempotencyKey };
    return (await this.exchange.post({ url, body: events, headers, ...options })) as Receipt;
  }

  /** Registers definitions, all or none; a repository of @millrace/define or the documents themselves. */
  async apply(
    definitions: readonly Definition[] | { readonly definitions: readonly Definition[] },
    { signal, timeoutMs, ...options }: ApplyOptions = {},
  ): Promise<Applied> {
    const documents = 'definitions' in definitions ? definitions.definitions : definitions;
    return (await this.exchange.post({
      url: new URL('/v1/apply', this.settings.apiUrl ?? API_URL_DEFAULT),
      body: { definitions: documents, ...options },
      ...(signal && { signal }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    })) as Applied;
  }
}
