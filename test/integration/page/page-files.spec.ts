import { mkdtemp, rm, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BrowserPort } from '../../../apps/api/src/page/browser-port.js';
import { builtPageFolder, readPageFiles } from '../../../apps/api/src/page/page-files.js';
import { mountPage } from '../../../apps/api/src/page/page-routes.js';

/** What a person on a slow line waits for. */
const PAGE_BYTES_MAX = 100 * 1024;
const SCRIPT = 'console.log("water");'.repeat(50);

let folder: string;
let server: FastifyInstance;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-page-'));
  await mkdir(path.join(folder, 'assets'));
  await writeFile(path.join(folder, 'index.html'), '<!doctype html><title>Millrace</title>');
  await writeFile(path.join(folder, 'assets', 'page-abc.js'), SCRIPT);
  await writeFile(path.join(folder, 'notes.txt'), 'not a part of the page');
  server = fastify();
  mountPage(server, readPageFiles(folder));
  await server.ready();
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const get = (url: string, headers: Record<string, string> = {}) =>
  server.inject({ method: 'GET', url, headers });

describe('the files of the page', () => {
  test('the document allows its own files and its own origin, and nothing else', async () => {
    const { statusCode, headers } = await get('/');
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*|data:/);
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  test('the document is asked for anew, and not sent again while it is the same', async () => {
    const first = await get('/');
    expect(first.headers['cache-control']).toBe('no-cache');
    const again = await get('/', { 'if-none-match': String(first.headers.etag) });
    expect(again.statusCode).toBe(304);
    expect(again.body).toBe('');
  });

  test('what the document loads is kept for good', async () => {
    const { headers, body } = await get('/assets/page-abc.js');
    expect(headers['cache-control']).toContain('immutable');
    expect(body).toBe(SCRIPT);
  });

  test.each([
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['identity', undefined],
  ])('a client that accepts %s gets %s', async (accepted, coding) => {
    const { headers } = await get('/assets/page-abc.js', { 'accept-encoding': accepted });
    expect(headers['content-encoding']).toBe(coding);
    expect(headers.vary).toBe('accept-encoding');
  });

  test('what is sent compressed is what was built', async () => {
    const { rawPayload } = await get('/assets/page-abc.js', { 'accept-encoding': 'gzip' });
    expect(gunzipSync(rawPayload).toString()).toBe(SCRIPT);
  });

  test('nothing else of the folder is served', async () => {
    expect((await get('/notes.txt')).statusCode).toBe(404);
    expect((await get('/assets/..%2fnotes.txt')).statusCode).toBe(404);
  });

  test('a page that was not built is no reason not to start', () => {
    expect(readPageFiles(path.join(folder, 'nowhere'))).toEqual([]);
  });

  test('the built page is smaller than 100 KB, and has no script or style in its document', () => {
    const files = readPageFiles(builtPageFolder());
    const bytes = files.reduce((total, { plain }) => total + plain.length, 0);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(PAGE_BYTES_MAX);
    const document = files.find(({ route }) => route === '/')?.plain.toString() ?? '';
    expect(document).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=|https?:/);
  });
});

test('the port for browsers serves the same routes, and closes with the server', async () => {
  const twoPorts = fastify();
  twoPorts.get('/hello', () => ({ hello: 'browser' }));
  const port = new BrowserPort(twoPorts);
  await twoPorts.listen({ port: 0, host: '127.0.0.1' });
  const url = await port.listen('127.0.0.1', 0);
  const response = await fetch(`${url}/hello`, { headers: { connection: 'close' } });
  expect(await response.json()).toEqual({ hello: 'browser' });
  await twoPorts.close();
  await expect(fetch(`${url}/hello`)).rejects.toThrow('fetch failed');
});
