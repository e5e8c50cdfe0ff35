import { choiceVariable, integerVariable, readEnvironment, textVariable, urlVariable } from '@millrace/core';
import { ACCESS_VARIABLES, accessConfigOf, type AccessConfig } from '@millrace/http';
import { EVENT_LOG_LIMITS, MAILBOX_VARIABLES, mailboxLimitsOf, type EventLogLimits } from '@millrace/stream';
import { LOG_LEVELS, TRACING_VARIABLES } from '@millrace/telemetry';

const MIB = 1024 * 1024;

/** Everything that can be set on the ingest app. */
export const VARIABLES = {
  ...ACCESS_VARIABLES,
  REDIS_URL: urlVariable(
    'Redis: the event log',
    ['redis', 'rediss', 'redis+cluster', 'rediss+cluster'],
    'redis://localhost:6379',
  ),
  MILLRACE_HOST: textVariable('Address to listen on', { fallback: '127.0.0.1' }),
  MILLRACE_INGEST_PORT: integerVariable('Port to listen on', { min: 0, max: 65_535, fallback: 6567 }),
  MILLRACE_LOG_LEVEL: choiceVariable('Least level that is logged', LOG_LEVELS, 'info'),
  MILLRACE_KEY_PREFIX: textVariable('In front of every Redis key', { fallback: 'millrace:' }),
  MILLRACE_BODY_BYTES_MAX: integerVariable('Bytes of one request, also after it was unzipped', {
    min: 1_024,
    max: 256 * MIB,
    fallback: 8 * MIB,
  }),
  MILLRACE_EVENTS_PER_REQUEST_MAX: integerVariable('Events in one request', {
    min: 1,
    max: 1_000_000,
    fallback: 10_000,
  }),
  MILLRACE_PENDING_EVENTS_MAX: integerVariable('Events that wait for Redis before requests get 429', {
    min: 1,
    max: 10_000_000,
    fallback: 100_000,
  }),
  MILLRACE_EVENT_TIME_AHEAD_MAX_MS: integerVariable(
    'How far event times may lie ahead of the clock of this process; one far ahead would push all others out of their windows',
    { min: 0, max: 86_400_000, fallback: 600_000 },
  ),
  ...MAILBOX_VARIABLES,
  MILLRACE_DEDUP_HORIZON_MS: integerVariable('How long an event id is remembered', {
    min: 1_000,
    max: 604_800_000,
    fallback: EVENT_LOG_LIMITS.dedupHorizonMs,
  }),
  ...TRACING_VARIABLES,
} as const;

export interface IngestConfig {
  readonly access: AccessConfig;
  readonly redisUrl: string;
  readonly host: string;
  readonly port: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly keyPrefix: string;
  readonly bodyBytesMax: number;
  readonly eventsPerRequestMax: number;
  readonly pendingEventsMax: number;
  readonly eventTimeAheadMaxMs: number;
  /** When requests get 429, and how long event ids are remembered. */
  readonly mailbox: EventLogLimits;
  readonly tracesUrl: string;
  readonly tracesRatio: number;
}

/** @throws EnvironmentError that names every wrong variable. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): IngestConfig {
  const values = readEnvironment(VARIABLES, environment);
  return Object.freeze({
    access: accessConfigOf(values),
    redisUrl: values.REDIS_URL,
    host: values.MILLRACE_HOST,
    port: values.MILLRACE_INGEST_PORT,
    logLevel: values.MILLRACE_LOG_LEVEL,
    keyPrefix: values.MILLRACE_KEY_PREFIX,
    bodyBytesMax: values.MILLRACE_BODY_BYTES_MAX,
    eventsPerRequestMax: values.MILLRACE_EVENTS_PER_REQUEST_MAX,
    pendingEventsMax: values.MILLRACE_PENDING_EVENTS_MAX,
    eventTimeAheadMaxMs: values.MILLRACE_EVENT_TIME_AHEAD_MAX_MS,
    tracesUrl: values.MILLRACE_TRACES_URL,
    tracesRatio: values.MILLRACE_TRACES_RATIO,
    mailbox: {
      ...mailboxLimitsOf(values),
      dedupHorizonMs: values.MILLRACE_DEDUP_HORIZON_MS,
    },
  });
}
