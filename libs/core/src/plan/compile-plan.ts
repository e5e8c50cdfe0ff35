/**
 * Definitions to plan: resolves names, checks types and expressions, numbers columns, filters and windows.
 * All faults of the whole set are found in one go, so that an author corrects them in one go.
 */
import type {
  Definition,
  DefinitionKind,
  DerivedFeatureGroupDefinition,
  FeatureGroupDefinition,
} from '../definitions/definitions.js';
import { compileDerivedGroup } from './compile-derived-group.js';
import { compileEntity } from './compile-entity.js';
import { compileGroup, type GroupSurroundings } from './compile-group.js';
import { compileService } from './compile-service.js';
import { compileSource } from './compile-source.js';
import { FaultSink, type DefinitionFault } from './definition-fault.js';
import { parseFeatureReference } from './feature-reference.js';
import { GroupCatalog, outlineOfGroup, type CatalogGroup } from './group-catalog.js';
import { Named, type DefinitionOutline, type EntityOutline, type SourceOutline } from './outlines.js';
import type { DerivedGroupPlan, GroupPlan, PlanDocument, ServicePlan } from './plan.js';

/** A definition under the version that the registry gave it. */
export interface RegisteredDefinition<D extends Definition = Definition> {
  readonly definition: D;
  readonly version: number;
}

export interface PlanCompilation {
  /** Whole only where there are no faults. */
  readonly plan: PlanDocument;
  readonly faults: readonly DefinitionFault[];
}

/**
 * @param registered every definition of the registry: the newest version of each, and older versions of
 *   groups, of which those are compiled that a service or a derived group pins.
 * @param served the version that stands for a group whose newest version is still catching up, by name: what
 *   follows the newest gets that one until then.
 * @param outlines definitions of the set that have no right form.
 */
export function compilePlan(
  revision: number,
  registered: readonly RegisteredDefinition[],
  served: ReadonlyMap<string, number> = new Map(),
  outlines: readonly DefinitionOutline[] = [],
): PlanCompilation {
  const faults: DefinitionFault[] = [];
  const sink = (definition: Definition): FaultSink => FaultSink.of(definition, faults);
  const isFaulty = ({ kind, name }: Definition): boolean =>
    faults.some((fault) => fault.kind === kind && fault.name === name);

  const newest = newestOf(registered);
  const entityPlans = ofKind(newest, 'Entity').map(({ definition }) =>
    compileEntity(definition, sink(definition)),
  );
  const sourcePlans = ofKind(newest, 'Source').map(({ definition, version }) =>
    compileSource(definition, version, sink(definition)),
  );
  const entities = new Named<EntityOutline>('entity', [
    ...entityPlans,
    ...outlines.flatMap((malformed) => (malformed.kind === 'Entity' ? malformed.outline : [])),
  ]);
  const sources = new Named<SourceOutline>('source', [
    ...sourcePlans,
    ...outlines.flatMap((malformed) => (malformed.kind === 'Source' ? malformed.outline : [])),
  ]);
  const live = liveVersions(registered, newest, served);
  const groups = compileGroups(live, { entities, sources }, sink);
  const known = [
    ...live.groups.map((group) => catalogEntry(group, groups, isFaulty)),
    ...outlines.flatMap(({ kind, name }) => (GROUP_KINDS.includes(kind) ? outlineOfGroup(name) : [])),
  ];
  const catalog = new GroupCatalog(known);
  const servedCatalog = new GroupCatalog(known, served);
  const derivedGroups = compileDerivedGroups(live, catalog, sink);
  const services: ServicePlan[] = [];
  for (const { definition, version } of ofKind(newest, 'FeatureService'))
    services.push(compileService(definition, version, { catalog, entities }, sink(definition)));
  if (served.size > 0 && faults.length === 0) {
    stayWithServed(live, servedCatalog, derivedGroups);
    for (const [i, { definition, version }] of ofKind(newest, 'FeatureService').entries()) {
      const staying = attempt((unfit) =>
        compileService(definition, version, { catalog: servedCatalog, entities }, unfit(definition)),
      );
      if (staying) services[i] = staying;
    }
  }

  const plan: PlanDocument = {
    revision,
    entities: entityPlans,
    sources: sourcePlans,
    groups,
    derivedGroups,
    services,
  };
  return { plan, faults };
}

const GROUP_KINDS: readonly DefinitionKind[] = ['FeatureGroup', 'DerivedFeatureGroup'];

function catalogEntry(
  { definition, version }: RegisteredDefinition<FeatureGroupDefinition>,
  groups: readonly GroupPlan[],
  isFaulty: (definition: Definition) => boolean,
): CatalogGroup {
  const { name } = definition;
  const group = groups.find((known) => known.name === name && known.version === version);
  return {
    name,
    version,
    features: group?.features ?? [],
    ...(group !== undefined && group.entity !== '' && { entity: group.entity }),
    faulty: isFaulty(definition),
  };
}

/** What compiles without a fault, or undefined: the versions of before may lack what the newest has. */
function attempt<T>(compile: (sink: (definition: Definition) => FaultSink) => T): T | undefined {
  const unfit: DefinitionFault[] = [];
  const compiled = compile((definition) => FaultSink.of(definition, unfit));
  return unfit.length === 0 ? compiled : undefined;
}

/** Derived groups over the versions that are served, where they can be computed from those. */
function stayWithServed(
  live: LiveVersions,
  servedCatalog: GroupCatalog,
  derivedGroups: DerivedGroupPlan[],
): void {
  for (const [i, group] of derivedGroups.entries()) {
    const registered = live.derivedGroups.find(
      ({ definition, version }) => definition.name === group.name && version === group.version,
    );
    const staying =
      registered &&
      attempt((sink) =>
        compileDerivedGroup(
          registered.definition,
          registered.version,
          servedCatalog,
          sink(registered.definition),
        ),
      );
    derivedGroups[i] = staying ?? group;
    servedCatalog.add(derivedGroups[i]);
  }
}

function ofKind<K extends DefinitionKind>(
  registered: readonly RegisteredDefinition[],
  kind: K,
): RegisteredDefinition<Extract<Definition, { kind: K }>>[] {
  return registered.filter(
    (candidate): candidate is RegisteredDefinition<Extract<Definition, { kind: K }>> =>
      candidate.definition.kind === kind,
  );
}

const keyOf = ({ definition }: RegisteredDefinition): string => `${definition.kind}/${definition.name}`;

function newestOf(registered: readonly RegisteredDefinition[]): RegisteredDefinition[] {
  const newest = new Map<string, RegisteredDefinition>();
  for (const candidate of registered)
    if (candidate.version >= (newest.get(keyOf(candidate))?.version ?? 0))
      newest.set(keyOf(candidate), candidate);
  return [...newest.values()];
}

interface LiveVersions {
  readonly groups: readonly RegisteredDefinition<FeatureGroupDefinition>[];
  readonly derivedGroups: readonly RegisteredDefinition<DerivedFeatureGroupDefinition>[];
}

/** The newest version of each group, those that are pinned, and those served while it catches up: the others are history and not computed. */
function liveVersions(
  registered: readonly RegisteredDefinition[],
  newest: readonly RegisteredDefinition[],
  served: ReadonlyMap<string, number>,
): LiveVersions {
  const derivedGroups = ofKind(registered, 'DerivedFeatureGroup');
  const references = [
    ...ofKind(newest, 'FeatureService').flatMap(({ definition: { features, variants = [] } }) => [
      ...features,
      ...variants.flatMap((variant) => variant.features ?? []),
    ]),
    ...derivedGroups.flatMap(({ definition }) => definition.inputs),
  ];
  const pinned = new Set<string>();
  for (const text of references) {
    const reference = parseFeatureReference(text);
    if (reference?.version !== undefined) pinned.add(`${reference.group}@${reference.version}`);
  }
  const isLive = (candidate: RegisteredDefinition): boolean =>
    newest.includes(candidate) ||
    pinned.has(`${candidate.definition.name}@${candidate.version}`) ||
    (candidate.definition.kind === 'FeatureGroup' &&
      served.get(candidate.definition.name) === candidate.version);
  return {
    groups: ofKind(registered, 'FeatureGroup').filter(isLive),
    derivedGroups: derivedGroups.filter(isLive),
  };
}

function compileGroups(
  live: LiveVersions,
  surroundings: GroupSurroundings,
  sink: (definition: Definition) => FaultSink,
): GroupPlan[] {
  return live.groups.flatMap(
    ({ definition, version }) => compileGroup(definition, version, surroundings, sink(definition)) ?? [],
  );
}

/** Inputs before the groups that read them; what is left when no input is missing any more is a cycle. */
function compileDerivedGroups(
  live: LiveVersions,
  catalog: GroupCatalog,
  sink: (definition: Definition) => FaultSink,
): DerivedGroupPlan[] {
  const groupNames = new Set(live.groups.map(({ definition }) => definition.name));
  let waiting = live.derivedGroups;
  for (const { definition } of waiting)
    if (groupNames.has(definition.name))
      sink(definition)
        .in('name')
        .report('DUPLICATE', `there is a feature group "${definition.name}" already`, {
          found: definition.name,
        });
  const compiled: DerivedGroupPlan[] = [];
  while (waiting.length > 0) {
    const names = new Set(waiting.map(({ definition }) => definition.name));
    const ready = waiting.filter(
      ({ definition }) => !definition.inputs.some((input) => names.has(groupOf(input))),
    );
    if (ready.length === 0) {
      reportCycle(waiting, sink);
      for (const { definition } of waiting) catalog.add(outlineOfGroup(definition.name));
      return compiled;
    }
    for (const { definition, version } of ready) {
      const group = compileDerivedGroup(definition, version, catalog, sink(definition));
      catalog.add(group);
      compiled.push(group);
    }
    waiting = waiting.filter((candidate) => !ready.includes(candidate));
  }
  return compiled;
}

const groupOf = (reference: string): string => parseFeatureReference(reference)?.group ?? reference;

function reportCycle(
  waiting: LiveVersions['derivedGroups'],
  sink: (definition: Definition) => FaultSink,
): void {
  const names = waiting.map(({ definition }) => definition.name);
  for (const { definition } of waiting)
    sink(definition)
      .in('inputs')
      .report('CYCLE', `derived groups read each other in a circle: ${names.join(', ')}`, { found: names });
}
