import { stat } from 'node:fs/promises';
import type { ArrowLines } from './arrow.ts';
import type { ConversionTarget } from './convert.ts';
import { EngineError } from './engine.ts';
import type { FoundColumns, TypedColumn } from './reading/columns.ts';
import { type LocalSource, SourceError } from './source.ts';
import type { Tables } from './tables.ts';

export type { FoundColumns } from './reading/columns.ts';

/** However small, a source may take so long; and so much longer for each megabyte. */
const LEAST_MS = 10 * 60_000;
const MS_PER_MB = 3000;

/**
 * The columns of several sources of one kind together: a column that is in one of them is in all, with a type that holds its
 * values as they are. Where there is none, the column is kept as JSON.
 *
 * @throws SourceError which says file and line
 */
export async function findColumns(
  tables: Tables,
  sources: readonly LocalSource[],
  signal: AbortSignal,
): Promise<FoundColumns> {
  return guarded(sources, (timeoutMs) => tables.engine.run('findColumns', sources, { signal, timeoutMs }));
}

/** The same, of which only the columns are wanted. @throws SourceError */
export async function schemaOf(
  tables: Tables,
  sources: readonly LocalSource[],
  signal: AbortSignal,
): Promise<TypedColumn[]> {
  return (await findColumns(tables, sources, signal)).columns;
}

/**
 * Writes a source as one parquet file, rows in their order. @returns how many rows it has
 *
 * @throws SourceError which says file and line; also where the source is more than its reader can bear
 */
export async function convertToParquet(
  tables: Tables,
  source: LocalSource,
  target: ConversionTarget,
  signal: AbortSignal,
): Promise<number> {
  return guarded([source], (timeoutMs) => tables.engine.run('convert', { source, target }, { signal, timeoutMs }));
}

/**
 * Writes the rows of an Arrow file as JSON lines.
 *
 * @param limit takes the first rows only, of which the file may hold no more
 * @returns the columns with the types that Arrow states, and how many rows were written
 * @throws SourceError
 */
export async function arrowToLines(
  tables: Tables,
  source: { path: string; name: string },
  target: string,
  limit: number | null,
  signal: AbortSignal,
): Promise<ArrowLines> {
  return guarded([source], (timeoutMs) =>
    tables.engine.run('arrowToLines', { source, target, limit }, { signal, timeoutMs }),
  );
}

/** What dies of its input is the input's failure. */
async function guarded<T>(
  sources: readonly { path: string; name: string }[],
  work: (timeoutMs: number) => Promise<T>,
): Promise<T> {
  const sizes = await Promise.all(sources.map(async ({ path }) => (await stat(path)).size));
  const megabytes = sizes.reduce((sum, size) => sum + size, 0) / 1024 / 1024;
  try {
    return await work(LEAST_MS + megabytes * MS_PER_MB);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const names = sources.slice(0, 3).map(({ name }) => name);
    throw new SourceError(`${names.join(', ')}${sources.length > 3 ? ', …' : ''} cannot be read: ${error.message}.`, {
      cause: error,
    });
  }
}
