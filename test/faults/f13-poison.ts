import { setTimeout as delay } from 'node:timers/promises';
import { readPartitionStatus } from '@millrace/actor';
import type { Definition } from '@millrace/core';
import type { PartitionName } from '@millrace/redis';
import { compareEntryIds, decodePosition, EventLog, type EntryId } from '@millrace/stream';
import type { FaultTest } from './fault-test.js';
import { planOf } from './payments.js';
import { slowFrame } from './slow-frame.js';
import { PARTITIONS, underLoad } from './under-load.js';
import type { FaultWorld } from './world.js';

/** Clean and poisoned phases take turns, so that whatever else the machine does falls on both. */
const PHASE_MS = 4_000;
/** One event in a hundred. */
const POISON_EVERY_MS = 100;
/** The goal is a fifth; a phase has some hundred samples, so that two of them decide about its p99. */
const P99_RATIO_MAX = 1.2;
const P99_NOISE_MS = 10;

/** Two lose their lock, the third is given time. */
const SLOW_FRAME_REPEATS_MAX = 2;

/** The longest values that ingest takes. */
const LONG_TEXT = 'a'.repeat(65_535);
const LONG_LIST = Array.from({ length: 4_096 }, (_, i) => i);

/** A group of the same actors with the worst expressions that register, each of which refuses a kind of note. */
export const NOTES: readonly Definition[] = [
  {
    kind: 'Source',
    name: 'notes',
    type: 'stream',
    fields: {
      note_id: 'string',
      account: 'string',
      number: 'string',
      text: 'string',
      list: 'float_list',
      at: 'timestamp',
    },
    timestampField: 'at',
    idField: 'note_id',
  },
  {
    kind: 'FeatureGroup',
    name: 'account_notes',
    entity: 'account',
    source: 'notes',
    derive: {
      // Throws where the text is no number; with 64 KiB of digits before it, it once took minutes to find that out.
      parsed: 'double(number)',
      // 4,096 × 4,096 comparisons a thousand times over, and a text of 64 KiB looked through at each element.
      nested: 'size(list.filter(x, x in list || contains(text, string(x))))',
      // Twice as long with each column.
      ...Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => [
          `twice${i}`,
          i === 0 ? 'text + text' : `twice${i - 1} + twice${i - 1}`,
        ]),
      ),
    },
    aggregations: [{ of: 'nested', functions: ['sum'], windows: ['1h'] }],
  },
];

const POISONS = {
  throwing: { number: 'none', text: 'short', list: [1] },
  'slow to parse': { number: `${'1'.repeat(65_000)}x`, text: 'short', list: [1] },
  'slow to walk': { number: '1', text: LONG_TEXT, list: LONG_LIST },
  'huge when joined': { number: '1', text: LONG_TEXT, list: [1] },
} as const;

/** F13: events that a group cannot apply, or only with much work, beside events that are as they should be. */
export const poison: FaultTest = {
  name: 'F13',
  about: 'poison: throwing, slow and huge events, others as fast as before; a frame slower than its lock',
  async run(options) {
    const { rounds = 3, say } = options;
    const { figures, clean, result } = await underLoad(
      { ...options, eventsPerSecond: options.eventsPerSecond ?? 1_000 },
      { workers: 1, plan: planOf(NOTES) },
      async ({ world }) => {
        const delays = { clean: [] as number[], poisoned: [] as number[] };
        let sent = 0;
        await probe(world, PHASE_MS / 2);
        for (let round = 0; round < rounds; round++) {
          delays.clean.push(...(await probe(world, PHASE_MS)));
          const ending = new AbortController();
          const sending = sendPoison(world.ingest.url, ending.signal);
          delays.poisoned.push(...(await probe(world, PHASE_MS)));
          ending.abort();
          sent += await sending;
        }
        const oversized = await sendOversized(world.ingest.url);
        await world.drained();
        const status = await readPartitionStatus(world.redis, world.keys, PARTITIONS);
        const dead = status.reduce((sum, { deadLetters }) => sum + deadLetters.kept + deadLetters.dropped, 0);
        return { delays, sent, dead, oversized };
      },
    );
    const slow = await slowFrame();
    const [before, during] = [p99(result.delays.clean), p99(result.delays.poisoned)];
    say(`${result.delays.clean.length} and ${result.delays.poisoned.length} single payments were timed`);
    return {
      figures:
        `poison ${result.sent} dead-lettered ${result.dead} oversized ${result.oversized} ${figures} ` +
        `others-p99 ${before.toFixed(1)} ms -> ${during.toFixed(1)} ms ` +
        `slow-frame ${Math.round(slow.appliedInMs)} ms repeats ${slow.repeats} wrong ${slow.wrong}`,
      passed:
        clean &&
        result.sent > 0 &&
        result.dead === result.sent &&
        result.oversized === 'rejected' &&
        slow.repeats <= SLOW_FRAME_REPEATS_MAX &&
        slow.wrong === 0 &&
        during <= Math.max(before * P99_RATIO_MAX, before + P99_NOISE_MS),
    };
  },
};

/** Sends notes of each kind in turn until it is told to end; answers how many were accepted. */
export async function sendPoison(ingestUrl: string, until: AbortSignal): Promise<number> {
  const kinds = Object.values(POISONS);
  let sent = 0;
  while (!until.aborted) {
    const note = { note_id: `n${performance.now()}`, account: `account-${sent % 300}`, at: Date.now() };
    const { status, receipt } = await post(ingestUrl, 'notes', { ...note, ...kinds[sent % kinds.length] });
    if (status !== 202 || receipt.accepted !== 1)
      throw new Error(`poison was answered ${status} ${JSON.stringify(receipt)}`);
    sent++;
    await delay(POISON_EVERY_MS);
  }
  return sent;
}

/** An event longer than any field may be is refused at the door. */
async function sendOversized(ingestUrl: string): Promise<'rejected' | 'accepted'> {
  const note = { note_id: 'oversized', account: 'account-1', at: Date.now(), number: '1', list: [] };
  const { receipt } = await post(ingestUrl, 'notes', { ...note, text: 'a'.repeat(1_000_000) });
  return receipt.accepted === 0 && receipt.rejected.length === 1 ? 'rejected' : 'accepted';
}

/** How long single payments take from their 202 until they are applied, one after the other, in ms. */
async function probe(world: FaultWorld, forMs: number): Promise<number[]> {
  const log = new EventLog(world.redis, world.keys);
  const delaysMs: number[] = [];
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs) {
    const payment = {
      payment_id: `probe${performance.now()}`,
      account: `probe-${delaysMs.length}`,
      amount: 1,
    };
    const { receipt } = await post(world.ingest.url, 'payments', { ...payment, paid_at: Date.now() });
    const acceptedMs = performance.now();
    for (const [partition, entry] of decodePosition(receipt.position) ?? []) {
      await applied(log, partition, entry);
    }
    delaysMs.push(performance.now() - acceptedMs);
  }
  return delaysMs;
}

async function applied(log: EventLog, partition: PartitionName, entry: EntryId): Promise<void> {
  for (;;) {
    const offset = (await log.committedOffsets([partition])).get(partition);
    if (offset && compareEntryIds(offset, entry) >= 0) return;
    await delay(1);
  }
}

interface Receipt {
  readonly accepted: number;
  readonly rejected: readonly unknown[];
  readonly position: string;
}

async function post(
  ingestUrl: string,
  source: string,
  event: unknown,
): Promise<{ readonly status: number; readonly receipt: Receipt }> {
  const answer = await fetch(`${ingestUrl}/v1/events/${source}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  });
  return { status: answer.status, receipt: (await answer.json()) as Receipt };
}

function p99(delaysMs: readonly number[]): number {
  return delaysMs.toSorted((a, b) => a - b)[Math.floor(delaysMs.length * 0.99)] ?? Infinity;
}
