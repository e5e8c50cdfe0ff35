import { parseExactJson, type ExactJson } from './exact-json.js';
import { ApiFault, faultOf, unreachable } from './fault.js';

const KEY_ITEM = 'millrace.key';

/**
 * The public API of this page's origin. An access key lives in the tab's session storage: it is gone when the
 * tab is closed, and no other site can read it.
 */
export class Api {
  private readonly lockListeners = new Set<(locked: boolean) => void>();
  private locked = false;

  /** @param base where the page lies; the routes lie beside it. */
  constructor(private readonly base: string) {}

  get hasKey(): boolean {
    return sessionStorage.getItem(KEY_ITEM) !== null;
  }

  useKey(key: string): void {
    sessionStorage.setItem(KEY_ITEM, key);
    this.setLocked(false);
  }

  forgetKey(): void {
    sessionStorage.removeItem(KEY_ITEM);
  }

  /** Calls back when the api asks for a key, or for another one, and when one was given. */
  onLock(listener: (locked: boolean) => void): () => void {
    this.lockListeners.add(listener);
    return () => this.lockListeners.delete(listener);
  }

  /** @throws ApiFault */
  get(path: string, signal: AbortSignal): Promise<ExactJson> {
    return this.request(path, { signal });
  }

  /** @param body JSON text. @throws ApiFault */
  post(path: string, body: string, signal: AbortSignal): Promise<ExactJson> {
    return this.request(path, { method: 'POST', body, signal });
  }

  private async request(path: string, init: RequestInit): Promise<ExactJson> {
    const key = sessionStorage.getItem(KEY_ITEM);
    const headers = {
      ...(init.body !== undefined && { 'content-type': 'application/json' }),
      ...(key !== null && { authorization: `Bearer ${key}` }),
    };
    const response = await fetch(new URL(path, this.base), { ...init, headers, cache: 'no-store' }).catch(
      (error: unknown) => {
        throw isAbort(error) ? error : unreachable();
      },
    );
    if (response.ok) return parseExactJson(await response.text());
    const fault = await faultOf(response);
    // An answer to a request from before the key was changed says nothing about the new one.
    if (fault.status === 401 && key === sessionStorage.getItem(KEY_ITEM)) this.setLocked(true);
    throw fault;
  }

  private setLocked(locked: boolean): void {
    if (locked === this.locked) return;
    this.locked = locked;
    for (const listener of this.lockListeners) listener(locked);
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** Anything that is thrown, as a fault to show. */
export function asFault(error: unknown): ApiFault {
  if (error instanceof ApiFault) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ApiFault(-1, 'PAGE_FAULT', 'This page does not understand the answer', message, undefined);
}
