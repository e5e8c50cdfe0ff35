import { readConfig } from '../../../apps/api/src/config.js';
import { startApi } from '../../../apps/api/src/start.js';
import { startPostgres, startRedis } from '../../kit/index.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export interface RunningRegistry {
  readonly url: string;
  readonly redisUrl: string;
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  stop(): Promise<void>;
}

/** The api app on stores of its own. */
export async function runRegistry(
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningRegistry> {
  const [redis, database] = await Promise.all([startRedis(), startPostgres()]);
  const { app } = await startApi(
    readConfig({
      MILLRACE_AUTH: 'off',
      REDIS_URL: redis.url,
      DATABASE_URL: database.url,
      MILLRACE_API_PORT: '0',
      MILLRACE_LOG_LEVEL: 'silent',
      ...environment,
    }),
  );
  const url = await app.getUrl();
  return {
    url,
    redisUrl: redis.url,
    request: async (method, path, body, headers = {}) => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
      };
    },
    stop: async () => {
      await app.close();
      await Promise.all([redis.stop(), database.stop()]);
    },
  };
}
