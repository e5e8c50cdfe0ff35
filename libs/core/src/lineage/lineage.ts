/**
 * Lineage: which column comes from which, from a source's field to what a model reads. It follows from the plan
 * alone, so it cannot say anything else than what is computed.
 */
import type { ColumnType } from '../plan/plan.js';
import type { FeatureType } from '../definitions/definitions.js';

export type LineageKind =
  'source-field' | 'derived-column' | 'feature' | 'request-field' | 'derived-feature' | 'feature-service';

/** A column, or a service, which reads columns. */
export interface LineageNode {
  /** `feature/airport_departures@1:delay_mean_1h`, `source-field/departures.delay` */
  readonly id: string;
  readonly kind: LineageKind;
  /** The source, group or service that it belongs to. */
  readonly owner: string;
  readonly version: number;
  /** Absent of a service. */
  readonly column?: string;
  readonly type?: FeatureType | ColumnType | 'map';
}

/**
 * How one column depends on another. `value`: as it is; `aggregation`: values of it are aggregated; `expression`: CEL
 * computes with it. The others decide which events count, and where: `filter` whether, `key` for which entity, `time`
 * in which window, `category` in which entry of a map, `order` which value is taken. `served`: a service answers it.
 */
export type LineageUse =
  'value' | 'aggregation' | 'expression' | 'filter' | 'key' | 'time' | 'category' | 'order' | 'served';

export interface LineageEdge {
  readonly from: string;
  readonly to: string;
  readonly use: LineageUse;
}

export interface Lineage {
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
}

/** A graph under construction: nodes and edges each once, in the order in which they came. */
export class LineageGraph {
  private readonly nodes = new Map<string, LineageNode>();
  private readonly edges = new Map<string, LineageEdge>();

  /** @returns the node's id */
  add(node: Omit<LineageNode, 'id'>): string {
    const id = idOf(node);
    if (!this.nodes.has(id)) this.nodes.set(id, { id, ...node });
    return id;
  }

  connect(from: string | undefined, to: string, use: LineageUse): void {
    if (from === undefined) return;
    this.edges.set(`${from} ${to} ${use}`, { from, to, use });
  }

  finish(): Lineage {
    return { nodes: [...this.nodes.values()], edges: [...this.edges.values()] };
  }
}

/** As definitions refer to it: groups by version and feature, columns by their owner. */
function idOf({ kind, owner, version, column }: Omit<LineageNode, 'id'>): string {
  switch (kind) {
    case 'source-field':
      return `${kind}/${owner}.${column}`;
    case 'derived-column':
    case 'request-field':
      return `${kind}/${owner}@${version}.${column}`;
    case 'feature':
    case 'derived-feature':
      return `${kind}/${owner}@${version}:${column}`;
    case 'feature-service':
      return `${kind}/${owner}`;
  }
}
