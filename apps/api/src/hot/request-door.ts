import type { IncomingMessage, ServerResponse } from 'node:http';
import { JSON_TYPE, type DoorAnswers, type DoorReply, type ErrorAnswer } from '@millrace/http';

/** Answers reads that Node's HTTP server has taken apart. */
export class RequestDoor {
  /** Clients must not send their next request into a closing connection. */
  isClosing = false;

  constructor(private readonly answers: DoorAnswers) {}

  /** Whether the request is answered here. */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    const { url = '', method, headers } = request;
    if (method !== 'POST') return false;
    const length = Number(headers['content-length']);
    const { 'content-type': contentType, authorization } = headers;
    const route = this.answers.routeFor({ url, contentType, authorization, length });
    if (!route) return false;
    readWhole(request, length, (body) => this.answers.answer(route, url, body, this.replyTo(response)));
    return true;
  }

  private replyTo(response: ServerResponse): DoorReply {
    return {
      json: (status, body) => {
        const headers = ['content-type', JSON_TYPE, 'content-length', `${body.length}`];
        if (this.isClosing) headers.push('connection', 'close');
        response.writeHead(status, headers);
        response.end(Buffer.from(body));
      },
      error: (answer) => this.sendError(response, answer),
      cutOff: () => response.destroy(),
    };
  }

  /** Also a body that is no JSON was read to its end: the connection stays usable, which Fastify would close. */
  private sendError(response: ServerResponse, { status, headers, body }: ErrorAnswer): void {
    response.writeHead(status, {
      ...headers,
      'content-length': Buffer.byteLength(body),
      ...(this.isClosing && { connection: 'close' }),
    });
    response.end(body);
  }
}

/** Calls back when as many bytes have come; nobody waits for those of a client that went away. */
function readWhole(request: IncomingMessage, length: number, done: (body: Buffer) => void): void {
  let pieces: Buffer[] = [];
  let missing = length;
  request.on('data', (piece: Buffer) => {
    pieces.push(piece);
    missing -= piece.length;
    if (missing > 0) return;
    const [first] = pieces;
    done(pieces.length === 1 && first ? first : Buffer.concat(pieces, length));
    pieces = [];
  });
}
