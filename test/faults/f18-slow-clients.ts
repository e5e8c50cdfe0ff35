import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Definition } from '@millrace/core';
import type { FaultTest } from './fault-test.js';
import { planOf } from './payments.js';
import { sendRaw } from './raw-http.js';
import { FaultWorld } from './world.js';

const CLOSED_WITHIN_MS = 10_000;
/** Of each route. */
const HEALTHY_REQUESTS = 500;

/** A route whose clients are slow, and a request to it that is not. */
interface Route {
  readonly path: string;
  readonly status: number;
  readonly body: (i: number) => unknown;
}

const EVENTS: Route = {
  path: '/v1/events/payments',
  status: 202,
  body: (i) => ({
    payment_id: `h${i}-${performance.now()}`,
    account: 'healthy',
    amount: 1,
    paid_at: Date.now(),
  }),
};
const READS: readonly Route[] = [
  {
    path: '/v1/features',
    status: 200,
    body: () => ({ features: ['account_payments:count_1h'], entities: [{ account: 'healthy' }] }),
  },
  {
    path: '/get-online-features',
    status: 200,
    body: () => ({ features: ['account_payments:count_1h'], entities: { account: ['healthy'] } }),
  },
  {
    path: '/push',
    status: 200,
    body: () => ({
      push_source_name: 'account_push',
      df: { account: ['healthy'], updated_at: [new Date().toISOString()], level: [1] },
    }),
  },
];

/** The push route writes rows of this group. */
const PUSHED: readonly Definition[] = [
  {
    kind: 'Source',
    name: 'account_push',
    type: 'push',
    fields: { account: 'string', updated_at: 'timestamp', level: 'int' },
    timestampField: 'updated_at',
  },
  {
    kind: 'FeatureGroup',
    name: 'account_levels',
    entity: 'account',
    source: 'account_push',
    features: [{ name: 'level', type: 'int' }],
  },
];

/** What a slow client sends first, and then goes on with a byte a second; or nothing at all. */
function openingsOf({ path }: Route): readonly string[] {
  const head = `POST ${path} HTTP/1.1\r\nhost: x\r\n`;
  return [`${head}x-slow: `, `${head}content-type: application/json\r\ncontent-length: 5000\r\n\r\n[`, ''];
}

/** F18: clients that send a byte a second, or nothing: others must not notice, and they are cut off. */
export const slowClients: FaultTest = {
  name: 'F18',
  about: 'slowloris and silent connections against ingest and api',
  async run({ rounds = 200, say }) {
    const world = await FaultWorld.open({ workers: 1, api: true, plan: planOf(PUSHED) });
    try {
      const ingest = await besiege(world.ingest.url, [EVENTS], rounds);
      const api = await besiege(world.api.url, READS, Math.ceil(rounds / READS.length));
      for (const line of [...ingest.lines, ...api.lines]) say(line);
      return {
        figures: `ingest: ${ingest.figures} api: ${api.figures}`,
        passed: ingest.held && api.held,
      };
    } finally {
      await world.close();
    }
  },
};

interface Siege {
  readonly figures: string;
  /** For a person: the healthy requests of each route. */
  readonly lines: readonly string[];
  /** All slow clients were cut off in time. */
  readonly held: boolean;
}

/** So many slow clients of each kind and route at a time, and healthy requests before and during. */
async function besiege(url: string, routes: readonly Route[], ofEach: number): Promise<Siege> {
  const before = await healthyP99s(url, routes);
  const clients = routes
    .flatMap(openingsOf)
    .flatMap((opening) => Array.from({ length: ofEach }, () => new SlowClient(url, opening)));
  await Promise.all(clients.map((client) => client.connected));
  const during = await healthyP99s(url, routes);
  await Promise.race([Promise.all(clients.map((client) => client.closed)), delay(CLOSED_WITHIN_MS * 2)]);
  const open = clients.filter((client) => client.openForMs === undefined).length;
  const longest = Math.max(...clients.map((client) => client.openForMs ?? Infinity));
  for (const client of clients) client.destroy();
  const [worstBefore, worstDuring] = [Math.max(...before), Math.max(...during)];
  return {
    figures:
      `clients ${clients.length} still-open ${open} longest-open ${(longest / 1_000).toFixed(1)} s ` +
      `healthy-p99 ${worstBefore.toFixed(1)} ms -> ${worstDuring.toFixed(1)} ms`,
    lines: routes.map(
      ({ path }, i) => `${path}: p99 ${before[i]?.toFixed(1)} ms before, ${during[i]?.toFixed(1)} ms during`,
    ),
    held: open === 0 && longest <= CLOSED_WITHIN_MS,
  };
}

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

/** The 99th percentile of small requests to each route, one after the other, in ms. */
async function healthyP99s(url: string, routes: readonly Route[]): Promise<number[]> {
  const p99s: number[] = [];
  for (const route of routes) p99s.push(await healthyP99(url, route));
  return p99s;
}

async function healthyP99(url: string, route: Route): Promise<number> {
  const latencies: number[] = [];
  const headers = { 'content-type': 'application/json' };
  for (let i = 0; i < HEALTHY_REQUESTS; i++) {
    const startedMs = performance.now();
    const body = Buffer.from(JSON.stringify(route.body(i)));
    const answer = await sendRaw(url, { method: 'POST', path: route.path, headers, body }, 5_000);
    if (answer.status !== route.status) {
      throw new Error(`a healthy request to ${route.path} was answered ${answer.status}: ${answer.body}`);
    }
    latencies.push(performance.now() - startedMs);
  }
  return latencies.toSorted((a, b) => a - b)[Math.floor(HEALTHY_REQUESTS * 0.99)] ?? Infinity;
}
