import { connect, type Socket } from 'node:net';
import { waitFor } from '../../../tools/local-services/wait-for.js';

const DEADLINE_MS = 15_000;

export interface RawAnswer {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** One connection to a server, on which exactly the bytes travel that a test sends. */
export class RawConnection {
  #received: Buffer = Buffer.alloc(0);
  #isClosed = false;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (bytes) => (this.#received = Buffer.concat([this.#received, bytes])));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.#isClosed = true));
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawConnection(socket);
  }

  send(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** Says that nothing more will be sent; the other end may still answer. */
  end(): void {
    this.socket.end();
  }

  /** Goes away without a farewell: the other end is told by RST. */
  abort(): void {
    this.socket.resetAndDestroy();
  }

  /** The next answer, whole. */
  async answer(): Promise<RawAnswer> {
    return waitFor('a whole answer', () => this.#take(), { deadlineMs: DEADLINE_MS });
  }

  /** Resolves when the other end has closed the connection. */
  async closed(): Promise<void> {
    await waitFor('the connection to be closed', () => this.#isClosed, { deadlineMs: DEADLINE_MS });
  }

  #take(): RawAnswer | undefined {
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd === -1) return undefined;
    const [statusLine = '', ...lines] = this.#received.toString('latin1', 0, headEnd).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const end = headEnd + 4 + Number(headers['content-length'] ?? '0');
    if (this.#received.length < end) return undefined;
    const text = this.#received.toString('utf8', headEnd + 4, end);
    this.#received = this.#received.subarray(end);
    return { status: Number(statusLine.split(' ')[1]), headers, text };
  }
}

/** A whole request, as bytes; its length is told unless the headers say otherwise. */
export function rawPost(path: string, body: string, headers: Readonly<Record<string, string>> = {}): string {
  return rawHead('POST', path, { 'content-length': String(Buffer.byteLength(body)), ...headers }) + body;
}

/** All of a request but its body. */
export function rawHead(method: string, path: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ host: 'millrace', ...headers }).map(([name, value]) => `${name}: ${value}`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}
