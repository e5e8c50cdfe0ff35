import { SERVER_VARIABLE, startPostgresOfItsOwn } from './postgres.js';

/** Runs once before the projects that need stores; the returned function once after them. */
export default async function setUp(): Promise<() => Promise<void>> {
  const given = process.env['DATABASE_URL'];
  if (given !== undefined && given !== '') {
    process.env[SERVER_VARIABLE] = given;
    return async () => undefined;
  }
  if (process.env[SERVER_VARIABLE] !== undefined) return async () => undefined;
  const server = await startPostgresOfItsOwn();
  process.env[SERVER_VARIABLE] = server.url;
  return async () => {
    delete process.env[SERVER_VARIABLE];
    await server.stop();
  };
}
