import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultTest } from './fault-test.js';
import { sendRaw } from './raw-http.js';
import { FaultWorld } from './world.js';

const CLOSED_WITHIN_MS = 10_000;
const HEALTHY_REQUESTS = 500;

/** What a slow client sends first, and then goes on with a byte a second. */
const OPENINGS = {
  'slow headers': 'POST /v1/events/payments HTTP/1.1\r\nhost: x\r\nx-slow: ',
  'slow body':
    'POST /v1/events/payments HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n[',
  silent: '',
};

/** F18: clients that send a byte a second, or nothing: others must not notice, and they are cut off. */
export const slowClients: FaultTest = {
  name: 'F18',
  about: 'slowloris and silent connections against ingest',
  async run({ rounds = 200, say }) {
    const world = await FaultWorld.open({ workers: 1 });
    try {
      const before = await healthyP99(world.ingest.url);
      const clients = Object.values(OPENINGS).flatMap((opening) =>
        Array.from({ length: rounds }, () => new SlowClient(world.ingest.url, opening)),
      );
      await Promise.all(clients.map((client) => client.connected));
      const during = await healthyP99(world.ingest.url);
      await Promise.race([Promise.all(clients.map((client) => client.closed)), delay(CLOSED_WITHIN_MS * 2)]);
      const open = clients.filter((client) => client.openForMs === undefined).length;
      const longest = Math.max(...clients.map((client) => client.openForMs ?? Infinity));
      for (const client of clients) client.destroy();
      say(`p99 of healthy requests ${before.toFixed(1)} ms before, ${during.toFixed(1)} ms during`);
      return {
        figures: `clients ${clients.length} still-open ${open} longest-open ${(longest / 1_000).toFixed(1)} s healthy-p99 ${before.toFixed(1)} ms -> ${during.toFixed(1)} ms`,
        passed: open === 0 && longest <= CLOSED_WITHIN_MS,
      };
    } finally {
      await world.close();
    }
  },
};

class SlowClient {
  openForMs: number | undefined;
  readonly connected: Promise<void>;
  readonly closed: Promise<void>;
  private readonly socket: Socket;

  constructor(url: string, opening: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect(Number(port), hostname);
    const startedMs = performance.now();
    const drip = setInterval(() => opening !== '' && this.socket.write('x'), 1_000);
    this.connected = new Promise((resolve) => {
      this.socket.once('connect', () => {
        this.socket.write(opening);
        resolve();
      });
    });
    this.closed = new Promise((resolve) => {
      this.socket.once('close', () => {
        clearInterval(drip);
        this.openForMs = performance.now() - startedMs;
        resolve();
      });
    });
    this.socket.on('error', () => this.socket.destroy());
    this.socket.resume();
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** The 99th percentile of small requests, one after the other, in ms. */
async function healthyP99(url: string): Promise<number> {
  const latencies: number[] = [];
  for (let i = 0; i < HEALTHY_REQUESTS; i++) {
    const startedMs = performance.now();
    const event = { payment_id: `h${i}-${startedMs}`, account: 'healthy', amount: 1, paid_at: Date.now() };
    const headers = { 'content-type': 'application/json' };
    const body = Buffer.from(JSON.stringify(event));
    const { status } = await sendRaw(
      url,
      { method: 'POST', path: '/v1/events/payments', headers, body },
      5_000,
    );
    if (status !== 202) throw new Error(`a healthy request was answered ${status}`);
    latencies.push(performance.now() - startedMs);
  }
  return latencies.toSorted((a, b) => a - b)[Math.floor(HEALTHY_REQUESTS * 0.99)] ?? Infinity;
}
