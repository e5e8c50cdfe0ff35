import { createServer } from 'node:net';

/**
 * A port on the loopback interface that nobody listens on. Somebody else may take it before the caller does:
 * whoever starts a server on it must be ready to try another one.
 */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port was bound'));
        else resolve(address.port);
      });
    });
  });
}
