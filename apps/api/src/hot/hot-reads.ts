import type { ErrorAnswer, FailedRequest, KnownAccess } from '@millrace/http';
import { readJsonBody } from '../json-body.js';
import type { ObserveRead } from '../usage/serving-metrics.js';

/**
 * What answers a route that models wait for: from the parsed body to the bytes of the answer, which are there until
 * `use` returns.
 */
export type HotRoute = <T>(body: unknown, use: (json: Buffer) => T) => Promise<T>;

export interface HotRoutes {
  /** By their address; all of them are POST. */
  readonly routes: ReadonlyMap<string, HotRoute>;
  readonly isKnown: KnownAccess;
  readonly bodyBytesMax: number;
  readonly observe: ObserveRead;
  readonly errorAnswer: (error: unknown, request: FailedRequest) => ErrorAnswer;
  /** Notes a request that could not even be answered with an error; its connection is cut off. */
  readonly onLost: (error: unknown, request: FailedRequest) => void;
}

/** What decides whether a POST is answered at a door. */
export interface RequestHead {
  readonly url: string;
  readonly contentType: string | undefined;
  readonly authorization: string | undefined;
  /** Of the body, in bytes. */
  readonly length: number;
}

/** Where an answer goes: one of the three is called, once. */
export interface HotReply {
  /** The bytes are there until it returns. */
  json(body: Buffer): void;
  error(answer: ErrorAnswer): void;
  /** There is no answer. */
  cutOff(): void;
}

/** With its charset: Fastify adds one to texts only. */
export const JSON_TYPE = 'application/json; charset=utf-8';
const JSON_REQUESTS: ReadonlySet<string | undefined> = new Set(['application/json', JSON_TYPE]);

/** The reads that are answered before Fastify sees them, whichever door they come through. */
export class HotReads {
  constructor(private readonly hot: HotRoutes) {}

  /**
   * What answers a POST; undefined where Fastify should, which answers the same: another address or type, a body that is
   * too long, or a caller who was not let through before.
   */
  routeFor({ url, contentType, authorization, length }: RequestHead): HotRoute | undefined {
    const route = this.hot.routes.get(url);
    if (!route || !JSON_REQUESTS.has(contentType)) return undefined;
    if (!(length > 0 && length <= this.hot.bodyBytesMax)) return undefined;
    return this.hot.isKnown(`POST ${url}`, authorization) ? route : undefined;
  }

  /** Answers a request, or tells why not, and notes it. */
  answer(route: HotRoute, url: string, body: Buffer, reply: HotReply): void {
    const startedMs = performance.now();
    this.reply(route, url, body, reply)
      .then((status) => this.hot.observe(url, status, (performance.now() - startedMs) / 1_000))
      // Nobody else waits for this: what is thrown here would end the process, and the reads of all others with it.
      .catch((error: unknown) => {
        this.hot.onLost(error, { method: 'POST', url });
        reply.cutOff();
      });
  }

  /** @returns the status that was answered */
  private async reply(route: HotRoute, url: string, body: Buffer, reply: HotReply): Promise<number> {
    try {
      await route(readJsonBody(body), (json) => reply.json(json));
      return 200;
    } catch (error) {
      const answer = this.hot.errorAnswer(error, { method: 'POST', url });
      reply.error(answer);
      return answer.status;
    }
  }
}
