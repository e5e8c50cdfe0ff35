/** A process of its own: Fastify that answers each POST with the bytes it got, the limit of what is HTTP here. */
import fastify from 'fastify';

const server = fastify();
server.removeAllContentTypeParsers();
server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
server.post('/*', async (request, reply) => {
  reply.header('content-type', 'application/json');
  return request.body;
});
const address = await server.listen({ port: 0, host: '127.0.0.1' });
process.on('disconnect', () => process.exit(0));
process.send?.(address);
