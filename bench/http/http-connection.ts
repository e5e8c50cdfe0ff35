import { connect, type Socket } from 'node:net';

export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const EMPTY = Buffer.alloc(0);
const READ_BYTES = 64 * 1_024;

/** `kept`: each body has memory of its own; `passing`: it is there until the next request is sent. */
type Bodies = 'kept' | 'passing';

/**
 * One keep-alive connection that sends requests made beforehand, one at a time. It parses no more of an
 * answer than its status and length, because the client shares two cores with what it measures.
 */
export class HttpConnection {
  /** Of an answer whose head has not come whole. */
  private received: Buffer = EMPTY;
  private status = 0;
  /** Of an answer whose head has come. */
  private body: Buffer | undefined;
  private filled = 0;
  private waiting: { resolve(answer: HttpAnswer): void; reject(error: Error): void } | undefined;

  private passing: Buffer = EMPTY;
  #isOpen = true;

  private constructor(
    private readonly socket: Socket,
    private readonly bodies: Bodies,
  ) {
    socket.setNoDelay(true);
    socket.on('error', (error) => this.waiting?.reject(error));
    socket.on('close', () => {
      this.#isOpen = false;
      this.waiting?.reject(closedByServer());
    });
  }

  static async open(url: string, bodies: Bodies = 'kept'): Promise<HttpConnection> {
    const { hostname, port } = new URL(url);
    // Every read goes to the same memory: garbage of the client is latency of what it measures.
    const onread = {
      buffer: Buffer.allocUnsafe(READ_BYTES),
      callback: (length: number, buffer: Uint8Array): boolean => {
        connection.receive(Buffer.from(buffer.buffer, buffer.byteOffset, length));
        return true;
      },
    };
    const socket = connect({ port: Number(port), host: hostname, onread });
    const connection = new HttpConnection(socket, bodies);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return connection;
  }

  /** False once the server hung up, as it does on one that lies idle for a minute. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Sends what `postRequest` made and waits for the whole answer. */
  send(request: Buffer): Promise<HttpAnswer> {
    if (!this.#isOpen) return Promise.reject(closedByServer());
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.write(request);
    });
  }

  close(): void {
    this.waiting = undefined;
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    if (this.body) {
      this.fill(chunk);
      return;
    }
    const received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    const headLength = received.indexOf(HEAD_END);
    if (headLength < 0) {
      this.received = Buffer.from(received);
      return;
    }
    const head = received.toString('latin1', 0, headLength);
    const length = /^content-length: *(\d+)/im.exec(head)?.[1];
    if (length === undefined) throw new Error(`an answer without content-length: ${head}`);
    this.status = Number(head.slice(9, 12));
    this.body = this.room(Number(length));
    this.received = EMPTY;
    this.fill(received.subarray(headLength + HEAD_END.length));
  }

  private room(length: number): Buffer {
    if (this.bodies === 'kept') return Buffer.allocUnsafe(length);
    if (this.passing.length < length) this.passing = Buffer.allocUnsafe(2 * length);
    return this.passing.subarray(0, length);
  }

  /** A large answer comes in many chunks: each is copied once. */
  private fill(chunk: Buffer): void {
    const { body, waiting } = this;
    if (!body) return;
    this.filled += chunk.copy(body, this.filled);
    if (this.filled < body.length) return;
    this.body = undefined;
    this.filled = 0;
    this.waiting = undefined;
    waiting?.resolve({ status: this.status, body });
  }
}

function closedByServer(): Error {
  return new Error('the server closed the connection');
}

/** @throws Error for an answer that is not 200, which voids the speed. */
export function mustBeOk({ status, body }: HttpAnswer): void {
  if (status !== 200) throw new Error(`answered ${status}: ${body.toString('utf8', 0, 300)}`);
}

/** A whole POST of JSON, head and body, as bytes; with an API key where the server wants one. */
export function postRequest(url: string, body: string, apiKey?: string): Buffer {
  const { host, pathname } = new URL(url);
  const authorization = apiKey === undefined ? '' : `authorization: Bearer ${apiKey}\r\n`;
  return Buffer.from(
    `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n${authorization}` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
