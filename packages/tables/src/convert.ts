import { open, rm } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { ENCRYPTED } from './footer.ts';
import { type FoundColumns, findColumns, storedNames, type TypedColumn } from './reading/columns.ts';
import { writePlainRows } from './reading/plain-rows.ts';
import { FOOTER_KEY, fileName, footerTextOf, scanOf, type TableFile, tableFileOf } from './schema.ts';
import { type Constant, LONGEST_ROW, type LocalSource, SourceError } from './source.ts';
import { quoteName, quoteText } from './sql.ts';

/** Bytes of text that make up a row group, about: what a reader of some rows has to decompress. */
const ROW_GROUP_BYTES = 8 * 1024 * 1024;
/** DuckDB works in vectors of this many rows. */
const VECTOR = 2048;
const JUDGED_ROWS = 1000;

export interface ConversionTarget {
  path: string;
  columns: readonly TypedColumn[];
  /** Takes the first rows only. */
  limit: number | null;
}

/** The columns of several sources of one kind together: a column that is in one of them is in all. @throws SourceError */
export async function columnsOfSources(
  connection: DuckDBConnection,
  sources: readonly LocalSource[],
  signal: AbortSignal,
): Promise<FoundColumns> {
  const parquet = sources.filter(({ kind }) => kind === 'parquet');
  if (parquet.length === 0) return findColumns(sources, signal);
  const columns = new Map<string, TypedColumn>();
  for (const source of parquet) {
    const file = await parquetOf(connection, source);
    for (const { name, engineType } of file.columns) columns.set(name, { name, sqlType: String(engineType) });
  }
  return { columns: [...columns.values()], rows: 0, notes: [] };
}

/** Writes a source as one parquet file, rows in their order. @returns how many rows it has @throws SourceError */
export async function convert(
  connection: DuckDBConnection,
  source: LocalSource,
  target: ConversionTarget,
  signal: AbortSignal,
): Promise<number> {
  if (source.kind === 'parquet') return copyParquet(connection, source, target);
  const { columns } = target;
  const plainPath = `${target.path}.rows`;
  try {
    const plain = await writePlainRows(source, { ...target, path: plainPath }, signal);
    const types = columns.map(({ sqlType }, i) => `c${i}: ${quoteText(sqlType)}`);
    const added = addedTo(columns, source);
    const all = [...columns, ...added];
    const stored = storedNames(all.map(({ name }) => name));
    const named = (value: (i: number) => string) =>
      [...columns.map((_, i) => value(i)), ...added.map(literalOf)]
        .map((value, i) => `${value} as ${quoteName(stored[i] ?? '')}`)
        .join(', ') || `cast(null as varchar) as "text"`;
    const rows =
      plain.rows > 0
        ? `select ${named((i) => `c${i}`)} from read_json(${quoteText(fileName(plainPath))}, format = 'newline_delimited', records = true, maximum_object_size = ${4 * LONGEST_ROW}, columns = {${types.join(', ')}})`
        : `select ${named((i) => `cast(null as ${columns[i]?.sqlType})`)} where false`;
    const groupRows = vectorsOf(plain.sizeBytes / plain.rows);
    const isPlain = all.every(({ name, isJson }, i) => name === stored[i] && !isJson);
    const kept = { columns: all.map(({ name, isJson }) => ({ name, ...(isJson ? { isJson } : {}) })) };
    const entries = [
      ...(isPlain ? [] : [`${FOOTER_KEY}: ${quoteText(JSON.stringify(kept))}`]),
      ...(source.features === undefined ? [] : [`huggingface: ${quoteText(source.features)}`]),
    ];
    const metadata = entries.length > 0 ? `, kv_metadata {${entries.join(', ')}}` : '';
    const written = await copy(
      connection,
      source,
      rows,
      `${quoteText(target.path)} (format parquet, compression zstd, row_group_size ${groupRows}${metadata})`,
    );
    if (written !== plain.rows) throw new Error(`${written} of ${plain.rows} rows of ${source.name} were written`);
    return written;
  } finally {
    await rm(plainPath, { force: true });
  }
}

/** Takes rows of a parquet file as they are, with what other programs wrote of its columns. */
async function copyParquet(
  connection: DuckDBConnection,
  source: LocalSource,
  { path, limit }: ConversionTarget,
): Promise<number> {
  const file = await parquetOf(connection, source);
  const added = addedTo(file.columns, source);
  const all = [...file.columns, ...added];
  const names = storedNames(all.map(({ name }) => name));
  const first = limit === null ? '' : ` where n < ${limit}`;
  const values = [...file.columns.map(({ key }) => `${key}`), ...added.map(literalOf)];
  const keys = values.map((value, i) => `${value} as ${quoteName(names[i] ?? '')}`);
  const texts = file.columns.map(({ key }) => `coalesce(octet_length(encode(cast(${key} as varchar))), 0)`);
  const reader = await connection
    .runAndReadAll(
      `select avg(${texts.join(' + ')}) from ${scanOf(file)} where n < ${Math.min(limit ?? JUDGED_ROWS, JUDGED_ROWS)}`,
    )
    .catch((error) => failed(error, source));
  const groupRows = vectorsOf(Number(reader.getRowsJS()[0]?.[0] ?? 0));
  const kept = [];
  const huggingface = await footerTextOf(connection, source.path, 'huggingface');
  if (huggingface !== null) kept.push(`huggingface: ${quoteText(huggingface)}`);
  if (all.some(({ name }, i) => name !== names[i]) || file.columns.some(({ type }) => type === 'json')) {
    const columns = all.map((column) => ({
      name: column.name,
      ...('type' in column && column.type === 'json' ? { isJson: true } : {}),
    }));
    kept.push(`${FOOTER_KEY}: ${quoteText(JSON.stringify({ columns }))}`);
  }
  const metadata = kept.length > 0 ? `, kv_metadata {${kept.join(', ')}}` : '';
  return copy(
    connection,
    source,
    `select ${keys.join(', ')} from ${scanOf(file)}${first}`,
    `${quoteText(path)} (format parquet, compression zstd, row_group_size ${groupRows}${metadata})`,
  );
}

/** The columns that a source gets beside its own. */
const addedTo = (columns: readonly { name: string }[], { constants = [] }: LocalSource): TypedConstant[] =>
  constants.filter(({ name }) => !columns.some((column) => column.name === name));

interface TypedConstant extends Constant {
  isJson?: never;
}

const literalOf = ({ value, sqlType }: Constant): string =>
  `cast(${value === null ? 'null' : quoteText(value)} as ${sqlType})`;

/** As many rows as are about {@link ROW_GROUP_BYTES} long. */
const vectorsOf = (rowBytes: number): number =>
  Math.min(60, Math.max(1, Math.floor(ROW_GROUP_BYTES / (rowBytes || 1) / VECTOR))) * VECTOR;

async function copy(connection: DuckDBConnection, source: LocalSource, rows: string, target: string): Promise<number> {
  const reader = await connection.runAndReadAll(`copy (${rows}) to ${target}`).catch((error) => failed(error, source));
  return Number(reader.getRowsJS()[0]?.[0] ?? 0);
}

/** A parquet source that is one. @throws SourceError */
async function parquetOf(connection: DuckDBConnection, source: LocalSource): Promise<TableFile> {
  const file = await open(source.path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    const magic = buffer.toString('latin1', 0, bytesRead);
    if (magic === 'PARE') throw new SourceError(`${source.name} ${ENCRYPTED}`);
    if (magic !== 'PAR1') throw new SourceError(`${source.name} is not a Parquet file.`);
  } finally {
    await file.close();
  }
  return tableFileOf(connection, source.path).catch((error) => failed(error, source));
}

/** The engine's message names a path of this machine, and its own options: people get their file's name and what is wrong. */
function failed(error: Error, { path, name }: LocalSource): never {
  if (error instanceof SourceError) throw error;
  const [, kind, said = ''] = /^([A-Z][A-Za-z ]+) Error: ([^\n]*)/.exec(error.message) ?? [];
  if (!kind || kind === 'INTERRUPT' || kind === 'Out of Memory' || kind === 'INTERNAL') throw error;
  const reason = said
    .replace(/JSON transform error in file "[^"]*", in line (\d+): /, 'row $1: ')
    .replaceAll(path, name)
    .replaceAll(fileName(path), name)
    .replace(/"[^"]*\/[^"]*\.rows"/g, JSON.stringify(name))
    .replace(/\s*Try setting .*$/, '')
    .trim();
  throw new SourceError(`${name} cannot be read: ${reason}`, { cause: error });
}
