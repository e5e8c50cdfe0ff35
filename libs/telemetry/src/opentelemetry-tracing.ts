import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';
import type { Attributes, FinishedSpan, OpenSpan, Tracing, TracingSettings } from './tracing.js';

/** More links than this say nothing more, and exporters cut them at 128. */
const LINKS_MAX = 32;

/** Spans over OTLP/HTTP. */
export class OpenTelemetryTracing implements Tracing {
  private readonly provider: BasicTracerProvider;
  private readonly tracer: Tracer;

  constructor(settings: TracingSettings) {
    this.provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': settings.process }),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(settings.sampledRatio) }),
      spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: settings.exporterUrl }))],
    });
    this.tracer = this.provider.getTracer('millrace');
  }

  begin(name: string, callerTraceparent: string | undefined, attributes: Attributes): OpenSpan {
    const caller = callerTraceparent === undefined ? undefined : parseTraceparent(callerTraceparent);
    const span = this.tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, below(caller));
    return {
      traceparent: formatTraceparent(span.spanContext()),
      end: (more = {}, error) => {
        span.setAttributes(more);
        if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
        span.end();
      },
    };
  }

  record({ name, startedAt, endedAt, links, attributes, events = [] }: FinishedSpan): void {
    const contexts = links.slice(0, LINKS_MAX).flatMap((link) => parseTraceparent(link) ?? []);
    const span = this.tracer.startSpan(
      name,
      {
        kind: SpanKind.CONSUMER,
        startTime: startedAt,
        attributes,
        links: contexts.map((context) => ({ context })),
      },
      // Below the first of them: one trace shows the span as its own, the others find it by their links.
      below(contexts[0]),
    );
    for (const event of events) span.addEvent(event.name, event.at);
    span.end(endedAt);
  }

  async close(): Promise<void> {
    await this.provider.shutdown();
  }
}

function below(parent: SpanContext | undefined): Context {
  return parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

function parseTraceparent(text: string): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}

function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string | undefined {
  return (traceFlags & TraceFlags.SAMPLED) === 0 ? undefined : `00-${traceId}-${spanId}-01`;
}
