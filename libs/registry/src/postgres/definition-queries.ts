/** What the admin API reads of the registry. */
import type pg from 'pg';
import type { Definition, DefinitionKind } from '@millrace/core';
import type {
  DefinitionFilter,
  Page,
  RegistryChange,
  StoredDefinition,
  StoredVersion,
} from './stored-definition.js';

interface DefinitionRow {
  readonly definition: Definition;
  readonly version: number;
  readonly revision: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const COLUMNS = 'definition, version, revision, created_at, updated_at';

export async function findDefinition(
  client: pg.ClientBase,
  kind: DefinitionKind,
  name: string,
): Promise<StoredDefinition | undefined> {
  const { rows } = await client.query<DefinitionRow>(
    `SELECT ${COLUMNS} FROM definition WHERE kind = $1 AND name = $2`,
    [kind, name],
  );
  return rows.map(storedDefinition)[0];
}

/** In the order of names; a page begins after the name that its cursor holds. */
export async function listDefinitions(
  client: pg.ClientBase,
  { kind, owner, tag, text, limit, after }: DefinitionFilter,
): Promise<Page<StoredDefinition>> {
  const { rows } = await client.query<DefinitionRow & { name: string }>(
    `SELECT name, ${COLUMNS} FROM definition
     WHERE kind = $1
       AND ($2::text IS NULL OR name > $2)
       AND ($3::text IS NULL OR definition->>'owner' = $3)
       AND ($4::text IS NULL OR definition->'tags'->>$4 = $5)
       AND ($6::text IS NULL OR strpos(lower(name), lower($6)) > 0
            OR strpos(lower(coalesce(definition->>'description', '')), lower($6)) > 0)
     ORDER BY name LIMIT $7`,
    [
      kind,
      after === undefined ? null : nameOf(after),
      owner ?? null,
      tag?.name ?? null,
      tag?.value ?? null,
      text ?? null,
      limit + 1,
    ],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(storedDefinition),
    ...(rows.length > limit && last !== undefined && { next: cursorOf(last.name) }),
  };
}

export async function listVersions(
  client: pg.ClientBase,
  kind: DefinitionKind,
  name: string,
): Promise<StoredVersion[]> {
  const { rows } = await client.query<Pick<DefinitionRow, 'definition' | 'version' | 'created_at'>>(
    `SELECT definition, version, created_at FROM definition_version
     WHERE kind = $1 AND name = $2 ORDER BY version`,
    [kind, name],
  );
  return rows.map(({ definition, version, created_at }) => ({
    definition,
    version,
    createdAt: created_at.toISOString(),
  }));
}

export interface ChangeFilter {
  readonly kind?: DefinitionKind;
  readonly name?: string;
  readonly limit: number;
  readonly after?: string;
}

/** The audit log, newest first. */
export async function listChanges(
  client: pg.ClientBase,
  { kind, name, limit, after }: ChangeFilter,
): Promise<Page<RegistryChange>> {
  const { rows } = await client.query<ChangeRow>(
    `SELECT id, revision, changed_at, changed_by, action, kind, name, from_version, to_version, reasons
     FROM registry_change
     WHERE ($1::text IS NULL OR kind = $1) AND ($2::text IS NULL OR name = $2)
       AND ($3::bigint IS NULL OR id < $3)
     ORDER BY id DESC LIMIT $4`,
    [kind ?? null, name ?? null, after === undefined ? null : changeIdOf(after), limit + 1],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(registryChange),
    ...(rows.length > limit && last !== undefined && { next: cursorOf(last.id) }),
  };
}

interface ChangeRow {
  readonly id: string;
  readonly revision: string;
  readonly changed_at: Date;
  readonly changed_by: string;
  readonly action: RegistryChange['action'];
  readonly kind: DefinitionKind;
  readonly name: string;
  readonly from_version: number | null;
  readonly to_version: number | null;
  readonly reasons: readonly string[];
}

function registryChange(row: ChangeRow): RegistryChange {
  const { action, kind, name, reasons } = row;
  return {
    revision: Number(row.revision),
    at: row.changed_at.toISOString(),
    by: row.changed_by,
    action,
    kind,
    name,
    from: row.from_version,
    to: row.to_version,
    reasons,
  };
}

function storedDefinition({
  definition,
  version,
  revision,
  created_at,
  updated_at,
}: DefinitionRow): StoredDefinition {
  return {
    definition,
    version,
    revision: Number(revision),
    createdAt: created_at.toISOString(),
    updatedAt: updated_at.toISOString(),
  };
}

const cursorOf = (text: string): string => Buffer.from(text).toString('base64url');
const nameOf = (cursor: string): string => Buffer.from(cursor, 'base64url').toString();

/** A cursor that no answer held reads as the end of the log. */
function changeIdOf(cursor: string): string {
  const id = nameOf(cursor);
  return /^\d{1,18}$/.test(id) ? id : '0';
}
