import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import {
  startBrowser,
  startPostgres,
  startRedis,
  startTestApps,
  type TestApps,
  type TestDatabase,
  type TestRedis,
} from '../../kit/index.js';

/** A busy machine with two cores may take this long to show what was applied. */
const SHOWN_MS = 20_000;

/** The real apps on stores of their own, and a browser to look at their page. */
export interface RunningPage {
  readonly apps: TestApps;
  readonly redis: TestRedis;
  /** What the browser complained about, and asked of other hosts: nothing, when all is well. */
  readonly complaints: readonly string[];
  /** Opens the page in a fresh profile, at an address like `#/catalog`. */
  open(address: string, options?: BrowserContextOptions): Promise<Page>;
  apply(definitions: readonly object[]): Promise<void>;
  send(source: string, events: readonly object[]): Promise<void>;
  stop(): Promise<void>;
}

export async function runPage(environment: Readonly<Record<string, string>> = {}): Promise<RunningPage> {
  const [redis, database, browser]: [TestRedis, TestDatabase, Browser] = await Promise.all([
    startRedis(),
    startPostgres(),
    startBrowser(),
  ]);
  const apps = await startTestApps({ redisUrl: redis.url, databaseUrl: database.url, environment });
  const complaints: string[] = [];
  return {
    apps,
    redis,
    complaints,
    open: async (address, options = {}) => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      context.setDefaultTimeout(SHOWN_MS);
      const page = await context.newPage();
      watch(page, apps.api.url, complaints);
      await page.goto(`${apps.api.url}/${address}`);
      return page;
    },
    apply: (definitions) => post(`${apps.api.url}/v1/apply`, { definitions }),
    send: (source, events) => post(`${apps.ingest.url}/v1/events/${source}`, events),
    stop: async () => {
      await browser.close();
      await apps.stop();
      await Promise.all([redis.stop(), database.stop()]);
    },
  };
}

/** Refused requests are answers to show, not complaints. */
function watch(page: Page, origin: string, complaints: string[]): void {
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() !== 'error' || message.text().startsWith('Failed to load resource')) return;
    complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) complaints.push(`asks another host: ${request.url()}`);
  });
}

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
}
