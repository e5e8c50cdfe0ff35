import type pg from 'pg';
import {
  MillraceError,
  pathOf,
  type Definition,
  type DefinitionKind,
  type PlanDocument,
  type RegisteredDefinition,
} from '@millrace/core';
import type { ChangeSet } from '../change-set.js';
import type { Removal } from '../changes.js';
import { decideApply, type ApplyDecision } from '../decide-apply.js';
import { checkPrecondition, type Precondition } from '../precondition.js';
import type { LocatedFault } from '../read-definitions.js';
import { documentOf, type RegistryState } from '../registry-state.js';
import {
  findDefinition,
  listChanges,
  listDefinitions,
  listVersions,
  type ChangeFilter,
} from './definition-queries.js';
import type { Database } from './database.js';
import type {
  DefinitionFilter,
  Page,
  RegistryChange,
  StoredDefinition,
  StoredVersion,
} from './stored-definition.js';

export interface ApplyRequest {
  /** As they came: their form is checked here. */
  readonly definitions: readonly unknown[];
  readonly removal: Removal;
  /** Refuse unless the registry still stands at this revision: what `plan` showed is what happens. */
  readonly expectedRevision?: number;
  /** The new revision is greater than this one: the revision that Redis has, should it be ahead. */
  readonly aboveRevision?: number;
  /** What must hold of single definitions, checked under the lock. */
  readonly preconditions?: readonly Precondition[];
  /** Who asks, for the audit log. */
  readonly by: string;
}

export interface ApplyResult {
  readonly revision: number;
  readonly changes: ChangeSet;
  readonly document: PlanDocument;
}

/** Definitions at rest in PostgreSQL. */
export class Registry {
  constructor(private readonly database: Database) {}

  /** What `apply` would do now. @throws MillraceError INVALID_DEFINITION with all faults. */
  async plan(request: Pick<ApplyRequest, 'definitions' | 'removal'>): Promise<ApplyResult> {
    return this.database.read(async (client) => {
      const state = await loadState(client);
      const { changes, document } = accepted(request, state);
      return { revision: state.revision, changes, document };
    });
  }

  /**
   * Does what `plan` shows, wholly or not at all. The revision's row is locked from reading to writing, so
   * two appliers never interleave.
   * @throws MillraceError INVALID_DEFINITION with all faults; CONFLICT where the registry moved in between.
   */
  async apply(request: ApplyRequest): Promise<ApplyResult> {
    return this.database.write(async (client) => {
      await client.query('SELECT revision FROM registry_revision FOR UPDATE');
      const state = await loadState(client);
      const { expectedRevision, aboveRevision = 0 } = request;
      if (expectedRevision !== undefined && expectedRevision !== state.revision)
        throw new MillraceError(
          'CONFLICT',
          `the registry moved from revision ${expectedRevision} to ${state.revision}: look at the plan again`,
          { expectedRevision, revision: state.revision },
        );
      for (const precondition of request.preconditions ?? [])
        checkPrecondition(precondition, await findDefinition(client, precondition.kind, precondition.name));
      const { changes, after, document } = accepted(request, state);
      // Nothing to do, unless Redis holds the plan of another registry: then ours is to overtake it.
      if (isEmpty(changes) && aboveRevision <= state.revision)
        return { revision: state.revision, changes, document: documentOf(state) };
      const revision = Math.max(state.revision, aboveRevision) + 1;
      await write(client, { revision, changes, after, by: request.by });
      return { revision, changes, document: { ...document, revision } };
    });
  }

  /** The plan of what is registered; while nothing is, an empty one: processes that have it are ready. */
  async document(): Promise<PlanDocument> {
    return documentOf(await this.state());
  }

  async state(): Promise<RegistryState> {
    return this.database.read(loadState);
  }

  /**
   * Takes note that a version of a group has caught up. Where services follow it from now on the plan is
   * another one, and the revision grows.
   */
  async markCaughtUp(name: string, version: number): Promise<void> {
    await this.database.write(async (client) => {
      await client.query('SELECT revision FROM registry_revision FOR UPDATE');
      const before = await loadState(client);
      await client.query(
        'INSERT INTO group_catch_up (name, version) VALUES ($1, $2) ON CONFLICT DO NOTHING',
        [name, version],
      );
      const after = await loadState(client);
      if (JSON.stringify(documentOf(before)) === JSON.stringify(documentOf(after))) return;
      await client.query('UPDATE registry_revision SET revision = revision + 1');
    });
  }

  async find(kind: DefinitionKind, name: string): Promise<StoredDefinition | undefined> {
    if (!couldBeName(name)) return undefined;
    return this.database.read((client) => findDefinition(client, kind, name));
  }

  async list(filter: DefinitionFilter): Promise<Page<StoredDefinition>> {
    return this.database.read((client) => listDefinitions(client, filter));
  }

  /** All versions, also of a name that was removed; empty for one that never was. */
  async versions(kind: DefinitionKind, name: string): Promise<StoredVersion[]> {
    if (!couldBeName(name)) return [];
    return this.database.read((client) => listVersions(client, kind, name));
  }

  /** The audit log. */
  async changes(filter: ChangeFilter): Promise<Page<RegistryChange>> {
    return this.database.read((client) => listChanges(client, filter));
  }
}

/** What no definition can be called is not looked for: PostgreSQL refuses some of it, such as NUL. */
const couldBeName = (name: string): boolean => /^\w{1,128}$/.test(name);

function accepted(
  { definitions, removal }: Pick<ApplyRequest, 'definitions' | 'removal'>,
  state: RegistryState,
): Extract<ApplyDecision, { kind: 'accepted' }> {
  const decision = decideApply(state, definitions, removal);
  if (decision.kind === 'refused') throw refusal(decision.faults);
  return decision;
}

/** More than anybody corrects in one go; what is a file of another kind would fill the answer. */
const FAULTS_TOLD_MAX = 500;

function refusal(faults: readonly LocatedFault[]): MillraceError {
  const [first] = faults;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  const summary = first === undefined ? '' : `${pathOf(first)}: ${first.message}${more}`;
  return new MillraceError('INVALID_DEFINITION', summary, {
    faults: faults.slice(0, FAULTS_TOLD_MAX).map((fault) => ({ path: pathOf(fault), ...fault })),
    ...(faults.length > FAULTS_TOLD_MAX && { faultsNotTold: faults.length - FAULTS_TOLD_MAX }),
  });
}

const isEmpty = ({ created, changed, removed }: ChangeSet): boolean =>
  created.length + changed.length + removed.length === 0;

interface DefinitionRow {
  readonly kind: DefinitionKind;
  readonly name: string;
  readonly version: number;
  readonly definition: Definition;
}

async function loadState(client: pg.ClientBase): Promise<RegistryState> {
  const revision = await client.query<{ revision: string }>('SELECT revision FROM registry_revision');
  const current = await client.query<DefinitionRow>(
    'SELECT kind, name, version, definition FROM definition ORDER BY created_at, kind, name',
  );
  const history = await client.query<DefinitionRow>(
    'SELECT kind, name, version, definition FROM definition_version ORDER BY kind, name, version',
  );
  const caughtUp = await client.query<{ name: string; version: number }>(
    'SELECT name, version FROM group_catch_up',
  );
  return {
    revision: Number(revision.rows[0]?.revision ?? 0),
    current: current.rows.map(registeredOf),
    history: history.rows.map(registeredOf),
    caughtUp: new Set(caughtUp.rows.map(({ name, version }) => `${name}@${version}`)),
  };
}

const registeredOf = ({ definition, version }: DefinitionRow): RegisteredDefinition => ({
  definition,
  version,
});

interface Writing {
  readonly revision: number;
  readonly changes: ChangeSet;
  readonly after: readonly RegisteredDefinition[];
  readonly by: string;
}

async function write(client: pg.ClientBase, { revision, changes, after, by }: Writing): Promise<void> {
  const definitionOf = (kind: DefinitionKind, name: string): string => {
    const registered = after.find(({ definition }) => definition.kind === kind && definition.name === name);
    return JSON.stringify(registered?.definition);
  };
  const record = async (
    action: 'created' | 'changed' | 'removed',
    subject: { kind: string; name: string },
    versions: { from: number | null; to: number | null; reasons: readonly string[] },
  ): Promise<void> => {
    await client.query(
      `INSERT INTO registry_change (revision, changed_by, action, kind, name, from_version, to_version, reasons)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [revision, by, action, subject.kind, subject.name, versions.from, versions.to, versions.reasons],
    );
  };
  await client.query('UPDATE registry_revision SET revision = $1', [revision]);
  for (const { kind, name, version } of changes.created) {
    await insertVersion(client, kind, name, version, definitionOf(kind, name));
    await client.query(
      'INSERT INTO definition (kind, name, version, definition, revision) VALUES ($1, $2, $3, $4, $5)',
      [kind, name, version, definitionOf(kind, name), revision],
    );
    await record('created', { kind, name }, { from: null, to: version, reasons: [] });
  }
  for (const { kind, name, from, to, inPlace, reasons } of changes.changed) {
    if (!inPlace) await insertVersion(client, kind, name, to, definitionOf(kind, name));
    await client.query(
      `UPDATE definition SET version = $3, definition = $4, revision = $5, updated_at = now()
       WHERE kind = $1 AND name = $2`,
      [kind, name, to, definitionOf(kind, name), revision],
    );
    await record('changed', { kind, name }, { from, to, reasons });
  }
  for (const { kind, name, version } of changes.removed) {
    await client.query('DELETE FROM definition WHERE kind = $1 AND name = $2', [kind, name]);
    if (kind === 'FeatureGroup') await client.query('DELETE FROM group_catch_up WHERE name = $1', [name]);
    await record('removed', { kind, name }, { from: version, to: null, reasons: [] });
  }
}

async function insertVersion(
  client: pg.ClientBase,
  kind: DefinitionKind,
  name: string,
  version: number,
  definition: string,
): Promise<void> {
  await client.query(
    'INSERT INTO definition_version (kind, name, version, definition) VALUES ($1, $2, $3, $4)',
    [kind, name, version, definition],
  );
}
