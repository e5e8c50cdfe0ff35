import 'reflect-metadata';
import { EnvironmentError } from '@millrace/core';
import { ProcessDrain } from '@millrace/http';
import { readConfig } from './config.js';
import { startIngest } from './start.js';

const drain = new ProcessDrain();
try {
  const { app, logger } = await startIngest(readConfig(process.env));
  drain.serving(() => app.close(), logger);
} catch (error) {
  const wrongEnvironment = error instanceof EnvironmentError;
  process.stderr.write(
    `${wrongEnvironment ? error.message : `apps/ingest did not start: ${String(error)}`}\n`,
  );
  process.exit(wrongEnvironment ? 78 : 1); // 78 is EX_CONFIG of sysexits.h
}
