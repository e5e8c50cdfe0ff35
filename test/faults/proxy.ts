import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What a proxy does to the bytes on their way; changed at any time. */
export interface Weather {
  /**
   * `open`: bytes pass. `cut`: connections are closed and refused. `silent`: half-open, connections are there and
   * nothing passes; what was sent meanwhile arrives when the link is open again, as TCP has it.
   */
  readonly link: 'open' | 'cut' | 'silent';
  /** Delay of every chunk, in ms. */
  readonly delayMs?: number;
  /**
   * Of a request's bytes, whether the reply to it is dropped: the server did it, the connection breaks, and
   * the client cannot know.
   */
  readonly dropsReplyTo?: (request: Buffer) => boolean;
}

/** A TCP proxy before Redis that can be cut, made silent, slow, or to lose replies. */
export class Proxy {
  weather: Weather = { link: 'open' };
  #dropped = 0;
  readonly #pairs = new Set<readonly [Socket, Socket]>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async before(targetPort: number): Promise<Proxy> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new Proxy(server, (server.address() as AddressInfo).port);
    server.on('connection', (client) => proxy.#join(client, targetPort));
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Replies that were lost so far. */
  get dropped(): number {
    return this.#dropped;
  }

  change(weather: Weather): void {
    this.weather = weather;
    if (weather.link === 'cut') this.#breakAll();
    for (const pair of this.#pairs) hold(pair, weather.link === 'silent');
  }

  async close(): Promise<void> {
    this.#breakAll();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  #breakAll(): void {
    for (const pair of this.#pairs) this.#break(pair);
  }

  #break(pair: readonly [Socket, Socket]): void {
    this.#pairs.delete(pair);
    for (const socket of pair) socket.destroy();
  }

  #join(client: Socket, targetPort: number): void {
    if (this.weather.link === 'cut') return void client.destroy();
    const upstream = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    const pair = [client, upstream] as const;
    this.#pairs.add(pair);
    hold(pair, this.weather.link === 'silent');
    let losesReply = false;
    client.on('data', (request: Buffer) => {
      if (this.weather.dropsReplyTo?.(request)) losesReply = true;
      this.#pass(request, upstream);
    });
    upstream.on('data', (reply: Buffer) => {
      if (!losesReply) return this.#pass(reply, client);
      this.#dropped++;
      this.#break(pair);
    });
    for (const socket of pair) {
      socket.on('error', () => this.#break(pair));
      socket.on('close', () => this.#break(pair));
    }
  }

  #pass(bytes: Buffer, to: Socket): void {
    const { delayMs = 0 } = this.weather;
    if (delayMs === 0) to.write(bytes);
    else setTimeout(() => to.writable && to.write(bytes), delayMs);
  }
}

function hold(pair: readonly [Socket, Socket], held: boolean): void {
  for (const socket of pair) {
    if (held) socket.pause();
    else socket.resume();
  }
}
