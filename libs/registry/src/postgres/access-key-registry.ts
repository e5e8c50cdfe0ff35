import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { digestOf, MillraceError, writeAccessKey, type AccessKey, type Scope } from '@millrace/core';
import type { AccessKeyDocument } from '@millrace/redis';
import type { Database } from './database.js';

export interface NewAccessKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly patterns: readonly string[];
  readonly expiresAt?: Date;
}

/** A key as it is listed: without anything that proves it. */
export interface StoredAccessKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly patterns: readonly string[];
  readonly createdAt: string;
  readonly createdBy: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  readonly revokedBy: string | null;
}

/** 256 bits: nothing to guess. */
const SECRET_BYTES = 32;
const ID_BYTES = 6;

/** API keys at rest in PostgreSQL. */
export class AccessKeyRegistry {
  constructor(private readonly database: Database) {}

  /** The one time that the key itself is known. @throws MillraceError CONFLICT where a valid key has the name. */
  async create(
    wanted: NewAccessKey,
    by: string,
  ): Promise<{ readonly key: string; readonly stored: StoredAccessKey }> {
    const id = randomBytes(ID_BYTES).toString('hex');
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const { name, scopes, patterns, expiresAt = null } = wanted;
    const stored = await this.database.write(async (client) => {
      const { rows } = await client.query<KeyRow>(
        `INSERT INTO access_key (id, name, digest, scopes, patterns, created_by, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING
         RETURNING *`,
        [id, name, digestOf(secret), scopes, patterns, by, expiresAt],
      );
      const [row] = rows;
      if (!row)
        throw new MillraceError('CONFLICT', `there is a key "${name}" already: revoke it first`, { name });
      await grow(client);
      return storedKey(row);
    });
    return { key: writeAccessKey(id, secret), stored };
  }

  /** Revoking twice changes nothing. @throws MillraceError NOT_FOUND */
  async revoke(id: string, by: string): Promise<StoredAccessKey> {
    return this.database.write(async (client) => {
      const { rows } = await client.query<KeyRow>(
        `UPDATE access_key
         SET revoked_at = coalesce(revoked_at, now()), revoked_by = coalesce(revoked_by, $2)
         WHERE id = $1 RETURNING *`,
        [id, by],
      );
      const [row] = rows;
      if (!row) throw new MillraceError('NOT_FOUND', `there is no key ${id}`, { id });
      await grow(client);
      return storedKey(row);
    });
  }

  /** All keys, also revoked ones, newest first. */
  async list(): Promise<StoredAccessKey[]> {
    return this.database.read(async (client) => {
      const { rows } = await client.query<KeyRow>('SELECT * FROM access_key ORDER BY created_at DESC, id');
      return rows.map(storedKey);
    });
  }

  /** What the apps check keys against. */
  async document(): Promise<AccessKeyDocument> {
    return this.database.read(async (client) => {
      const revision = await client.query<{ revision: string }>('SELECT revision FROM access_key_revision');
      const { rows } = await client.query<KeyRow>(
        'SELECT * FROM access_key WHERE revoked_at IS NULL ORDER BY id',
      );
      return { revision: Number(revision.rows[0]?.revision ?? 0), keys: rows.map(accessKey) };
    });
  }
}

interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly digest: string;
  readonly scopes: readonly Scope[];
  readonly patterns: readonly string[];
  readonly created_at: Date;
  readonly created_by: string;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly revoked_by: string | null;
}

async function grow(client: pg.ClientBase): Promise<void> {
  await client.query('UPDATE access_key_revision SET revision = revision + 1');
}

function storedKey(row: KeyRow): StoredAccessKey {
  const { id, name, scopes, patterns } = row;
  return {
    id,
    name,
    scopes,
    patterns,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    revokedBy: row.revoked_by,
  };
}

function accessKey({ id, name, digest, scopes, patterns, expires_at }: KeyRow): AccessKey {
  return { id, name, digest, scopes, patterns, ...(expires_at && { expiresAt: expires_at.getTime() }) };
}
