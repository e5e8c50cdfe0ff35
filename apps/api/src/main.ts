import 'reflect-metadata';
import { EnvironmentError } from '@millrace/core';
import { ProcessDrain } from '@millrace/http';
import { readConfig } from './config.js';
import { startApi } from './start.js';

const drain = new ProcessDrain();
try {
  const { app, logger } = await startApi(readConfig(process.env));
  drain.serving(() => app.close(), logger);
} catch (error) {
  if (!(error instanceof EnvironmentError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(78); // EX_CONFIG of sysexits.h
}
