import type { AccessKey, Caller, Instant } from '@millrace/core';

/** Clients of one process, generously; a header that proves a key is some eighty characters long. */
const HEADERS_MAX = 1_000;
const HEADER_LENGTH_MAX = 256;

/**
 * Headers whose key was proved once, so that a client that comes again costs neither a hash nor a wait. What is
 * remembered holds only as long as the process knows that very key: a look that finds other keys makes new ones
 * of all of them, and an expired key ends by the clock.
 */
export class VerifiedKeys {
  private readonly callers = new Map<string, Caller>();

  constructor(
    /** Who comes with the key of the configuration: nothing but a restart changes it. */
    private readonly admin: Caller,
    /** The key with an id as this process knows it now, without a look anywhere. */
    private readonly known: (id: string) => AccessKey | undefined,
  ) {}

  /** Whose header this is, where that was proved before and still holds. */
  find(header: string, now: Instant): Caller | undefined {
    const caller = this.callers.get(header);
    if (caller === undefined || this.holds(caller, now)) return caller;
    this.callers.delete(header);
    return undefined;
  }

  /** Remembers what a header proved; callers that are no key are not remembered. */
  keep(header: string, caller: Caller, now: Instant): void {
    if (header.length > HEADER_LENGTH_MAX || !this.holds(caller, now)) return;
    const oldest = this.callers.keys().next();
    if (this.callers.size >= HEADERS_MAX && !oldest.done) this.callers.delete(oldest.value);
    this.callers.set(header, caller);
  }

  private holds(caller: Caller, now: Instant): boolean {
    if (caller === this.admin) return true;
    const { id, expiresAt } = caller as Partial<AccessKey>;
    return id !== undefined && this.known(id) === caller && (expiresAt === undefined || now < expiresAt);
  }
}
