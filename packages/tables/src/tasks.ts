import {
  DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBStructType,
  DuckDBStructValue,
  type DuckDBType,
  type DuckDBValue,
  SQLNULL,
} from '@duckdb/node-api';
import { arrowToLines } from './arrow.ts';
import { type ConversionTarget, columnsOfSources, convert } from './convert.ts';
import { type ComparedFile, type Difference, differenceOf } from './difference.ts';
import type { Query } from './query.ts';
import { jsonValueOf } from './reading/json-text.ts';
import { type Column, type EngineColumn, scanOf, type TableFile, tableFileOf } from './schema.ts';
import { conditionOf } from './search.ts';
import type { LocalSource } from './source.ts';
import { countColumns } from './statistics.ts';
import { type Json, toJson } from './values.ts';

/** What a task works with. */
export interface TaskContext {
  connection: DuckDBConnection;
  signal: AbortSignal;
  /** Hands on a part of the result, and waits until it was taken. */
  hand: (part: unknown) => Promise<void>;
}

/** A shard on this machine's disk: the same hash is the same content. */
export interface LocalShard {
  path: string;
  sha256: string;
}

/** Rows that follow each other, by the first and how many they are. */
export interface Run {
  from: number;
  count: number;
}

/** Rows of a shard, as part of a search. */
export interface SearchedPiece extends LocalShard, Run {
  /** How many rows of the split are before the shard. */
  before: number;
}

/** A shard that is compared with others. */
export interface ComparedShard extends LocalShard {
  /** How many rows of the split are before it. */
  before: number;
}

/** A row by its number in its shard, as values by the order of the columns that were asked for. */
export type NumberedRow = [number: number, values: Json[]];

/** What the engine's process can be asked to do: input and output go between processes. */
export const tasks = {
  columns: async ({ connection }: TaskContext, shard: LocalShard): Promise<Column[]> =>
    (await fileOf(connection, shard)).columns.map(({ name, type, names }) => ({
      name,
      type,
      ...(names ? { names } : {}),
    })),

  rows: async (
    { connection }: TaskContext,
    { shard, runs, columns }: { shard: LocalShard; runs: readonly Run[]; columns: readonly string[] },
  ): Promise<NumberedRow[]> => {
    const file = await fileOf(connection, shard);
    const chosen = columnsIn(file, columns);
    const reader = await connection.runAndReadAll(
      `select n${chosen.map((column) => `, ${projection(column)}`).join('')} from ${scanOf(file)} where ${isAmong(runs)}`,
    );
    const rows = reader.getRows().map(([number, ...values]): NumberedRow => [Number(number), valuesOf(chosen, values)]);
    return rows.sort(([a], [b]) => a - b);
  },

  /** Hands on rows in their order, some thousands at a time. */
  rowsInOrder: async (
    { connection, hand }: TaskContext,
    { shard, run, columns }: { shard: LocalShard; run: Run; columns: readonly string[] },
  ): Promise<void> => {
    const file = await fileOf(connection, shard);
    const chosen = columnsIn(file, columns);
    const result = await connection.stream(
      `select ${chosen.map(projection).join(', ') || '1'} from ${scanOf(file)} where ${isAmong([run])}`,
    );
    for await (const rows of result.yieldRows()) await hand(rows.map((values) => valuesOf(chosen, values)));
  },

  cell: async (
    { connection }: TaskContext,
    { shard, index, column }: { shard: LocalShard; index: number; column: string },
  ): Promise<Uint8Array | null> => {
    const file = await fileOf(connection, shard);
    const key = file.columns.find(({ name }) => name === column)?.key;
    if (!key) return null;
    const reader = await connection.runAndReadAll(`select ${key} from ${scanOf(file)} where n = ${index}`);
    const [[value = null] = []] = reader.getRows();
    const held = value instanceof DuckDBStructValue ? value.entries.bytes : value;
    return held instanceof DuckDBBlobValue ? held.bytes : null;
  },

  /** The numbers of the rows that match, in order. Columns that only other shards of the split have are null. */
  search: async (
    { connection }: TaskContext,
    { pieces, query, columns }: { pieces: readonly SearchedPiece[]; query: Query; columns: readonly Column[] },
  ): Promise<Float64Array> => {
    const parts: string[] = [];
    let parameters: Record<string, string | number | boolean> = {};
    for (const { before, from, count, ...shard } of pieces) {
      const file = await fileOf(connection, shard);
      const condition = await conditionOf(
        connection,
        query,
        columns.map((column) => columnOf(file, column)),
      );
      if (!condition) return new Float64Array();
      parameters = { ...parameters, ...condition.parameters };
      parts.push(
        `select n + ${before} as number from ${scanOf(file)} where ${condition.sql} and ${isAmong([{ from, count }])}`,
      );
    }
    const sql = parts.join(' union all ');
    // A parameter that no shard has a column for may not be given.
    const used = Object.fromEntries(
      Object.entries(parameters).filter(([name]) => new RegExp(`\\$${name}\\b`).test(sql)),
    );
    const reader = await connection.runAndReadAll(sql, used);
    return Float64Array.from(reader.getColumns()[0] ?? [], Number).sort();
  },

  /** Rows that only one of two lists of shards has. */
  difference: async (
    { connection }: TaskContext,
    {
      before,
      after,
      columns,
      most,
    }: { before: readonly ComparedShard[]; after: readonly ComparedShard[]; columns: readonly Column[]; most: number },
  ): Promise<Difference> => {
    const filesOf = async (shards: readonly ComparedShard[]) => {
      const files: ComparedFile[] = [];
      for (const { before, ...shard } of shards) {
        const file = await fileOf(connection, shard);
        files.push({ file, before, columns: columns.map((column) => columnOf(file, column)) });
      }
      return files;
    };
    return differenceOf(connection, await filesOf(before), await filesOf(after), most);
  },

  statistics: async (
    { connection, signal }: TaskContext,
    { shards, columns }: { shards: readonly (LocalShard & { rows: number })[]; columns: readonly Column[] },
  ) => {
    const files: TableFile[] = [];
    for (const shard of shards) {
      const file = await fileOf(connection, shard);
      files.push({ ...file, columns: columns.map((column) => columnOf(file, column)) });
    }
    return countColumns(
      connection,
      files,
      shards.reduce((sum, { rows }) => sum + rows, 0),
      signal,
    );
  },

  findColumns: ({ connection, signal }: TaskContext, sources: readonly LocalSource[]) =>
    columnsOfSources(connection, sources, signal),

  convert: (
    { connection, signal }: TaskContext,
    { source, target }: { source: LocalSource; target: ConversionTarget },
  ) => convert(connection, source, target, signal),

  arrowToLines: (_context: TaskContext, { source, target, limit }: Parameters<typeof arrowToLines>[0]) =>
    arrowToLines({ source, target, limit }),
};
export type Tasks = typeof tasks;

const KEPT_FILES = 1000;
const files = new Map<string, TableFile>();

async function fileOf(connection: DuckDBConnection, { path, sha256 }: LocalShard): Promise<TableFile> {
  const known = files.get(sha256);
  if (known) return { ...known, path };
  const file = await tableFileOf(connection, path);
  files.set(sha256, file);
  for (const [oldest] of files) {
    if (files.size <= KEPT_FILES) break;
    files.delete(oldest);
  }
  return file;
}

const columnsIn = ({ columns }: TableFile, names: readonly string[]): EngineColumn[] =>
  names.flatMap((name) => columns.find((column) => column.name === name) ?? []);

/** A column of the split as a file has it; one that it lacks is null in all of its rows. */
function columnOf(file: TableFile, column: Column): EngineColumn {
  return file.columns.find(({ name }) => name === column.name) ?? { ...column, engineType: SQLNULL, key: null };
}

const valuesOf = (columns: readonly EngineColumn[], values: readonly DuckDBValue[]): Json[] =>
  columns.map(({ type }, i) => {
    const value = values[i] ?? null;
    return type === 'json' && typeof value === 'string' ? jsonValueOf(value) : toJson(value);
  });

/** Of bytes only the length is read into a page. */
function projection({ key, type, engineType }: EngineColumn): string {
  if (type === 'binary') return `case when ${key} is not null then {'$bytes': octet_length(${key})} end`;
  if ((type === 'image' || type === 'audio') && hasBytes(engineType)) {
    return `case when ${key} is not null then {'$bytes': octet_length(${key}.bytes), 'path': ${key}.path} end`;
  }
  return `${key}`;
}

/** As the `datasets` library keeps images and audio: bytes, and the path that they had. */
const hasBytes = (type: DuckDBType): boolean =>
  type instanceof DuckDBStructType && ['bytes', 'path'].every((name) => type.entryNames.includes(name));

/** Whether a row is of the runs, as a condition: a range for one, a list for many. The engine decodes no other row groups. */
function isAmong(runs: readonly Run[]): string {
  const [only] = runs;
  if (runs.length === 1 && only) return `n between ${only.from} and ${only.from + only.count - 1}`;
  return `n in (${runs.flatMap(({ from, count }) => Array.from({ length: count }, (_, i) => from + i)).join(', ')})`;
}
