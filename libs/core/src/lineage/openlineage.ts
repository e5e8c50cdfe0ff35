/**
 * Lineage as OpenLineage events: one job per feature group, derived group and service, with its datasets and the
 * column-level lineage between them. They are design-time events (JobEvent): what would run, not that it ran.
 * Shapes: openlineage.io/spec/2-0-2/OpenLineage.json, facets/1-2-0/ColumnLineageDatasetFacet.json.
 */
import type { Instant } from '../time.js';
import type { Lineage, LineageEdge, LineageNode, LineageUse } from './lineage.js';

const PRODUCER = 'urn:millrace:lineage';
const JOB_EVENT = 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent';
const FACETS = 'https://openlineage.io/spec/facets';

export interface OpenLineageEvent {
  readonly eventTime: string;
  readonly producer: string;
  readonly schemaURL: string;
  readonly job: {
    readonly namespace: string;
    readonly name: string;
    readonly facets: Readonly<Record<string, object>>;
  };
  readonly inputs: readonly OpenLineageDataset[];
  readonly outputs: readonly OpenLineageDataset[];
}

export interface OpenLineageDataset {
  readonly namespace: string;
  readonly name: string;
  readonly facets: Readonly<Record<string, object>>;
}

/** @param now what the events are dated; @param namespace of this installation, for jobs and datasets. */
export function openLineageOf(lineage: Lineage, now: Instant, namespace: string): OpenLineageEvent[] {
  return new OpenLineageWriter(lineage, now, namespace).write();
}

interface Transformation {
  readonly type: 'DIRECT' | 'INDIRECT';
  readonly subtype: string;
  readonly masking: false;
}

const TRANSFORMATIONS: Readonly<Record<LineageUse, Transformation>> = {
  value: { type: 'DIRECT', subtype: 'IDENTITY', masking: false },
  served: { type: 'DIRECT', subtype: 'IDENTITY', masking: false },
  expression: { type: 'DIRECT', subtype: 'TRANSFORMATION', masking: false },
  aggregation: { type: 'DIRECT', subtype: 'AGGREGATION', masking: false },
  filter: { type: 'INDIRECT', subtype: 'FILTER', masking: false },
  key: { type: 'INDIRECT', subtype: 'GROUP_BY', masking: false },
  category: { type: 'INDIRECT', subtype: 'GROUP_BY', masking: false },
  time: { type: 'INDIRECT', subtype: 'WINDOW', masking: false },
  order: { type: 'INDIRECT', subtype: 'SORT', masking: false },
};

/** A column of another dataset that a field comes from, and how. */
interface Origin {
  readonly node: LineageNode;
  readonly transformation: Transformation;
}

class OpenLineageWriter {
  private readonly nodes: ReadonlyMap<string, LineageNode>;
  private readonly incoming = new Map<string, LineageEdge[]>();

  constructor(
    private readonly lineage: Lineage,
    private readonly now: Instant,
    private readonly namespace: string,
  ) {
    this.nodes = new Map(lineage.nodes.map((node) => [node.id, node]));
    for (const edge of lineage.edges)
      this.incoming.set(edge.to, [...(this.incoming.get(edge.to) ?? []), edge]);
  }

  write(): OpenLineageEvent[] {
    const computed = this.lineage.nodes.filter(({ kind }) => isComputed(kind));
    const datasets = byDatasetName(computed);
    return [...datasets].map(([name, fields]) => this.event(name, fields));
  }

  private event(name: string, fields: readonly LineageNode[]): OpenLineageEvent {
    const origins = fields.map((field) => ({ field, origins: this.originsOf(field) }));
    const inputs = byDatasetName(new Set(origins.flatMap((of) => of.origins.map(({ node }) => node))));
    const [first] = fields;
    return {
      eventTime: new Date(this.now).toISOString(),
      producer: PRODUCER,
      schemaURL: JOB_EVENT,
      job: {
        namespace: this.namespace,
        name,
        facets: {
          jobType: facet('2-0-4/JobTypeJobFacet', {
            processingType: first?.kind === 'feature' ? 'STREAMING' : 'SERVICE',
            integration: 'MILLRACE',
            jobType: first?.kind.toUpperCase().replaceAll('-', '_'),
          }),
        },
      },
      inputs: [...inputs].map(([input, columns]) => this.dataset(input, columns)),
      outputs: [this.output(name, origins)],
    };
  }

  /** A service has no columns of its own: it answers those of its groups. */
  private output(
    name: string,
    origins: readonly { readonly field: LineageNode; readonly origins: readonly Origin[] }[],
  ): OpenLineageDataset {
    const columns = origins.flatMap(({ field, origins: from }) =>
      field.column === undefined
        ? from.map((origin) => ({ column: origin.node, origins: [origin] }))
        : [{ column: field, origins: from }],
    );
    const { namespace, facets } = this.dataset(
      name,
      columns.map(({ column }) => column),
    );
    const lineageFields = columns.map(({ column, origins: from }) => [
      column.column,
      { inputFields: from.map((origin) => this.inputField(origin)) },
    ]);
    const columnLineage = facet('1-2-0/ColumnLineageDatasetFacet', {
      fields: Object.fromEntries(lineageFields) as object,
    });
    return { namespace, name, facets: { ...facets, columnLineage } };
  }

  private inputField({ node, transformation }: Origin): object {
    return {
      namespace: this.namespace,
      name: datasetName(node),
      field: node.column,
      transformations: [transformation],
    };
  }

  private dataset(name: string, columns: readonly LineageNode[]): OpenLineageDataset {
    const fields = columns.map(({ column, type }) => ({ name: column, type }));
    return {
      namespace: this.namespace,
      name,
      facets: { schema: facet('1-2-0/SchemaDatasetFacet', { fields }) },
    };
  }

  /** Columns of other datasets, through the derived columns and earlier features of this one. */
  private originsOf(field: LineageNode): readonly Origin[] {
    const origins = new Map<string, Origin>();
    const walk = (id: string, through: Transformation | undefined): void => {
      for (const { from, use } of this.incoming.get(id) ?? []) {
        const node = this.nodes.get(from);
        if (!node) continue;
        const transformation = composed(TRANSFORMATIONS[use], through);
        if (node.kind === 'derived-column' || datasetName(node) === datasetName(field))
          walk(from, transformation);
        else origins.set(`${from} ${transformation.subtype}`, { node, transformation });
      }
    };
    walk(field.id, undefined);
    return [...origins.values()];
  }
}

/** What a step does to a column that a later one uses in another way: the later one says what it is for. */
function composed(step: Transformation, later: Transformation | undefined): Transformation {
  return later === undefined || later.subtype === 'TRANSFORMATION' ? step : later;
}

const isComputed = (kind: LineageNode['kind']): boolean =>
  kind === 'feature' || kind === 'derived-feature' || kind === 'feature-service';

/** `source.departures`, `feature-group.airport_departures@1`, `feature-service.departure_board` */
function datasetName({ kind, owner, version }: LineageNode): string {
  switch (kind) {
    case 'source-field':
      return `source.${owner}`;
    case 'feature':
    case 'derived-column':
      return `feature-group.${owner}@${version}`;
    case 'derived-feature':
      return `derived-feature-group.${owner}@${version}`;
    case 'request-field':
      return `request.${owner}@${version}`;
    case 'feature-service':
      return `feature-service.${owner}`;
  }
}

function byDatasetName(nodes: Iterable<LineageNode>): ReadonlyMap<string, readonly LineageNode[]> {
  const datasets = new Map<string, LineageNode[]>();
  for (const node of nodes) {
    const name = datasetName(node);
    datasets.set(name, [...(datasets.get(name) ?? []), node]);
  }
  return datasets;
}

function facet(schema: string, members: object): object {
  const [version, name] = schema.split('/');
  return {
    _producer: PRODUCER,
    _schemaURL: `${FACETS}/${version}/${name}.json#/$defs/${name}`,
    ...members,
  };
}
