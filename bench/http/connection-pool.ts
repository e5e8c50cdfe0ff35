import { HttpConnection, type HttpAnswer } from './http-connection.js';

/** More requests than this under way at once mean that the server is lost, not late. */
const CONNECTIONS_MAX = 500;

/** As many connections as there are requests under way: an open-loop client never waits for a free one. */
export class ConnectionPool {
  private readonly idle: HttpConnection[] = [];
  private opened = 0;

  constructor(private readonly url: string) {}

  async send(request: Buffer): Promise<HttpAnswer> {
    const connection = this.idle.pop() ?? (await this.open());
    const answer = await connection.send(request);
    this.idle.push(connection);
    return answer;
  }

  close(): void {
    for (const connection of this.idle) connection.close();
  }

  private open(): Promise<HttpConnection> {
    if (++this.opened > CONNECTIONS_MAX) {
      throw new Error(`${CONNECTIONS_MAX} requests to ${this.url} wait for their answers`);
    }
    return HttpConnection.open(this.url);
  }
}
