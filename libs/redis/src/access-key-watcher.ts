import { setTimeout as pause } from 'node:timers/promises';
import type { AccessKey } from '@millrace/core';
import type { AccessKeyStore } from './access-key-store.js';

/** A revoked key stops working everywhere within this time. */
const LOOK_EVERY_MS = 1_000;
/** Unknown ids make us look at most this often before the second is over: strangers must not load Redis. */
const LOOK_FOR_STRANGERS_EVERY_MS = 200;

/** Keeps the API keys in memory: checking one costs no round trip, and goes on while Redis is away. */
export class AccessKeyWatcher {
  private keys: ReadonlyMap<string, AccessKey> = new Map();
  private revision: number | undefined;
  private lookedAt = 0;
  private looking: Promise<void> | undefined;
  private lookingForStrangers: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: AccessKeyStore,
    private readonly onError: (error: Error) => void,
  ) {}

  /** Looks once and goes on looking until `stop`. Does not fail when Redis is away. */
  async start(): Promise<void> {
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    await this.look();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** The key with this id, as of the last look. */
  known(id: string): AccessKey | undefined {
    return this.keys.get(id);
  }

  /** The key with this id. A key that was made a moment ago is found too, after a look of its own. */
  async find(id: string): Promise<AccessKey | undefined> {
    const known = this.keys.get(id);
    if (known) return known;
    this.lookingForStrangers ??= this.lookForStrangers().finally(
      () => (this.lookingForStrangers = undefined),
    );
    await this.lookingForStrangers;
    return this.keys.get(id);
  }

  private async lookForStrangers(): Promise<void> {
    const lookedBeforeMs = Date.now() - this.lookedAt;
    await pause(Math.max(0, LOOK_FOR_STRANGERS_EVERY_MS - lookedBeforeMs));
    await this.look();
  }

  private look(): Promise<void> {
    this.looking ??= this.load().finally(() => (this.looking = undefined));
    return this.looking;
  }

  private async load(): Promise<void> {
    this.lookedAt = Date.now();
    try {
      const revision = await this.store.revision();
      if (revision === undefined || revision === this.revision) return;
      const document = await this.store.load();
      if (!document) return;
      this.keys = new Map(document.keys.map((key) => [key.id, key]));
      this.revision = document.revision;
    } catch (error) {
      this.onError(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
