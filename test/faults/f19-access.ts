import { randomBytes } from 'node:crypto';
import { ACCESS_RULES as API_RULES } from '../../apps/api/src/access-rules.js';
import { ACCESS_RULES as INGEST_RULES } from '../../apps/ingest/src/access-rules.js';
import {
  accessMatrix,
  keysOfEveryState,
  startPostgres,
  startRedis,
  startTestApps,
  TokenIssuer,
  tokensOfEveryState,
} from '../kit/index.js';
import type { FaultTest } from './fault-test.js';

/** F19: every route of api and ingest × every state of a key and of an OIDC token; nothing may leak. */
export const accessOfEveryRoute: FaultTest = {
  name: 'F19',
  about: 'every route × every scope, without key, with wrong, revoked and expired keys and tokens',
  async run({ say }) {
    const [redis, postgres, issuer] = await Promise.all([startRedis(), startPostgres(), TokenIssuer.start()]);
    const adminKey = randomBytes(24).toString('base64url');
    const apps = await startTestApps({
      redisUrl: redis.url,
      databaseUrl: postgres.url,
      environment: {
        MILLRACE_LOG_LEVEL: 'warn',
        MILLRACE_AUTH: 'required',
        MILLRACE_ADMIN_KEY: adminKey,
        ...issuer.environment,
      },
    });
    try {
      const keys = [
        ...(await keysOfEveryState(apps.api.url, adminKey)),
        ...(await tokensOfEveryState(issuer)),
      ];
      const { cells, leaked, refused } = await accessMatrix(
        [
          { name: 'api', url: apps.api.url, rules: API_RULES },
          { name: 'ingest', url: apps.ingest.url, rules: INGEST_RULES },
        ],
        keys,
      );
      for (const cell of [...leaked, ...refused]) say(cell);
      return {
        figures: `cells ${cells} leaked ${leaked.length} wrongly refused ${refused.length}`,
        passed: cells > 0 && leaked.length + refused.length === 0,
      };
    } finally {
      await apps.stop();
      await Promise.all([redis.stop(), postgres.stop(), issuer.stop()]);
    }
  },
};
