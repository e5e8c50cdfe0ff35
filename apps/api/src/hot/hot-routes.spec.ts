import { fastify } from 'fastify';
import { expect, it } from 'vitest';
import { mountHotRoutes } from './hot-routes.js';

it('a read whose error cannot be told either is cut off, and the next one is answered', async () => {
  const server = fastify();
  const lost: unknown[] = [];
  mountHotRoutes(server, {
    routes: new Map([
      [
        '/read',
        async (body, use) => {
          if (body === 'fail') throw new Error('the read failed');
          return use(Buffer.from('"read"'));
        },
      ],
    ]),
    isKnown: () => true,
    bodyBytesMax: 1_024,
    observe: () => {},
    errorAnswer: () => {
      throw new Error('its details are no JSON');
    },
    onLost: (error, request) => lost.push([String(error), request.url]),
  });
  const url = await server.listen({ port: 0, host: '127.0.0.1' });
  const read = (body: string) =>
    fetch(`${url}/read`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  await expect(read('"fail"')).rejects.toThrow('fetch failed');
  expect(lost).toEqual([['Error: its details are no JSON', '/read']]);
  expect(await (await read('"go"')).text()).toBe('"read"');
  await server.close();
});
