import { QueryError } from './query.ts';
import { SourceError } from './source.ts';

/** The process that read for somebody is gone: `message` says why, as the end of a sentence about what was read. */
export class EngineError extends Error {
  override name = 'EngineError';
}

/** What the engine's process is asked. */
export interface TaskRequest {
  id: number;
  name: string;
  input: unknown;
  settings: ProcessSettings;
}

export interface ProcessSettings {
  memoryMb: number;
  threads: number;
  scratchDir: string;
}

/** What it answers: parts of a result, and then the rest of it or an error. */
export type Reply = { id: number } & ({ part: unknown } | { result: unknown } | { error: SentError });

/** An error on its way between processes. */
export interface SentError {
  kind: 'query' | 'source' | 'engine' | 'other';
  message: string;
  stack: string | undefined;
  field?: QueryError['field'];
}

/** The engine's own words are about its options. */
const OUT_OF_MEMORY = 'it needs more memory than GRANARY_TABLES_MEMORY_MB allows';

export function sentError(error: unknown): SentError {
  if (!(error instanceof Error)) return { kind: 'other', message: String(error), stack: undefined };
  const { message, stack } = error;
  if (message.startsWith('Out of Memory Error')) return { kind: 'engine', message: OUT_OF_MEMORY, stack };
  if (error instanceof QueryError) return { kind: 'query', message, stack, field: error.field };
  return { kind: error instanceof SourceError ? 'source' : 'other', message, stack };
}

export function errorOf({ kind, message, stack, field = 'search' }: SentError): Error {
  if (kind === 'engine') return new EngineError(message);
  const error =
    kind === 'query'
      ? new QueryError(field, message)
      : kind === 'source'
        ? new SourceError(message)
        : new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
