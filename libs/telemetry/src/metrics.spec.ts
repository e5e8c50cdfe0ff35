import { expect, test, vi } from 'vitest';
import { createMetrics } from './metrics.js';

test('a gauge whose look-up fails is left out of the scrape, and the others are told', async () => {
  const metrics = createMetrics('worker');
  let isAway = false;
  metrics.gauge('millrace_mailbox_events', 'Events not yet applied', ['partition'], async (gauge) => {
    if (isAway) await Promise.reject(new Error('Redis is away'));
    gauge.set({ partition: 'airport.3' }, 7);
  });
  metrics.counter('millrace_turns_total', 'Turns').inc();
  const events = 'millrace_mailbox_events{partition="airport.3",process="worker"} 7';
  const turns = 'millrace_turns_total{process="worker"} 1';

  expect(await metrics.text()).toMatch(new RegExp(`^${events}$[^]*^${turns}$`, 'm'));
  isAway = true;
  const text = await metrics.text();
  expect(text).not.toContain('millrace_mailbox_events{');
  expect(text).toContain(turns);
});

test('a look-up that never ends holds a scrape up for two seconds, and is not begun again', async () => {
  vi.useFakeTimers();
  const metrics = createMetrics('worker');
  let looks = 0;
  metrics.gauge('millrace_turn_jobs', 'Turns in the queue', ['state'], () => {
    looks++;
    return new Promise<void>(() => {});
  });
  for (let scrape = 0; scrape < 2; scrape++) {
    const text = metrics.text();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await text).not.toContain('millrace_turn_jobs{');
  }
  expect(looks).toBe(1);
  vi.useRealTimers();
});
