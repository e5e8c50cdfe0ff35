export { createLogger, nestLogger, LOG_LEVELS, type Logger, type LogLevel } from './logger.js';
export { createMetrics, type Metrics } from './metrics.js';
export { recurringWarning } from './recurring-warning.js';
export {
  createTracing,
  TRACING_VARIABLES,
  type FinishedSpan,
  type OpenSpan,
  type Tracing,
  type TracingSettings,
} from './tracing.js';
