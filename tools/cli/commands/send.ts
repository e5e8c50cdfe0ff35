import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { FeatureType } from '@millrace/core';
import { call, Refusal, Unreachable } from '../api-client.js';
import { CommandFailed } from '../command-failed.js';
import { eventLines, formatOf, type EventFormat } from '../event-files.js';
import { kindOf } from '../kinds.js';
import { readDefinition } from '../registry-api.js';
import type { Session } from '../session.js';

interface SendOptions {
  readonly batch: number;
  readonly format?: EventFormat;
}

interface Receipt {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly { readonly index: number; readonly message: string }[];
}

const TRIES = 6;
const FIRST_PAUSE_MS = 250;
const REJECTIONS_SHOWN = 5;

export function addSend(program: Command, session: Session): void {
  program
    .command('send')
    .description('send events of a file, or of standard input, to a source')
    .argument('<source>')
    .argument('[file]', 'NDJSON, or CSV with a head line; - or nothing for standard input', '-')
    .option('--batch <events>', 'events per request', wholeNumber, 1_000)
    .addOption(new Option('--format <format>', 'else by the ending of the file').choices(['ndjson', 'csv']))
    .action(async (source: string, file: string, { batch, format }: SendOptions) => {
      const chosen = format ?? formatOf(file);
      const types = chosen === 'csv' ? await fieldTypes(session, source) : {};
      const sending = new Sending(session, source);
      let lines: string[] = [];
      for await (const line of eventLines(file, chosen, types)) {
        if (lines.push(line) < batch) continue;
        await sending.send(lines);
        lines = [];
      }
      if (lines.length > 0) await sending.send(lines);
      sending.finish();
    });
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 10_000) return number;
  throw new InvalidArgumentError('a whole number from 1 to 10000 is needed');
}

async function fieldTypes(session: Session, source: string): Promise<Record<string, FeatureType>> {
  const { stored } = await readDefinition(session.api(), kindOf('source'), source);
  return stored.definition.kind === 'Source' ? stored.definition.fields : {};
}

/** Sends batch after batch and keeps count. */
class Sending {
  private accepted = 0;
  private duplicates = 0;
  private rejected = 0;
  private sent = 0;

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
    for (let attempt = 1; ; attempt++) {
      try {
        const body = lines.join('\n');
        return (await call(this.session.ingest(), path, { method: 'POST', body, headers })).body as Receipt;
      } catch (error) {
        if (attempt === TRIES || !mayPass(error)) throw error;
        await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1));
      }
    }
  }
}

const mayPass = (error: unknown): boolean =>
  error instanceof Unreachable ||
  (error instanceof Refusal && (error.status === 429 || error.status === 503));
