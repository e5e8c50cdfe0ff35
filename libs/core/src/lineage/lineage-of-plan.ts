import { identifiersOf } from '../expressions/identifiers.js';
import type {
  AggregatedFeaturePlan,
  AggregatedGroupPlan,
  DerivedGroupPlan,
  FunctionPlan,
  GroupPlan,
  PlanDocument,
  PushedGroupPlan,
  SourcePlan,
} from '../plan/plan.js';
import { LineageGraph, type Lineage } from './lineage.js';

/** Names to ids of nodes: what an expression or an aggregation of one group may read. */
type Names = Map<string, string>;

/** The lineage of everything in a plan: every live version of every group, and every service. */
export function lineageOf(plan: PlanDocument): Lineage {
  const graph = new LineageGraph();
  /** `group@version:feature` to id. */
  const features: Names = new Map();
  for (const group of plan.groups) {
    const source = plan.sources.find(({ name }) => name === group.source);
    if (source) addGroup(graph, group, source, features);
  }
  for (const group of plan.derivedGroups) addDerivedGroup(graph, group, plan, features);
  for (const { name, version, features: served } of plan.services) {
    const service = graph.add({ kind: 'feature-service', owner: name, version });
    for (const { group, version: pinned, feature } of served)
      graph.connect(features.get(`${group}@${pinned}:${feature}`), service, 'served');
  }
  return graph.finish();
}

function addGroup(graph: LineageGraph, group: GroupPlan, source: SourcePlan, features: Names): void {
  const columns: Names = new Map();
  for (const { name, type } of source.fields)
    columns.set(
      name,
      graph.add({ kind: 'source-field', owner: source.name, version: source.version, column: name, type }),
    );
  if (group.kind === 'aggregated') addDerivedColumns(graph, group, columns);
  for (const feature of group.features) {
    const id = graph.add({
      kind: 'feature',
      owner: group.name,
      version: group.version,
      column: feature.name,
      type: feature.type,
    });
    features.set(`${group.name}@${group.version}:${feature.name}`, id);
    for (const field of group.keyFields) graph.connect(columns.get(field), id, 'key');
    graph.connect(columns.get(source.timestampField), id, 'time');
  }
  if (group.kind === 'aggregated') connectAggregations(graph, group, columns, features);
  else connectPushed(graph, group, columns, features);
}

function addDerivedColumns(graph: LineageGraph, group: AggregatedGroupPlan, columns: Names): void {
  for (const { name, type, expression } of group.derive) {
    const id = graph.add({
      kind: 'derived-column',
      owner: group.name,
      version: group.version,
      column: name,
      type,
    });
    for (const read of identifiersOf(expression)) graph.connect(columns.get(read), id, 'expression');
    columns.set(name, id);
  }
}

function connectAggregations(
  graph: LineageGraph,
  group: AggregatedGroupPlan,
  columns: Names,
  features: Names,
): void {
  const column = (input: number | undefined): string | undefined =>
    columns.get(group.inputs[input ?? -1]?.name ?? '');
  const groupFilter = group.where === undefined ? [] : identifiersOf(group.where);
  for (const feature of group.features) {
    const id = features.get(`${group.name}@${group.version}:${feature.name}`);
    if (id === undefined) continue;
    graph.connect(column(feature.input), id, 'aggregation');
    const second = secondColumn(feature.function);
    if (second) graph.connect(column(second.input), id, second.use);
    graph.connect(column(feature.by), id, 'category');
    for (const read of [...groupFilter, ...filterNames(group, feature)])
      graph.connect(columns.get(read), id, 'filter');
  }
}

function filterNames(group: AggregatedGroupPlan, { filter }: AggregatedFeaturePlan): readonly string[] {
  const expression = filter === undefined ? undefined : group.filters[filter];
  return expression === undefined ? [] : identifiersOf(expression);
}

function secondColumn(
  plan: FunctionPlan,
): { readonly input: number; readonly use: 'order' | 'aggregation' } | undefined {
  if (plan.kind === 'min_by' || plan.kind === 'max_by') return { input: plan.by, use: 'order' };
  return plan.kind === 'ratio' ? { input: plan.to, use: 'aggregation' } : undefined;
}

function connectPushed(graph: LineageGraph, group: PushedGroupPlan, columns: Names, features: Names): void {
  for (const { name } of group.features) {
    const id = features.get(`${group.name}@${group.version}:${name}`);
    if (id !== undefined) graph.connect(columns.get(name), id, 'value');
  }
}

function addDerivedGroup(
  graph: LineageGraph,
  group: DerivedGroupPlan,
  plan: PlanDocument,
  features: Names,
): void {
  const { name: owner, version } = group;
  const names = inputNames(group, plan, features);
  for (const { name, type } of group.requestFields)
    names.set(name, graph.add({ kind: 'request-field', owner, version, column: name, type }));
  for (const { name, type, expression } of group.features) {
    const id = graph.add({ kind: 'derived-feature', owner, version, column: name, type });
    for (const read of identifiersOf(expression)) graph.connect(names.get(read), id, 'expression');
    // A later feature may use this one.
    names.set(name, id);
    features.set(`${owner}@${version}:${name}`, id);
  }
}

/** By name where only one input has it, and always as `group.feature`. */
function inputNames(group: DerivedGroupPlan, plan: PlanDocument, features: Names): Names {
  const names: Names = new Map();
  const ambiguous = new Set<string>();
  for (const { group: name, version } of group.inputs) {
    const input = [...plan.groups, ...plan.derivedGroups].find(
      (candidate) => candidate.name === name && candidate.version === version,
    );
    for (const feature of input?.features ?? []) {
      const id = features.get(`${name}@${version}:${feature.name}`);
      if (id === undefined) continue;
      if (names.has(feature.name)) ambiguous.add(feature.name);
      names.set(feature.name, id);
      names.set(`${name}.${feature.name}`, id);
    }
  }
  for (const name of ambiguous) names.delete(name);
  return names;
}
