/** The HTTP side of the command line: requests to the apps, and their refusals as errors a person can read. */

import http from 'node:http';
import https from 'node:https';
import { parseExactJson } from '@millrace/core';
import { CalledWrongly } from './command-failed.js';
import { jsonText } from './output.js';

/** An answer that is no success: the problem document that came with it. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly problem: Readonly<Record<string, unknown>>,
  ) {
    super(String(problem['detail'] ?? problem['title'] ?? `status ${status}`));
    this.name = 'Refusal';
  }
}

/** Nobody answered at the address. */
export class Unreachable extends Error {}

export interface Address {
  readonly url: string;
  /** Sent as bearer token where there is one. */
  readonly apiKey: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: unknown;
  /** The body as it came. */
  readonly text: string;
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the api may take on purpose, beyond the usual. */
  readonly waitMs?: number;
}

const REQUEST_TIMEOUT_MS = 60_000;

/** @throws Refusal, Unreachable, CalledWrongly for what is no address */
export async function call(
  address: Address,
  path: string,
  { method = 'GET', body, headers, waitMs = 0 }: Call = {},
): Promise<Answer> {
  const url = urlOf(path, address.url);
  const {
    status,
    headers: received,
    text,
  } = await exchange(url, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(address.apiKey !== undefined && { authorization: `Bearer ${address.apiKey}` }),
      ...headers,
    },
    body: body === undefined || typeof body === 'string' ? body : jsonText(body),
    timeoutMs: REQUEST_TIMEOUT_MS + waitMs,
  });
  const answer = { status, headers: received, body: parsed(text), text };
  if (status < 400) return answer;
  const isProblem = typeof answer.body === 'object' && answer.body !== null;
  throw new Refusal(status, isProblem ? (answer.body as Record<string, unknown>) : { detail: text });
}

function urlOf(path: string, base: string): URL {
  if (/^https?:\/\//.test(base) && URL.canParse(path, base)) return new URL(path, base);
  throw new CalledWrongly(`"${base}" is no address of an app; write it like http://127.0.0.1:6566`);
}

interface Exchange {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly timeoutMs: number;
}

/** Not by fetch: it refuses 6566, the usual port of the api, as one of the "bad ports" of its standard. */
function exchange(
  url: URL,
  { method, headers, body, timeoutMs }: Exchange,
): Promise<{ status: number; headers: http.IncomingHttpHeaders; text: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      const reason = error.message === '' ? String((error as NodeJS.ErrnoException).code) : error.message;
      reject(new Unreachable(`no answer from ${url.origin} (${reason}): is Millrace running there?`));
    };
    const { request } = url.protocol === 'https:' ? https : http;
    const signal = AbortSignal.timeout(timeoutMs);
    const sending = request(url, { method, headers, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    sending.on('error', fail);
    sending.end(body);
  });
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : parseExactJson(text);
  } catch {
    return text;
  }
}
