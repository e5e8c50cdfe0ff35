import { request } from 'node:http';

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

/** Sends exactly these bytes. @throws Error `no answer within …`, or what the socket says. */
export function sendRaw(
  url: string,
  { method, path, headers, body }: RawRequest,
  withinMs: number,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        hostname,
        port,
        method,
        path,
        headers: { ...headers, ...(body && { 'content-length': body.length }) },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    outgoing.setTimeout(withinMs, () => outgoing.destroy(new Error(`no answer within ${withinMs} ms`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
