import { choiceVariable, integerVariable, readEnvironment, textVariable, urlVariable } from '@millrace/core';
import {
  ACTIVATION_LIMITS,
  SWEEP_EVERY_MS,
  TURN_CONCURRENCY,
  TURN_LIMITS,
  TURN_LOCK_MS,
} from '@millrace/actor';
import { LOG_LEVELS, TRACING_VARIABLES } from '@millrace/telemetry';

const MIB = 1024 * 1024;

/** Everything that can be set on the worker app. */
export const VARIABLES = {
  REDIS_URL: urlVariable(
    'Redis: the event log, the actors and the queues',
    ['redis', 'rediss', 'redis+cluster', 'rediss+cluster'],
    'redis://localhost:6379',
  ),
  MILLRACE_HOST: textVariable('Address to listen on', { fallback: '127.0.0.1' }),
  MILLRACE_WORKER_PORT: integerVariable('Port of health and metrics', {
    min: 0,
    max: 65_535,
    fallback: 6568,
  }),
  MILLRACE_LOG_LEVEL: choiceVariable('Least level that is logged', LOG_LEVELS, 'info'),
  MILLRACE_KEY_PREFIX: textVariable('In front of every Redis key', { fallback: 'millrace:' }),
  MILLRACE_TURN_CONCURRENCY: integerVariable('Turns at once in this process', {
    min: 1,
    max: 256,
    fallback: TURN_CONCURRENCY,
  }),
  MILLRACE_TURN_BUDGET_MS: integerVariable('After how long a turn hands its partition back', {
    min: 1,
    max: 10_000,
    fallback: TURN_LIMITS.budgetMs,
  }),
  MILLRACE_TURN_LINGER_MS: integerVariable('For how long a turn without mail waits for more', {
    min: 0,
    max: 60_000,
    fallback: TURN_LIMITS.lingerMs,
  }),
  MILLRACE_TURN_HOLD_MS: integerVariable('After how long a turn ends, but in the only worker', {
    min: 0,
    max: 10_000,
    fallback: TURN_LIMITS.holdMs,
  }),
  MILLRACE_TURN_LOCK_MS: integerVariable('How long the partitions of a dead worker stay its own', {
    min: 500,
    max: 5_000,
    fallback: TURN_LOCK_MS,
  }),
  MILLRACE_BATCH_EVENTS_MAX: integerVariable('Events in one commit', {
    min: 1,
    max: 100_000,
    fallback: TURN_LIMITS.batch.events,
  }),
  MILLRACE_BATCH_BYTES_MAX: integerVariable('Bytes of frames in one commit', {
    min: 1_024,
    max: 64 * MIB,
    fallback: TURN_LIMITS.batch.bytes,
  }),
  MILLRACE_DEDUP_HORIZON_MS: integerVariable('How long an event id is remembered, as ingest has it', {
    min: 1_000,
    max: 604_800_000,
    fallback: TURN_LIMITS.dedupHorizonMs,
  }),
  MILLRACE_ACTIVATIONS_MAX: integerVariable('Actors kept in memory between turns', {
    min: 0,
    max: 100_000_000,
    fallback: ACTIVATION_LIMITS.count,
  }),
  MILLRACE_ACTIVATION_BYTES_MAX: integerVariable('Bytes of actors kept in memory between turns', {
    min: 0,
    max: 64 * 1024 * MIB,
    fallback: ACTIVATION_LIMITS.bytes,
  }),
  MILLRACE_SWEEP_EVERY_MS: integerVariable('How often lost wake-ups are looked for', {
    min: 100,
    max: 60_000,
    fallback: SWEEP_EVERY_MS,
  }),
  MILLRACE_FAIL_POINT: textVariable(
    'For fault tests: kills or freezes this process after a step of a turn, at its n-th time',
    {
      fallback: 'off',
      pattern: /^(?:off|(?:begun|loaded|applied|committed):[1-9]\d*(?::stop)?)$/,
      allowed:
        '"off", or a step (begun, loaded, applied, committed), a count and perhaps "stop": "applied:7:stop"',
    },
  ),
  ...TRACING_VARIABLES,
} as const;

export interface WorkerConfig {
  readonly redisUrl: string;
  readonly host: string;
  readonly tracesUrl: string;
  readonly tracesRatio: number;
  readonly port: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly keyPrefix: string;
  readonly turnConcurrency: number;
  readonly turnBudgetMs: number;
  readonly turnLingerMs: number;
  readonly turnHoldMs: number;
  readonly turnLockMs: number;
  readonly batchEventsMax: number;
  readonly batchBytesMax: number;
  readonly dedupHorizonMs: number;
  readonly activationsMax: number;
  readonly activationBytesMax: number;
  readonly sweepEveryMs: number;
  readonly failPoint: string;
}

/** @throws EnvironmentError that names every wrong variable. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): WorkerConfig {
  const values = readEnvironment(VARIABLES, environment);
  return Object.freeze({
    redisUrl: values.REDIS_URL,
    host: values.MILLRACE_HOST,
    tracesUrl: values.MILLRACE_TRACES_URL,
    tracesRatio: values.MILLRACE_TRACES_RATIO,
    port: values.MILLRACE_WORKER_PORT,
    logLevel: values.MILLRACE_LOG_LEVEL,
    keyPrefix: values.MILLRACE_KEY_PREFIX,
    turnConcurrency: values.MILLRACE_TURN_CONCURRENCY,
    turnLingerMs: values.MILLRACE_TURN_LINGER_MS,
    turnHoldMs: values.MILLRACE_TURN_HOLD_MS,
    turnBudgetMs: values.MILLRACE_TURN_BUDGET_MS,
    turnLockMs: values.MILLRACE_TURN_LOCK_MS,
    batchEventsMax: values.MILLRACE_BATCH_EVENTS_MAX,
    batchBytesMax: values.MILLRACE_BATCH_BYTES_MAX,
    dedupHorizonMs: values.MILLRACE_DEDUP_HORIZON_MS,
    activationsMax: values.MILLRACE_ACTIVATIONS_MAX,
    activationBytesMax: values.MILLRACE_ACTIVATION_BYTES_MAX,
    sweepEveryMs: values.MILLRACE_SWEEP_EVERY_MS,
    failPoint: values.MILLRACE_FAIL_POINT,
  });
}
