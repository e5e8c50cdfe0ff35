import 'reflect-metadata';
import { EnvironmentError } from '@millrace/core';
import { drainOnSignal } from '@millrace/http';
import { readConfig } from './config.js';
import { startApi } from './start.js';

try {
  const { app, logger } = await startApi(readConfig(process.env));
  drainOnSignal(() => app.close(), logger);
} catch (error) {
  if (!(error instanceof EnvironmentError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(78); // EX_CONFIG of sysexits.h
}
