import { pino, stdTimeFunctions, type Logger } from 'pino';

export type { Logger } from 'pino';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * One JSON line per fact on standard output, with the process's name. Whatever looks like a credential is
 * cut out by path, because headers and connection strings reach logs through error objects.
 */
export function createLogger(process: string, level: LogLevel): Logger {
  return pino({
    level,
    base: { process },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: [
        'req.headers.authorization',
        'headers.authorization',
        'headers["x-api-key"]',
        '*.password',
        '*.secret',
        '*.connectionString',
      ],
      censor: '(not shown)',
    },
  });
}

/** What NestJS logs through, so that its lines look like ours; its start-up chatter is debug. */
export function nestLogger(logger: Logger): {
  log(message: unknown): void;
  error(message: unknown, ...more: unknown[]): void;
  warn(message: unknown): void;
  debug(message: unknown): void;
  verbose(message: unknown): void;
} {
  return {
    log: (message) => logger.debug({ from: 'nest' }, String(message)),
    debug: (message) => logger.debug({ from: 'nest' }, String(message)),
    verbose: (message) => logger.trace({ from: 'nest' }, String(message)),
    warn: (message) => logger.warn({ from: 'nest' }, String(message)),
    error: (message, ...more) => logger.error({ from: 'nest', more }, String(message)),
  };
}
