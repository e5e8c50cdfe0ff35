import 'reflect-metadata';
import { bootProcess } from '@millrace/http';
import { readConfig } from './config.js';
import { startIngest } from './start.js';

await bootProcess('apps/ingest', async (drain) => {
  const { app, logger } = await startIngest(readConfig(process.env));
  drain.serving(() => app.close(), logger);
});
