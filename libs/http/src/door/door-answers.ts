import type { KnownAccess } from '../access.js';
import type { ErrorAnswer, FailedRequest } from '../problem-filter.js';

/** A route that many requests a second go to. */
export interface DoorRoute {
  /** As the access rules name it: `POST /v1/events/:source`. */
  readonly name: string;
  /** Of an answer that is no error. */
  readonly status: 200 | 202;
  /** From the body of a request to the bytes of the answer, which are there until `use` returns. */
  answer<T>(body: Buffer, url: string, use: (json: Buffer) => T): Promise<T>;
}

export interface DoorRoutes {
  /** What answers a POST to an address; undefined where Fastify does. */
  routeFor(url: string): DoorRoute | undefined;
  readonly isKnown: KnownAccess;
  readonly bodyBytesMax: number;
  /** Notes an answer and how long it took. */
  readonly observe: (url: string, status: number, seconds: number) => void;
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
export interface DoorReply {
  /** The bytes are there until it returns. */
  json(status: DoorRoute['status'], body: Buffer): void;
  error(answer: ErrorAnswer): void;
  /** There is no answer. */
  cutOff(): void;
}

/** With its charset: Fastify adds one to texts only. */
export const JSON_TYPE = 'application/json; charset=utf-8';
const JSON_REQUESTS: ReadonlySet<string | undefined> = new Set(['application/json', JSON_TYPE]);

/** Answers requests before Fastify sees them, whichever door they come through. */
export class DoorAnswers {
  constructor(private readonly routes: DoorRoutes) {}

  /**
   * What answers a POST; undefined where Fastify should, which answers the same: another address or type, a body that is
   * too long, or a caller who was not let through before.
   */
  routeFor({ url, contentType, authorization, length }: RequestHead): DoorRoute | undefined {
    if (!JSON_REQUESTS.has(contentType)) return undefined;
    if (!(length > 0 && length <= this.routes.bodyBytesMax)) return undefined;
    const route = this.routes.routeFor(url);
    return route && this.routes.isKnown(route.name, authorization) ? route : undefined;
  }

  /** Answers a request, or tells why not, and notes it. */
  answer(route: DoorRoute, url: string, body: Buffer, reply: DoorReply): void {
    const startedMs = performance.now();
    this.reply(route, url, body, reply)
      .then((status) => this.routes.observe(url, status, (performance.now() - startedMs) / 1_000))
      // Nobody else waits for this: what is thrown here would end the process, and the requests of all others with it.
      .catch((error: unknown) => {
        this.routes.onLost(error, { method: 'POST', url });
        reply.cutOff();
      });
  }

  /** @returns the status that was answered */
  private async reply(route: DoorRoute, url: string, body: Buffer, reply: DoorReply): Promise<number> {
    try {
      await route.answer(body, url, (json) => reply.json(route.status, json));
      return route.status;
    } catch (error) {
      const answer = this.routes.errorAnswer(error, { method: 'POST', url });
      reply.error(answer);
      return answer.status;
    }
  }
}
