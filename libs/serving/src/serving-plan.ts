import type { AggregatedGroupPlan, GroupEngine, Instant, PlanDocument, ServicePlan } from '@millrace/core';
import { stateField } from '@millrace/redis';
import { FeastColumnsJson } from './feast/feast-columns-json.js';
import { parseFeastInstant } from './feast/feast-instant.js';
import type { FeastReadRequest } from './feast/feast-request.js';
import type { FeaturesRequest } from './features-request.js';
import { checkVectorSize, FeatureReader, type VectorRequest } from './feature-reader.js';
import type { FeatureVectors } from './feature-vectors.js';
import type { HashReads } from './hash-reads.js';
import { layOut, type EngineOf } from './layout/read-layout.js';
import { ReadyRows } from './ready/ready-rows.js';
import { named, selectFeatures, selectService, type SelectedFeature } from './selection/selection.js';
import type { ServedSamples } from './usage/served-samples.js';
import type { ServedUsage } from './usage/served-usage.js';
import { SelectionUsage } from './usage/selection-usage.js';
import { EntitySplit } from './variants/entity-split.js';
import { variantColumnsJson, variantVectorsJson, type AnsweredRows } from './variants/variants-json.js';
import { JsonBytes } from './wire/json-bytes.js';
import { VectorsJson } from './wire/vectors-json.js';

/** A reader and the writer of its answers: both follow from the selected features alone. */
export interface CompiledSelection {
  /** Where it is one of a service. */
  readonly variant: string | undefined;
  readonly reader: FeatureReader;
  readonly json: VectorsJson;
  readonly feast: FeastColumnsJson;
  readonly usage: SelectionUsage;
}

type CompiledService = CompiledSelection | EntitySplit<CompiledSelection>;

/** What is noted about answers while they are given. */
export interface Noted {
  readonly usage: ServedUsage;
  readonly samples: ServedSamples;
}

/**
 * How many different feature lists stay compiled. Clients send a handful; a client that sends a new list
 * with every request pays for compiling it and cannot fill the memory.
 */
const FEATURE_LISTS_MAX = 256;

/** Of answers that are likely to be given again: 28,000 rows of 50 features, 5,800 of 250. */
const READY_BYTES_MAX = 64 * 1_024 * 1_024;

/** The plan, compiled for reading. Services are compiled when the plan loads, feature lists when first asked for. */
export class ServingPlan {
  private readonly engines = new Map<string, GroupEngine>();
  private readonly services = new Map<string, CompiledService>();
  /** In order of use, the longest unused first. */
  private readonly lists = new Map<string, CompiledSelection>();

  private readonly out = new JsonBytes();
  private readonly ready: ReadyRows;
  /** Compiled so far. */
  private selections = 0;

  constructor(
    readonly document: PlanDocument,
    private readonly hashes: HashReads,
    private readonly compileGroup: EngineOf,
    private readonly noted: Noted,
    readyBytesMax = READY_BYTES_MAX,
  ) {
    this.ready = new ReadyRows(readyBytesMax);
    for (const service of document.services) {
      this.services.set(service.name, this.compileService(service));
    }
  }

  /** Of the answers that are kept to give them again. */
  get readyUse(): ReadyRows['use'] {
    return this.ready.use;
  }

  /** @throws MillraceError UNKNOWN_SERVICE, naming the nearest. */
  service(name: string): CompiledService {
    const compiled = this.services.get(name);
    if (compiled) return compiled;
    return this.compileService(selectService(this.document, name));
  }

  /** @throws MillraceError UNKNOWN_FEATURE, BAD_REQUEST. */
  features(references: readonly string[]): CompiledSelection {
    // References hold no line feed, or they would not have parsed.
    const key = references.join('\n');
    const known = this.lists.get(key);
    const compiled = known ?? this.compile(selectFeatures(this.document, references));
    this.lists.delete(key);
    this.lists.set(key, compiled);
    const oldest = this.lists.keys().next();
    if (this.lists.size > FEATURE_LISTS_MAX && !oldest.done) this.lists.delete(oldest.value);
    return compiled;
  }

  /**
   * Answers `POST /v1/features`.
   * @param use gets the body, whose bytes another answer writes over as soon as it returns: a buffer for each answer made
   * V8 mark its whole heap many times a second, and nothing was answered meanwhile
   * @throws MillraceError as the reads do.
   */
  async answer<T>(request: FeaturesRequest, now: Instant, use: (json: Buffer) => T): Promise<T> {
    const selection = this.selectionOf(request);
    const { entities: rows, request: fields, asOf, evidence } = request;
    if (selection instanceof EntitySplit) {
      const answered = await this.readVariants(selection, { rows, request: fields, asOf, evidence, now });
      return use(Buffer.from(variantVectorsJson(asOf ?? now, answered, evidence)));
    }
    const ready = evidence ? undefined : this.ready;
    return this.read(selection, { rows, request: fields, asOf, evidence, now, ready }, (vectors) =>
      use(selection.json.write(asOf ?? now, rows, vectors, evidence)),
    );
  }

  /** The body of the answer to Feast's `POST /get-online-features`. @throws MillraceError as the reads do. */
  async answerFeast(request: FeastReadRequest, now: Instant): Promise<Buffer> {
    const selection = this.selectionOf(request);
    const asked = { rows: request.rows, now, instant: parseFeastInstant };
    if (selection instanceof EntitySplit) {
      const answered = await this.readVariants(selection, asked);
      return Buffer.from(variantColumnsJson(request, selection.variants, answered));
    }
    return this.read(selection, asked, (vectors) => Buffer.from(selection.feast.write(request, vectors)));
  }

  /** Reads each row by its variant, all at once. */
  private async readVariants(
    service: EntitySplit<CompiledSelection>,
    request: VectorRequest,
  ): Promise<AnsweredRows<CompiledSelection>[]> {
    checkVectorSize(request.rows.length, service.slots, request.evidence === true);
    const divided = service.divide(request.rows, request.request, request.instant);
    return Promise.all(
      divided.map(async (part) => ({
        ...part,
        vectors: await this.read(part.variant, { ...request, ...part }, (vectors) => vectors),
      })),
    );
  }

  /** Reads, and notes what was read. A row that becomes a sample is read with its evidence. */
  private read<T>(
    { reader, json, usage, variant }: CompiledSelection,
    request: VectorRequest,
    use: (vectors: FeatureVectors) => T,
  ): Promise<T> {
    const sampled = this.noted.samples.choose(request.rows.length);
    const evidence = request.evidence === true || sampled;
    const asked = sampled === undefined ? request : { ...request, evidence, ready: undefined };
    return reader.read(asked, (vectors) => {
      this.noted.usage.record(usage, vectors, request.now);
      if (sampled !== undefined) {
        const vectorJson = json.writeRow(sampled, request.rows, vectors);
        this.noted.samples.keep({ service: usage.by.service, variant, vectorJson });
      }
      return use(vectors);
    });
  }

  private selectionOf({ service, features }: Pick<FeaturesRequest, 'service' | 'features'>): CompiledService {
    return service === undefined ? this.features(features ?? []) : this.service(service);
  }

  private compileService({ name, features, split }: ServicePlan): CompiledService {
    if (split === undefined) return this.compile(named(features), name);
    const by = this.document.entities.find((entity) => entity.name === split.by);
    if (!by) throw new Error(`no entity ${split.by} in the plan`);
    const variants = split.variants.map((variant) =>
      this.compile(named(variant.features), name, variant.name),
    );
    return new EntitySplit({ name }, split, by, variants);
  }

  private compile(
    features: readonly SelectedFeature[],
    service?: string,
    variant?: string,
  ): CompiledSelection {
    const layout = layOut(this.document, features, (group) => this.engineOf(group));
    return {
      variant,
      reader: new FeatureReader(layout, this.hashes, `${this.selections++}`),
      json: new VectorsJson(layout, this.out, variant),
      feast: new FeastColumnsJson(layout),
      usage: new SelectionUsage({ service, variant }, features),
    };
  }

  private engineOf(group: AggregatedGroupPlan): GroupEngine {
    const field = stateField(group);
    const engine = this.engines.get(field) ?? this.compileGroup(group);
    this.engines.set(field, engine);
    return engine;
  }
}
