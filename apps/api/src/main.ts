import 'reflect-metadata';
import { bootProcess } from '@millrace/http';
import { readConfig } from './config.js';
import { startApi } from './start.js';

await bootProcess('apps/api', async (drain) => {
  const { app, logger } = await startApi(readConfig(process.env));
  drain.serving(() => app.close(), logger);
});
