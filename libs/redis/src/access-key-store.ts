import type { AccessKey } from '@millrace/core';
import type { RedisConnection } from './connection.js';
import type { Keys } from './keys.js';
import { RedisScript } from './script.js';

// What the script does, publishing a document unless a newer one is there, holds for keys as for plans.
const publishDocument = RedisScript.beside(import.meta.url, 'publish-plan');

/** All valid API keys, under a revision that grows with every change of them. */
export interface AccessKeyDocument {
  readonly revision: number;
  readonly keys: readonly AccessKey[];
}

/** The API keys (their digests) under one Redis key: every app checks keys, and only api knows PostgreSQL. */
export class AccessKeyStore {
  constructor(
    private readonly redis: RedisConnection,
    private readonly keys: Keys,
  ) {}

  async publish(document: AccessKeyDocument): Promise<void> {
    const text = JSON.stringify(document);
    await publishDocument.run(this.redis, [this.keys.accessKeys], [document.revision, text]);
  }

  /** The revision that holds; undefined before the first one. */
  async revision(): Promise<number | undefined> {
    const revision = await this.redis.hget(this.keys.accessKeys, 'revision');
    return revision === null ? undefined : Number(revision);
  }

  async load(): Promise<AccessKeyDocument | undefined> {
    const document = await this.redis.hget(this.keys.accessKeys, 'document');
    return document === null ? undefined : (JSON.parse(document) as AccessKeyDocument);
  }
}
