import { compileEventReader, decodeFrame, partitionOf, type EntityPlan, type Route } from '@millrace/core';
import { decodePosition, type AppendResult, type FrameAppend } from '@millrace/stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Intake, type IntakeLimits } from './intake.js';

const entity = (name: string): EntityPlan => ({ name, joinKeys: [{ name, type: 'string' }], partitions: 2 });
const routes: Route[] = [
  { id: 'customer(customer)', entity: entity('customer'), keyFields: ['customer'] },
  { id: 'merchant(merchant)', entity: entity('merchant'), keyFields: ['merchant'] },
];
const reader = compileEventReader(
  {
    name: 'payments',
    version: 1,
    type: 'stream',
    fields: [
      { name: 'id', type: 'string' },
      { name: 'at', type: 'timestamp' },
      { name: 'customer', type: 'string' },
      { name: 'merchant', type: 'string' },
    ],
    timestampField: 'at',
    idField: 'id',
  },
  routes,
);

const payment = (id: string, customer = 'c1') => ({ id, at: 1, customer, merchant: 'm1' });
const submission = (...events: unknown[]) => ({ events, idempotencyKey: undefined });

/** A log whose answers the test decides, and that remembers what it was asked. */
function intakeOver(
  answer: (request: FrameAppend) => AppendResult | Promise<AppendResult>,
  limits: Partial<IntakeLimits> = {},
) {
  const appends: FrameAppend[] = [];
  const woken: string[] = [];
  const intake = new Intake(
    {
      appendAll: (frames) => {
        appends.push(...frames);
        return Promise.all(frames.map(async (frame) => answer(frame)));
      },
      wake: (partitions) => void woken.push(...partitions),
      now: () => 1_000,
    },
    { pendingEventsMax: 100, eventTimeAheadMaxMs: 0, ...limits },
  );
  return { intake, appends, woken };
}

const appended = (duplicates: number[] = []): AppendResult => ({
  kind: 'appended',
  entry: '5-0' as never,
  duplicates,
  wake: true,
});
const isMerchant = (request: FrameAppend) => request.partition.startsWith('merchant');

describe('the intake', () => {
  it('appends an event to a partition of every entity that it touches, and wakes them', async () => {
    const { intake, appends, woken } = intakeOver(() => appended());
    const receipt = await intake.submit(reader, submission(payment('p1')));
    const partitions = [`customer.${partitionOf('c1', 2)}`, `merchant.${partitionOf('m1', 2)}`];
    expect(appends.map((request) => request.partition)).toEqual(partitions);
    expect(woken).toEqual(partitions);
    expect(receipt).toMatchObject({ accepted: 1, duplicates: 0, rejected: [] });
    expect([...(decodePosition(receipt.position)?.keys() ?? [])]).toEqual(partitions);
  });

  it('sends the requests of one round of the event loop as one frame, and answers each for its own', async () => {
    const { intake, appends } = intakeOver((request) =>
      appended(decodeFrame(request.frame).column('id')?.values[1] === 'p2' ? [1] : []),
    );
    const [first, second, third] = await Promise.all([
      intake.submit(reader, submission(payment('p1'))),
      intake.submit(reader, submission(payment('p2'))),
      intake.submit(reader, submission('nonsense', payment('p3'))),
    ]);
    expect(appends).toHaveLength(2);
    expect([first.accepted, first.duplicates]).toEqual([1, 0]);
    expect([second.accepted, second.duplicates]).toEqual([0, 1]);
    expect(third).toMatchObject({ accepted: 1, rejected: [{ index: 0, code: 'EVENT_NOT_OBJECT' }] });
  });

  it('gathers what comes while an append is under way', async () => {
    let release = (_result: AppendResult) => {};
    let held = false;
    const { intake, appends } = intakeOver((request) => {
      if (held || isMerchant(request)) return appended();
      held = true;
      return new Promise<AppendResult>((resolve) => (release = resolve));
    });
    const first = intake.submit(reader, submission(payment('p1')));
    await new Promise((resolve) => setImmediate(resolve));
    const later = [
      intake.submit(reader, submission(payment('p2'))),
      intake.submit(reader, submission(payment('p3'))),
    ];
    await new Promise((resolve) => setImmediate(resolve));
    expect(appends).toHaveLength(2);
    release(appended());
    await Promise.all([first, ...later]);
    expect(appends.map((request) => request.events)).toEqual([1, 1, 2, 2]);
    expect(intake.pendingEvents).toBe(0);
  });

  it('lets those who were answered together send together again, and delays no lone event', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { intake, appends } = intakeOver(() => appended());
    await Promise.all(['p1', 'p2'].map((id) => intake.submit(reader, submission(payment(id)))));
    const third = intake.submit(reader, submission(payment('p3')));
    await new Promise((resolve) => setImmediate(resolve));
    const fourth = intake.submit(reader, submission(payment('p4')));
    vi.runAllTimers();
    await Promise.all([third, fourth]);
    expect(appends.map((request) => request.events)).toEqual([2, 2, 2, 2]);
    const fifth = intake.submit(reader, submission(payment('p5')));
    vi.runAllTimers();
    await fifth;
    const lone = intake.submit(reader, submission(payment('p6')));
    await new Promise((resolve) => setImmediate(resolve));
    expect(appends).toHaveLength(8);
    await lone;
  });

  it('counts an event as duplicate only where it was one in every entity', async () => {
    const { intake } = intakeOver((request) => appended(isMerchant(request) ? [0] : []));
    expect(await intake.submit(reader, submission(payment('p1')))).toMatchObject({
      accepted: 1,
      duplicates: 0,
    });
  });

  it('fails a request whose partition is full, and only that one', async () => {
    const other = ['c2', 'c3', 'c4', 'c5'].find(
      (id) => partitionOf(id, 2) !== partitionOf('c1', 2),
    ) as string;
    const full = { kind: 'mailbox-full', retryAfterMs: 2_500, frames: 9, bytes: 99 } as const;
    const { intake } = intakeOver((request) =>
      request.partition === `customer.${partitionOf('c1', 2)}` ? full : appended(),
    );
    const [refused, taken] = await Promise.allSettled([
      intake.submit(reader, submission(payment('p1'))),
      intake.submit(reader, submission(payment('p2', other))),
    ]);
    expect(refused).toMatchObject({ reason: { code: 'MAILBOX_FULL', details: { retryAfterMs: 2_500 } } });
    expect(taken).toMatchObject({ status: 'fulfilled', value: { accepted: 1 } });
  });

  it('tells a request of several full partitions to come back when the last of them has room', async () => {
    const { intake } = intakeOver(({ partition }) => ({
      kind: 'mailbox-full',
      retryAfterMs: partition === `customer.${partitionOf('c1', 2)}` ? 2_500 : 4_000,
      frames: 9,
      bytes: 99,
    }));
    const events = ['c1', 'c2', 'c3', 'c4', 'c5'].map((id, i) => payment(`p${i}`, id));
    await expect(intake.submit(reader, { events, idempotencyKey: undefined })).rejects.toMatchObject({
      code: 'MAILBOX_FULL',
      details: { retryAfterMs: 4_000 },
    });
  });

  it('takes no more than it may hold, and takes again when Redis answered', async () => {
    let release = (_result: AppendResult) => {};
    const { intake } = intakeOver(
      (request) => (isMerchant(request) ? appended() : new Promise((resolve) => (release = resolve))),
      { pendingEventsMax: 1 },
    );
    const first = intake.submit(reader, submission(payment('p1')));
    await expect(intake.submit(reader, submission(payment('p2')))).rejects.toMatchObject({
      code: 'MAILBOX_FULL',
    });
    await new Promise((resolve) => setImmediate(resolve));
    release(appended());
    await first;
    const again = intake.submit(reader, submission(payment('p2')));
    await new Promise((resolve) => setImmediate(resolve));
    release(appended());
    expect(await again).toMatchObject({ accepted: 1 });
  });

  it('gives every event of a request with an idempotency key an id, where the source has none', async () => {
    const { idField: _, ...withoutId } = reader.source;
    const { intake, appends } = intakeOver(() => appended());
    const anonymous = compileEventReader(withoutId, routes.slice(0, 1));
    await intake.submit(anonymous, { events: [payment('p1'), payment('p2')], idempotencyKey: 'k' });
    expect(appends[0]?.ids?.byRow).toEqual(['k:0', 'k:1']);
    await intake.submit(anonymous, submission(payment('p1')));
    expect(appends[1]?.ids).toBeUndefined();
  });
});
