import { HttpConnection, type HttpAnswer } from './http-connection.js';

/** More requests than this under way at once mean that the server is lost, not late. */
const CONNECTIONS_MAX = 500;

/** As many connections as there are requests under way: an open-loop client never waits for a free one. */
export class ConnectionPool {
  private idle: HttpConnection[] = [];
  private underWay = 0;

  constructor(private readonly url: string) {}

  async send(request: Buffer): Promise<HttpAnswer> {
    if (this.underWay === CONNECTIONS_MAX) {
      throw new Error(`${CONNECTIONS_MAX} requests to ${this.url} wait for their answers`);
    }
    this.underWay++;
    try {
      const connection = this.free() ?? (await HttpConnection.open(this.url));
      const answer = await connection.send(request);
      this.idle.push(connection);
      return answer;
    } finally {
      this.underWay--;
    }
  }

  close(): void {
    for (const connection of this.idle) connection.close();
  }

  private free(): HttpConnection | undefined {
    // The one used last, so those that a peak opened lie idle until the server hangs up.
    const connection = this.idle.pop();
    if (!connection || connection.isOpen) return connection;
    this.idle = this.idle.filter(({ isOpen }) => isOpen);
    return this.idle.pop();
  }
}
