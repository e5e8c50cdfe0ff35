import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { call } from '../api-client.js';
import { CommandFailed } from '../command-failed.js';
import { takesEvents } from '../event-files.js';
import { persistently } from '../persistently.js';
import type { Session } from '../session.js';

interface Receipt {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly { readonly index: number; readonly message: string }[];
  readonly notice?: string;
}

const REJECTIONS_SHOWN = 5;

export function addSend(program: Command, session: Session): void {
  const command = program
    .command('send')
    .description('send events of a file, or of standard input, to a source');
  takesEvents(command, session, 'events', async (source, batches) => {
    const sending = new Sending(session, source);
    for await (const lines of batches) await sending.send(lines);
    sending.finish();
  });
}

/** Sends batch after batch and keeps count. */
class Sending {
  private accepted = 0;
  private duplicates = 0;
  private rejected = 0;
  private sent = 0;
  private notice: string | undefined;

  constructor(
    private readonly session: Session,
    private readonly source: string,
  ) {}

  async send(lines: readonly string[]): Promise<void> {
    const receipt = await this.sendSafely(lines);
    for (const { index, message } of receipt.rejected) {
      if (this.rejected++ < REJECTIONS_SHOWN)
        this.session.terminal.err(`event ${this.sent + index + 1} rejected: ${message}`);
    }
    if (receipt.notice !== this.notice && receipt.notice !== undefined)
      this.session.terminal.err(`note: ${receipt.notice}`);
    this.notice = receipt.notice;
    this.sent += lines.length;
    this.accepted += receipt.accepted;
    this.duplicates += receipt.duplicates;
    this.session.terminal.err(`${this.sent} sent, ${this.accepted} accepted`);
  }

  /** @throws CommandFailed where events were rejected, after all were sent. */
  finish(): void {
    const counts = `${this.accepted} accepted, ${this.duplicates} duplicates, ${this.rejected} rejected`;
    if (this.rejected > 0) throw new CommandFailed(counts);
    this.session.terminal.out(counts);
  }

  /** The key makes the tries one: an answer that got lost does not count events twice. */
  private async sendSafely(lines: readonly string[]): Promise<Receipt> {
    const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': randomUUID() };
    const path = `/v1/events/${encodeURIComponent(this.source)}`;
    const request = { method: 'POST', body: lines.join('\n'), headers } as const;
    return persistently(async () => (await call(this.session.ingest(), path, request)).body as Receipt);
  }
}
