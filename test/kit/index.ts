export { startRedis, type TestRedis } from './redis.js';
export { startRedisCluster, type TestRedisCluster } from './redis-cluster.js';
export {
  startPostgres,
  startPostgresOfItsOwn,
  type TestDatabase,
  type TestDatabaseServer,
} from './postgres.js';
export { startTestApps, type TestApps } from './apps.js';
export { startBrowser } from './browser.js';
export { TokenIssuer } from './token-issuer.js';
export { GiveUp, waitFor } from '../../tools/local-services/wait-for.js';
export { accessMatrix, keysOfEveryState, tokensOfEveryState } from './access-matrix.js';
export {
  EXAMPLE_BODIES,
  EXAMPLE_DEFINITIONS,
  examplePath,
  operationsOf,
  POISON_EVENT,
  readApiDocument,
  type ApiDocument,
  type ApiOperation,
  type ApiSchema,
} from './api-operations.js';
