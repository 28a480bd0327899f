import { stat } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteName, quoteText } from './engine.ts';
import type { Tables } from './tables.ts';

/** What rows are written in: JSON Lines or one array of objects, `lines` are text of which each line is a row. */
export type SourceKind = 'parquet' | 'jsonl' | 'csv' | 'lines';

/** A source file on disk. */
export interface LocalSource {
  path: string;
  kind: SourceKind;
  /** What people call it. */
  name: string;
}

/** A column with its type in the engine's words. */
export interface TypedColumn {
  name: string;
  sqlType: string;
}

/** A source that is not what its name says. */
export class SourceError extends Error {
  override name = 'SourceError';
}

/** Bytes of text that make up a row group, about: what a reader of some rows has to decompress. */
const ROW_GROUP_BYTES = 8 * 1024 * 1024;
const LONGEST_ROW_BYTES = 16 * 1024 * 1024;
/** DuckDB works in vectors of this many rows. */
const VECTOR = 2048;
const JUDGED_ROWS = 1000;

/** The columns of several sources together: a column that is in one of them is in all. @throws SourceError */
export async function schemaOf(
  tables: Tables,
  sources: readonly LocalSource[],
  signal: AbortSignal,
): Promise<TypedColumn[]> {
  const filled = await withContent(sources);
  const [first] = filled;
  if (!first) return [];
  if (first.kind === 'lines') return [{ name: 'text', sqlType: 'VARCHAR' }];
  return tables.engine.use(signal, async (connection) => {
    const list = filled.map(({ path }) => quoteText(path)).join(', ');
    const scan =
      first.kind === 'parquet' ? `read_parquet([${list}], union_by_name = true)` : scanOf(first.kind, list, null);
    const reader = await connection
      .runAndReadAll(`describe select * from ${scan}`)
      .catch((error) => failed(error, filled));
    return reader
      .getRowsJS()
      .map(([name, type]) => ({ name: String(name), sqlType: withoutGuesses(first.kind, String(type)) }));
  });
}

/** Files of nothing but white space have no rows, and no columns to find out. */
async function withContent(sources: readonly LocalSource[]): Promise<LocalSource[]> {
  const sizes = await Promise.all(sources.map(async ({ path }) => (await stat(path)).size));
  return sources.filter((_, i) => (sizes[i] ?? 0) > 2);
}

/**
 * Texts that look like dates stay as they are written; a date that is none would end a conversion at its last row. The type
 * JSON is what has no type of its own.
 */
function withoutGuesses(kind: SourceKind, type: string): string {
  if (kind === 'parquet') return type;
  return type.replace(
    /\b(?:DATE|TIMESTAMP(?: WITH TIME ZONE|_S|_MS|_NS)?|TIME|UUID|INTERVAL|"?NULL"?)(?=$|[,)[\]])/g,
    'VARCHAR',
  );
}

/**
 * Writes a source as one parquet file, rows in their order. @returns how many rows it has
 *
 * @param limit takes the first rows only
 * @throws SourceError
 */
export async function convertToParquet(
  tables: Tables,
  source: LocalSource,
  target: { path: string; columns: readonly TypedColumn[]; limit: number | null },
  signal: AbortSignal,
): Promise<number> {
  const { columns } = target;
  return tables.engine.use(signal, async (connection) => {
    const [filled] = await withContent([source]);
    // An empty line is an empty text.
    const selected =
      source.kind === 'lines'
        ? `coalesce("text", '') as "text"`
        : columns.map(({ name }) => quoteName(name)).join(', ');
    const { limit } = target;
    const scan = scanOf(source.kind, quoteText(source.path), columns);
    const nothing = columns.map(({ name, sqlType }) => `cast(null as ${sqlType}) as ${quoteName(name)}`).join(', ');
    const rows =
      filled && columns.length > 0
        ? `select ${selected} from ${limit === null ? scan : firstOf(source, scan, limit)}`
        : `select ${nothing || 'cast(null as varchar) as "text"'} where false`;
    const groupRows = filled ? await rowsPerGroup(connection, source, columns, limit) : VECTOR;
    const reader = await connection
      .runAndReadAll(
        `copy (${rows}) to ${quoteText(target.path)} (format parquet, compression zstd, row_group_size ${groupRows}${await keptFooter(connection, source)})`,
      )
      .catch((error) => failed(error, [source]));
    return Number(reader.getRowsJS()[0]?.[0] ?? 0);
  });
}

/** What the `datasets` library wrote of the columns of a parquet source stays with them. */
async function keptFooter(connection: DuckDBConnection, { kind, path }: LocalSource): Promise<string> {
  if (kind !== 'parquet') return '';
  const reader = await connection.runAndReadAll(
    `select decode(value) from parquet_kv_metadata(${quoteText(path)}) where decode(key) = 'huggingface'`,
  );
  const [[value] = []] = reader.getRowsJS();
  return typeof value === 'string' ? `, kv_metadata {huggingface: ${quoteText(value)}}` : '';
}

function scanOf(kind: SourceKind, list: string, columns: readonly TypedColumn[] | null): string {
  if (kind === 'parquet') return `read_parquet([${list}], union_by_name = true)`;
  if (kind === 'lines') {
    // A separator that no text has: each line is one value, an empty one, too.
    return `read_csv([${list}], columns = {'text': 'VARCHAR'}, delim = '\\0', quote = '', escape = '', header = false, auto_detect = false, null_padding = true, strict_mode = false, max_line_size = ${LONGEST_ROW_BYTES}, buffer_size = ${2 * LONGEST_ROW_BYTES})`;
  }
  const typed = columns
    ? `, columns = {${columns.map(({ name, sqlType }) => `${quoteText(name)}: ${quoteText(sqlType)}`).join(', ')}}`
    : ', sample_size = -1, union_by_name = true';
  if (kind === 'csv') {
    const known = columns
      ? `, types = {${columns.map(({ name, sqlType }) => `${quoteText(name)}: ${quoteText(sqlType)}`).join(', ')}}`
      : '';
    return `read_csv([${list}], header = true, sample_size = -1, union_by_name = true, max_line_size = ${LONGEST_ROW_BYTES}, buffer_size = ${2 * LONGEST_ROW_BYTES}${known})`;
  }
  return `read_json([${list}], format = 'auto', maximum_object_size = ${LONGEST_ROW_BYTES}, map_inference_threshold = -1${columns ? '' : ', maximum_depth = -1'}${typed})`;
}

/** The first rows. Of parquet by their numbers: then no row group behind them is touched, which may not be there. */
function firstOf({ kind, path }: LocalSource, scan: string, limit: number): string {
  return kind === 'parquet'
    ? `(select * exclude (file_row_number) from read_parquet(${quoteText(path)}, file_row_number = true) where file_row_number < ${limit})`
    : `(select * from ${scan} limit ${limit})`;
}

/** As many rows as are about {@link ROW_GROUP_BYTES} long, judged by the first ones. */
async function rowsPerGroup(
  connection: DuckDBConnection,
  source: LocalSource,
  columns: readonly TypedColumn[],
  limit: number | null,
): Promise<number> {
  const names = columns.map(({ name }) => `coalesce(octet_length(encode(cast(${quoteName(name)} as varchar))), 0)`);
  const reader = await connection
    .runAndReadAll(
      `select avg(${names.join(' + ')}) from (select * from ${firstOf(source, scanOf(source.kind, quoteText(source.path), columns), Math.min(limit ?? JUDGED_ROWS, JUDGED_ROWS))})`,
    )
    .catch((error) => failed(error, [source]));
  const bytes = Number(reader.getRowsJS()[0]?.[0] ?? 0) || 1;
  return Math.min(60, Math.max(1, Math.floor(ROW_GROUP_BYTES / bytes / VECTOR))) * VECTOR;
}

/** The engine's message names a path of this machine: people get their own file's name, and the line. */
function failed(error: Error, sources: readonly LocalSource[]): never {
  if (!/^(Invalid Input|Conversion|Parser|Binder|IO|Invalid|Out of Range) /.test(error.message)) throw error;
  let message = error.message.split(/\n\n|\n {2}(?:file|delimiter|Possible)/)[0] ?? '';
  for (const { path, name } of sources) message = message.replaceAll(path, name);
  const names = sources
    .map(({ name }) => name)
    .slice(0, 3)
    .join(', ');
  throw new SourceError(`${names} can not be read: ${message.replace(/^[A-Z][\w ]* Error: /, '').trim()}`, {
    cause: error,
  });
}
