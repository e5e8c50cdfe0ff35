import type { AggregatedGroupPlan, GroupEngine, Instant, PlanDocument } from '@millrace/core';
import { stateField } from '@millrace/redis';
import { FeastColumnsJson } from './feast/feast-columns-json.js';
import type { FeastReadRequest } from './feast/feast-request.js';
import type { FeaturesRequest } from './features-request.js';
import { FeatureReader } from './feature-reader.js';
import type { HashReads } from './hash-reads.js';
import { layOut, type EngineOf } from './layout/read-layout.js';
import { named, selectFeatures, selectService } from './selection/selection.js';
import { VectorsJson } from './wire/vectors-json.js';

/** A reader and the writer of its answers: both follow from the selected features alone. */
export interface CompiledSelection {
  readonly reader: FeatureReader;
  readonly json: VectorsJson;
  readonly feast: FeastColumnsJson;
}

/**
 * How many different feature lists stay compiled. Clients send a handful; a client that sends a new list
 * with every request pays for compiling it and cannot fill the memory.
 */
const FEATURE_LISTS_MAX = 256;

/** The plan, compiled for reading. Services are compiled when the plan loads, feature lists when first asked for. */
export class ServingPlan {
  private readonly engines = new Map<string, GroupEngine>();
  private readonly services = new Map<string, CompiledSelection>();
  /** In order of use, the longest unused first. */
  private readonly lists = new Map<string, CompiledSelection>();

  constructor(
    readonly document: PlanDocument,
    private readonly hashes: HashReads,
    private readonly compileGroup: EngineOf,
  ) {
    for (const service of document.services) {
      this.services.set(service.name, this.compile(named(service.features)));
    }
  }

  /** @throws MillraceError UNKNOWN_SERVICE, naming the nearest. */
  service(name: string): CompiledSelection {
    const compiled = this.services.get(name);
    if (compiled) return compiled;
    return this.compile(named(selectService(this.document, name).features));
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

  /** The body of the answer to `POST /v1/features`. @throws MillraceError as the reads do. */
  async answer(request: FeaturesRequest, now: Instant): Promise<string> {
    const { reader, json } = this.selectionOf(request);
    const { entities: rows, request: fields, asOf, evidence } = request;
    const vectors = await reader.read({ rows, request: fields, asOf, evidence, now });
    return json.write(asOf ?? now, rows, vectors);
  }

  /** The body of the answer to Feast's `POST /get-online-features`. @throws MillraceError as the reads do. */
  async answerFeast(request: FeastReadRequest, now: Instant): Promise<string> {
    const { reader, feast } = this.selectionOf(request);
    return feast.write(request, await reader.read({ rows: request.rows, now }));
  }

  private selectionOf({
    service,
    features,
  }: Pick<FeaturesRequest, 'service' | 'features'>): CompiledSelection {
    return service === undefined ? this.features(features ?? []) : this.service(service);
  }

  private compile(features: ReturnType<typeof named>): CompiledSelection {
    const layout = layOut(this.document, features, (group) => this.engineOf(group));
    return {
      reader: new FeatureReader(layout, this.hashes),
      json: new VectorsJson(layout),
      feast: new FeastColumnsJson(layout),
    };
  }

  private engineOf(group: AggregatedGroupPlan): GroupEngine {
    const field = stateField(group);
    const engine = this.engines.get(field) ?? this.compileGroup(group);
    this.engines.set(field, engine);
    return engine;
  }
}
