import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

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
   * Share of chunks that are lost on the way. TCP sends them again a time-out later, and holds back what follows,
   * so all that the two ends see of it is that time.
   */
  readonly lossShare?: number;
  /**
   * Of a request's bytes, whether the reply to it is dropped: the server did it, the connection breaks, and
   * the client cannot know.
   */
  readonly dropsReplyTo?: (request: Buffer) => boolean;
  /** What passes of a reply; the rest never arrives. */
  readonly partOf?: (reply: Buffer) => Buffer;
}

/** The least that Linux waits for an acknowledgement before it sends again. */
const RETRANSMISSION_MS = 200;

/** A TCP proxy before Redis that can be cut, made silent, slow, or to lose replies. */
export class Proxy {
  weather: Weather = { link: 'open' };
  #dropped = 0;
  /** Of each socket: when the chunks that are on their way to it will have arrived. */
  readonly #arrivals = new Map<Socket, Promise<void>>();
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
      if (!losesReply) return this.#pass(this.weather.partOf?.(reply) ?? reply, client);
      this.#dropped++;
      this.#break(pair);
    });
    for (const socket of pair) {
      socket.on('error', () => this.#break(pair));
      socket.on('close', () => this.#break(pair));
    }
  }

  /** Chunks keep their order, whatever each of them waits for. */
  #pass(bytes: Buffer, to: Socket): void {
    const { delayMs = 0, lossShare = 0 } = this.weather;
    const before = this.#arrivals.get(to);
    const waitMs = delayMs + (Math.random() < lossShare ? RETRANSMISSION_MS : 0);
    if (waitMs === 0 && !before) return void to.write(bytes);
    const arrival = Promise.all([before, delay(waitMs)]).then(() => {
      if (to.writable) to.write(bytes);
      if (this.#arrivals.get(to) === arrival) this.#arrivals.delete(to);
    });
    this.#arrivals.set(to, arrival);
  }
}

function hold(pair: readonly [Socket, Socket], held: boolean): void {
  for (const socket of pair) {
    if (held) socket.pause();
    else socket.resume();
  }
}
