import type { PlanDocument } from '@millrace/core';
import type { RedisConnection } from './connection.js';
import type { Keys } from './keys.js';
import { RedisScript } from './script.js';

const publishPlan = RedisScript.beside(import.meta.url, 'publish-plan');

/** The plan under its one Redis key. */
export class PlanStore {
  readonly #redis: RedisConnection;
  readonly #keys: Keys;

  constructor(redis: RedisConnection, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** Publishes a document; answers the revision that holds now, which is newer if another one came first. */
  async publish(document: PlanDocument): Promise<number> {
    const reply = await publishPlan.run(
      this.#redis,
      [this.#keys.plan],
      [document.revision, JSON.stringify(document)],
    );
    return Number(reply);
  }

  /** The revision that holds; undefined before the first plan. */
  async revision(): Promise<number | undefined> {
    const revision = await this.#redis.hget(this.#keys.plan, 'revision');
    return revision === null ? undefined : Number(revision);
  }

  async load(): Promise<PlanDocument | undefined> {
    const document = await this.#redis.hget(this.#keys.plan, 'document');
    return document === null ? undefined : (JSON.parse(document) as PlanDocument);
  }
}
