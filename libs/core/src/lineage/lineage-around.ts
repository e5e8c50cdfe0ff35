import type { Lineage, LineageEdge, LineageNode } from './lineage.js';

/** What the lineage may be asked about: a column, or all columns of a source, group or service. */
export const LINEAGE_SUBJECTS = {
  sources: ['source-field'],
  'source-fields': ['source-field'],
  'feature-groups': ['feature', 'derived-column'],
  'derived-columns': ['derived-column'],
  features: ['feature'],
  'derived-feature-groups': ['derived-feature', 'request-field'],
  'request-fields': ['request-field'],
  'derived-features': ['derived-feature'],
  'feature-services': ['feature-service'],
} as const satisfies Readonly<Record<string, readonly LineageNode['kind'][]>>;

export type LineageSubject = keyof typeof LINEAGE_SUBJECTS;

export const isLineageSubject = (text: string): text is LineageSubject =>
  Object.hasOwn(LINEAGE_SUBJECTS, text);

/** What was asked about, what feeds it and what it feeds, directly or through others. */
export interface LineageAround {
  readonly subject: readonly LineageNode[];
  readonly upstream: Lineage;
  readonly downstream: Lineage;
}

/**
 * @param name `departures`, `departures.delay`, `airport_departures:delay_mean_1h`, `airport_departures@2`; a group
 *   without a version stands for its live versions.
 * @returns undefined where there is no such thing
 */
export function lineageAround(
  lineage: Lineage,
  subject: LineageSubject,
  name: string,
): LineageAround | undefined {
  const kinds: readonly LineageNode['kind'][] = LINEAGE_SUBJECTS[subject];
  const found = lineage.nodes.filter((node) => kinds.includes(node.kind) && isNamed(node, name));
  if (found.length === 0) return undefined;
  return {
    subject: found,
    upstream: reach(lineage, found, (edge) => [edge.to, edge.from]),
    downstream: reach(lineage, found, (edge) => [edge.from, edge.to]),
  };
}

function isNamed({ owner, version, column }: LineageNode, name: string): boolean {
  return [owner, `${owner}@${version}`].some(
    (own) =>
      name === own || (column !== undefined && [`${own}.${column}`, `${own}:${column}`].includes(name)),
  );
}

/** Everything that can be reached by walking edges one way, without what the walk starts from. */
function reach(
  { nodes, edges }: Lineage,
  from: readonly LineageNode[],
  direction: (edge: LineageEdge) => readonly [here: string, there: string],
): Lineage {
  const leaving = new Map<string, LineageEdge[]>();
  for (const edge of edges) {
    const [here] = direction(edge);
    const others = leaving.get(here);
    if (others) others.push(edge);
    else leaving.set(here, [edge]);
  }
  const start = new Set(from.map(({ id }) => id));
  const reached = new Set(start);
  const walked = new Set<LineageEdge>();
  for (const id of reached)
    for (const edge of leaving.get(id) ?? []) {
      walked.add(edge);
      // A Set is walked in the order of insertion, what is added during the walk included.
      reached.add(direction(edge)[1]);
    }
  return {
    nodes: nodes.filter(({ id }) => reached.has(id) && !start.has(id)),
    edges: edges.filter((edge) => walked.has(edge)),
  };
}
