import type { Tracer } from '@granary/telemetry';
import { z } from 'zod';

export type { Tracer } from '@granary/telemetry';

export const tracingSettings = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'is not a URL, such as http://localhost:4318' })
    .optional()
    .meta({
      description:
        'Where traces of requests and jobs are sent, by OTLP over HTTP. The other `OTEL_EXPORTER_OTLP_*` variables of [OpenTelemetry](https://opentelemetry.io/docs/specs/otel/protocol/exporter/) count, too.',
      unset: 'no traces, and none of their packages is loaded',
    }),
});

/** Null where nobody wants traces. */
export async function openTracer(env: z.infer<typeof tracingSettings>, service: string): Promise<Tracer | null> {
  if (env.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return null;
  const { startTracer } = await import('@granary/telemetry');
  return startTracer(service);
}
