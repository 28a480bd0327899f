import { type Logger, pino } from 'pino';

/**
 * The log of a process, one JSON object per line.
 *
 * @param app which process writes it
 */
export const createLog = (app: 'web' | 'worker', level: string): Logger =>
  pino({ level, base: { app }, serializers: { err: loggedError } });

/** An error and its causes without the values of a query that failed: they hold what people keep secret. */
export function loggedError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { params: _, ...logged } = pino.stdSerializers.err(error);
  const values = queriesOf(error).map(({ params }) => `\nparams: ${params}`);
  const without = (text: string) => values.reduce((rest, value) => rest.replaceAll(value, ''), text);
  return { ...logged, message: without(logged.message), stack: without(logged.stack) };
}

function queriesOf(error: Error): { params: unknown }[] {
  const found: { params: unknown }[] = [];
  const seen = new Set<unknown>();
  for (let at: unknown = error; at instanceof Error && !seen.has(at); at = at.cause) {
    seen.add(at);
    if ('params' in at) found.push({ params: at.params });
  }
  return found;
}
