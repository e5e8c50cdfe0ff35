/**
 * Traces, from the HTTP request to the commit of the turn that applied its events. Where no exporter is
 * configured `createTracing` answers undefined and nothing on the hot path knows of it.
 *
 * A request's trace travels inside its frame as a W3C `traceparent`; the span of the batch that commits the frame
 * links to it, because one commit ends many traces.
 */
import { ratioVariable, urlVariable } from '@millrace/core';

/** The variables that configure traces, for the table of each app. */
export const TRACING_VARIABLES = {
  MILLRACE_TRACES_URL: urlVariable(
    'Where spans go, OTLP over HTTP; empty: no spans',
    ['http', 'https'],
    'http://collector:4318/v1/traces',
    '',
  ),
  MILLRACE_TRACES_RATIO: ratioVariable('Share of traces that are kept, where no caller decided it', 0.01),
} as const;

export interface TracingSettings {
  /** `service.name` of the spans: `millrace-ingest`. */
  readonly process: string;
  /** Where spans go, OTLP over HTTP: `http://collector:4318/v1/traces`. Empty: nowhere. */
  readonly exporterUrl: string;
  /** Share of traces that begin here and are kept; those of a caller are kept as the caller decided. */
  readonly sampledRatio: number;
}

export type Attributes = Readonly<Record<string, string | number>>;

/** A span that has begun. */
export interface OpenSpan {
  /** W3C form, to be sent along; undefined where the trace is not sampled. */
  readonly traceparent: string | undefined;
  end(attributes?: Attributes, error?: unknown): void;
}

export interface FinishedSpan {
  readonly name: string;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Traces that this span goes on with, in W3C form. */
  readonly links: readonly string[];
  readonly attributes: Attributes;
  /** What happened in between, by name, ms since the epoch. */
  readonly events?: readonly { readonly name: string; readonly at: number }[];
}

export interface Tracing {
  /** Begins the span of a request, below the caller's where it sent a `traceparent`. */
  begin(name: string, callerTraceparent: string | undefined, attributes: Attributes): OpenSpan;
  /** Records a span that is over. */
  record(span: FinishedSpan): void;
  /** Sends what is left; within the drain of the process. */
  close(): Promise<void>;
}

/** The exporter's code is loaded only where it is used. */
export async function createTracing(settings: TracingSettings): Promise<Tracing | undefined> {
  if (settings.exporterUrl === '') return undefined;
  const { OpenTelemetryTracing } = await import('./opentelemetry-tracing.js');
  return new OpenTelemetryTracing(settings);
}
