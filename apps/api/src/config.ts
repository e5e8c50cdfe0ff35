import {
  choiceVariable,
  integerVariable,
  ratioVariable,
  readEnvironment,
  textVariable,
  urlVariable,
  type Variable,
} from '@millrace/core';
import { ACCESS_VARIABLES, accessConfigOf, type AccessConfig } from '@millrace/http';
import type { RequestLimits } from '@millrace/serving';
import { MAILBOX_VARIABLES, mailboxLimitsOf, type MailboxLimits } from '@millrace/stream';
import { LOG_LEVELS } from '@millrace/telemetry';

const MIB = 1024 * 1024;
const PAGE_PORT = 6560;

const pagePortVariable: Variable<number | 'auto' | 'off'> = {
  about: 'Second port, for browsers: they refuse to open 6566',
  allowed: `an integer from 0 to 65535, off, or auto: ${PAGE_PORT} where MILLRACE_API_PORT is 6566`,
  fallback: 'auto',
  secret: false,
  read: (text) => {
    if (text === 'auto' || text === 'off') return text;
    return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
  },
};

/** Everything that can be set on the api app. */
export const VARIABLES = {
  ...ACCESS_VARIABLES,
  REDIS_URL: urlVariable(
    'Redis: the feature states and the plan',
    ['redis', 'rediss', 'redis+cluster', 'rediss+cluster'],
    'redis://localhost:6379',
  ),
  DATABASE_URL: urlVariable(
    'PostgreSQL: the registry',
    ['postgres', 'postgresql'],
    'postgres://localhost:5432/millrace',
  ),
  MILLRACE_HOST: textVariable('Address to listen on', { fallback: '127.0.0.1' }),
  MILLRACE_API_PORT: integerVariable("Port to listen on; the default is Feast's", {
    min: 0,
    max: 65_535,
    fallback: 6566,
  }),
  MILLRACE_PAGE_PORT: pagePortVariable,
  MILLRACE_LOG_LEVEL: choiceVariable('Least level that is logged', LOG_LEVELS, 'info'),
  MILLRACE_KEY_PREFIX: textVariable('In front of every Redis key', { fallback: 'millrace:' }),
  MILLRACE_BODY_BYTES_MAX: integerVariable('Bytes of one request', {
    min: 1_024,
    max: 256 * MIB,
    fallback: 8 * MIB,
  }),
  MILLRACE_ENTITIES_PER_REQUEST_MAX: integerVariable('Entities in one request', {
    min: 1,
    max: 1_000_000,
    fallback: 10_000,
  }),
  MILLRACE_ROWS_IN_FLIGHT_MAX: integerVariable(
    'Entities that are read or pushed at a time, over all requests, before requests get 429',
    { min: 1, max: 10_000_000, fallback: 50_000 },
  ),
  // Each asks Redis every 20 ms: a thousand are 50,000 look-ups a second, some half of what one Redis does.
  MILLRACE_WAITING_READS_MAX: integerVariable(
    'Reads that wait for a position at a time before further ones get 429',
    { min: 1, max: 1_000_000, fallback: 1_000 },
  ),
  MILLRACE_FEATURES_PER_REQUEST_MAX: integerVariable('Feature references in one request', {
    min: 1,
    max: 100_000,
    fallback: 2_000,
  }),
  MILLRACE_WAIT_MS_MAX: integerVariable('The longest that a read may wait for a position', {
    min: 0,
    max: 60_000,
    fallback: 5_000,
  }),
  MILLRACE_SERVED_SAMPLE_RATIO: ratioVariable(
    'Share of reads that leave one served vector with its evidence in the log of samples',
    0,
  ),
  MILLRACE_EVENT_TIME_AHEAD_MAX_MS: integerVariable(
    'How far event times of pushed rows may lie ahead of the clock of this process',
    { min: 0, max: 86_400_000, fallback: 600_000 },
  ),
  ...MAILBOX_VARIABLES,
} as const;

export interface ApiConfig {
  readonly access: AccessConfig;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly host: string;
  readonly port: number;
  /** A second port with the same routes, which browsers open; undefined for none. */
  readonly pagePort: number | undefined;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly keyPrefix: string;
  readonly bodyBytesMax: number;
  readonly rowsInFlightMax: number;
  readonly waitingReadsMax: number;
  readonly servedSampleRatio: number;
  readonly eventTimeAheadMaxMs: number;
  readonly limits: RequestLimits;
  /** As ingest has it. */
  readonly mailbox: MailboxLimits;
}

/** @throws EnvironmentError that names every wrong variable. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): ApiConfig {
  const values = readEnvironment(VARIABLES, environment);
  return Object.freeze({
    access: accessConfigOf(values),
    redisUrl: values.REDIS_URL,
    databaseUrl: values.DATABASE_URL,
    host: values.MILLRACE_HOST,
    port: values.MILLRACE_API_PORT,
    pagePort: pagePortOf(values.MILLRACE_PAGE_PORT, values.MILLRACE_API_PORT),
    logLevel: values.MILLRACE_LOG_LEVEL,
    keyPrefix: values.MILLRACE_KEY_PREFIX,
    bodyBytesMax: values.MILLRACE_BODY_BYTES_MAX,
    // Never less than one request may hold, or that one could not be served.
    rowsInFlightMax: Math.max(values.MILLRACE_ROWS_IN_FLIGHT_MAX, values.MILLRACE_ENTITIES_PER_REQUEST_MAX),
    waitingReadsMax: values.MILLRACE_WAITING_READS_MAX,
    servedSampleRatio: values.MILLRACE_SERVED_SAMPLE_RATIO,
    eventTimeAheadMaxMs: values.MILLRACE_EVENT_TIME_AHEAD_MAX_MS,
    limits: {
      entitiesMax: values.MILLRACE_ENTITIES_PER_REQUEST_MAX,
      featuresMax: values.MILLRACE_FEATURES_PER_REQUEST_MAX,
      waitMsMax: values.MILLRACE_WAIT_MS_MAX,
    },
    mailbox: mailboxLimitsOf(values),
  });
}

function pagePortOf(asked: number | 'auto' | 'off', apiPort: number): number | undefined {
  if (asked === 'off') return undefined;
  if (asked === 'auto') return apiPort === VARIABLES.MILLRACE_API_PORT.fallback ? PAGE_PORT : undefined;
  return asked;
}
