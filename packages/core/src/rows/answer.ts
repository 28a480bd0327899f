import { EngineError, QueryError, SourceError } from '@granary/tables';
import { AppError } from '../errors/app-error.ts';

/** What is wrong with a query, or with the rows that it reads, as an answer. @throws AppError `invalid_input`, `unreadable_table`, `query_too_large` */
export async function asAnswer<T>(work: () => Promise<T>): Promise<T> {
  return work().catch(toAnswer);
}

/** @throws AppError `invalid_input`, `unreadable_table`, `query_too_large`, and any other error as it is */
export function toAnswer(error: unknown): never {
  if (error instanceof QueryError) {
    throw new AppError('invalid_input', { issues: [{ path: error.field, message: error.message }] });
  }
  if (error instanceof SourceError) throw new AppError('unreadable_table', { message: error.message, cause: error });
  if (error instanceof EngineError) throw new AppError('query_too_large', { cause: error });
  throw error;
}
