import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

export type Attributes = Record<string, string | number | boolean>;

/** A piece of work that is traced. */
export interface TracedWork {
  /** The traceparent of it, by which others say that they belong to it. */
  id: string;
  set(attributes: Attributes): void;
  end(error?: unknown): void;
}

export interface Tracer {
  /** @param headers of the request that asks for it: a trace that they name goes on */
  begin(kind: 'request' | 'job', name: string, attributes: Attributes, headers?: Record<string, unknown>): TracedWork;
  /** Sends what is left. */
  stop(): Promise<void>;
}

/** Sends traces where the variables of OpenTelemetry say: https://opentelemetry.io/docs/specs/otel/protocol/exporter/ */
export function startTracer(service: string): Tracer {
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  const tracer = trace.getTracer('granary');
  return {
    begin: (kind, name, attributes, headers = {}) => {
      const parent = propagation.extract(context.active(), headers);
      const spanKind = kind === 'request' ? SpanKind.SERVER : SpanKind.CONSUMER;
      return workOf(tracer.startSpan(name, { kind: spanKind, attributes }, parent));
    },
    stop: () => provider.shutdown(),
  };
}

function workOf(span: Span): TracedWork {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    id: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    set: (attributes) => void span.setAttributes(attributes),
    end: (error) => {
      // Its text may hold what people keep secret.
      if (error !== undefined)
        span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' });
      span.end();
    },
  };
}
