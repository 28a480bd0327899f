import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import {
  DuckDBBlobValue,
  DuckDBStructType,
  DuckDBStructValue,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { ObjectStore } from '@granary/storage';
import { z } from 'zod';
import { Engine, quoteName, quoteText } from './engine.ts';
import { LocalFiles, type Shard, scratchFolder } from './local-files.ts';
import { columnsOf, type EngineColumn } from './schema.ts';
import { conditionOf, type Query, QueryError, windowsOf } from './search.ts';
import { type Json, toJson } from './values.ts';

/** What the engine may take of a process's machine. */
export const tablesSettings = z.object({
  /** Memory for tables, in megabytes, in each process. */
  GRANARY_TABLES_MEMORY_MB: z.coerce.number().int().min(128).default(320),
  /** What shards of a bucket may take on the disk, in bytes, in each process. */
  GRANARY_TABLES_CACHE_BYTES: z.coerce.number().int().min(0).default(4e9),
});

export interface Row {
  /** The row's number in its split, from 0. */
  index: number;
  row: Record<string, Json>;
}

/** How far a search has come. */
export interface SearchProgress {
  scannedRows: number;
  /** All rows that match so far. */
  total: number;
  /** The numbers of the rows that match, in order: of the first {@link MAX_MATCHES} of them. */
  matches: readonly number[];
}

/** Of more matches than these only their number is known. */
export const MAX_MATCHES = 1_000_000;
const KEPT_SCHEMAS = 1000;
const KEPT_SEARCHES = 16;

/** Tables whose rows lie in parquet shards of the store: each call is about the shards of one split, in their order. */
export class Tables {
  readonly engine: Engine;
  readonly files: LocalFiles;
  readonly scratchDir: string;
  readonly #schemas = new Map<string, EngineColumn[]>();
  readonly #searches = new Map<string, { total: number; matches: readonly number[] }>();

  constructor(store: ObjectStore, settings: z.infer<typeof tablesSettings>) {
    const { GRANARY_TABLES_MEMORY_MB: memoryMb, GRANARY_TABLES_CACHE_BYTES: cacheBytes } = settings;
    this.scratchDir = scratchFolder();
    this.engine = new Engine({ memoryMb, threads: Math.min(8, availableParallelism()), scratchDir: this.scratchDir });
    this.files = new LocalFiles(store, { folder: this.scratchDir, maxBytes: cacheBytes });
  }

  /** The columns of a split, as its first shard has them. */
  async columns([shard]: readonly Shard[], signal: AbortSignal): Promise<EngineColumn[]> {
    if (!shard) return [];
    const known = this.#schemas.get(shard.sha256);
    if (known) return known;
    const columns = await this.files.use([{ shard, what: { columns: [] } }], signal, ([path = '']) =>
      this.engine.use(signal, (connection) => columnsOf(connection, path)),
    );
    keep(this.#schemas, shard.sha256, columns, KEPT_SCHEMAS);
    return columns;
  }

  /** Rows from `offset` on; nothing that lies before them is read. */
  async page(
    shards: readonly Shard[],
    { offset, limit, columns }: { offset: number; limit: number; columns?: readonly string[] | undefined },
    signal: AbortSignal,
  ): Promise<Row[]> {
    const rows: Row[] = [];
    let first = 0;
    for (const shard of shards) {
      const from = Math.max(0, offset - first);
      const count = Math.min(shard.rows - from, limit - rows.length);
      if (count > 0) {
        const found = await this.#read(shard, [{ from, count }], columns, signal);
        for (const [number, row] of found) rows.push({ index: first + number, row });
      }
      first += shard.rows;
      if (rows.length >= limit) break;
    }
    return rows;
  }

  /**
   * Reads all rows in their order, in one pass, and hands them on some thousands at a time: the next come when `use` is done
   * with them.
   */
  async forEach(
    shards: readonly Shard[],
    chosen: readonly string[] | undefined,
    signal: AbortSignal,
    use: (rows: Record<string, Json>[]) => Promise<void>,
  ): Promise<void> {
    const columns = chosenColumns(await this.columns(shards, signal), chosen);
    for (const { shard, from, count } of windowsOf(shards).flat()) {
      const what = { rows: { from, count }, columns: columns.map(({ name }) => name) };
      await this.files.use([{ shard, what }], signal, ([path = '']) =>
        this.engine.use(signal, async (connection) => {
          const result = await connection.stream(
            `select ${columns.map(projection).join(', ')}
            from read_parquet(${quoteText(path)}, file_row_number = true) where ${isAmong([{ from, count }], [])}`,
          );
          for await (const rows of result.yieldRows()) {
            signal.throwIfAborted();
            await use(rows.map((values) => rowOf(columns, values)));
          }
        }),
      );
    }
  }

  /** The rows of these numbers, which are in order. */
  async rowsAt(
    shards: readonly Shard[],
    numbers: readonly number[],
    columns: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<Row[]> {
    const rows: Row[] = [];
    let first = 0;
    for (const shard of shards) {
      const local = numbers.filter((number) => number >= first && number < first + shard.rows).map((n) => n - first);
      if (local.length > 0) {
        const found = await this.#read(shard, runsOf(local), columns, signal);
        for (const number of local) {
          const row = found.get(number);
          if (row) rows.push({ index: first + number, row });
        }
      }
      first += shard.rows;
    }
    return rows;
  }

  /** Runs of rows, all in one statement: by their numbers in the shard. Nothing between the runs is read. */
  async #read(
    shard: Shard,
    runs: readonly Run[],
    chosen: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<Map<number, Record<string, Json>>> {
    const schema = await this.columns([shard], signal);
    const columns = chosenColumns(schema, chosen);
    if (columns.length === 0) return new Map();
    const wanted = runs.map((rows) => ({ shard, what: { rows, columns: columns.map(({ name }) => name) } }));
    return this.files.use(wanted, signal, ([path = '']) =>
      this.engine.use(signal, async (connection) => {
        const numbers = runs.flatMap(({ from, count }) => Array.from({ length: count }, (_, i) => from + i));
        // The engine reads row groups by the numbers of their rows, and of other rows decodes nothing.
        const reader = await connection.runAndReadAll(
          `select file_row_number, ${columns.map(projection).join(', ')}
          from read_parquet(${quoteText(path)}, file_row_number = true) where ${isAmong(runs, numbers)}`,
        );
        const found = reader
          .getRows()
          .map(([number, ...values]): [number, Record<string, Json>] => [Number(number), rowOf(columns, values)]);
        return new Map(found.sort(([a], [b]) => a - b));
      }),
    );
  }

  /**
   * Looks through all rows, window by window, and tells how far it is after each. What was found is kept for a while, so
   * that a further page of the same search costs nothing.
   *
   * @throws QueryError
   */
  async *search(shards: readonly Shard[], query: Query, signal: AbortSignal): AsyncGenerator<SearchProgress> {
    const totalRows = shards.reduce((sum, { rows }) => sum + rows, 0);
    const condition = conditionOf(query, await this.columns(shards, signal));
    if (!condition) throw new QueryError('search', 'there is nothing to look for');
    const key = createHash('sha256')
      .update(JSON.stringify([shards, condition]))
      .digest('hex');
    const known = this.#searches.get(key);
    if (known) {
      yield { scannedRows: totalRows, ...known };
      return;
    }
    const starts = startsOf(shards);
    const matches: number[] = [];
    let total = 0;
    let scannedRows = 0;
    for (const window of windowsOf(shards)) {
      const wanted = window.map(({ shard, from, count }) => ({
        shard,
        what: { rows: { from, count }, columns: condition.columns },
      }));
      const found = await this.files.use(wanted, signal, (paths) =>
        this.engine.use(signal, async (connection) => {
          const parts = window.map(({ index, shard, from, count }, i) => {
            const range = count === shard.rows ? '' : `and file_row_number between ${from} and ${from + count - 1}`;
            return `select file_row_number + ${starts[index]} as number from read_parquet(${quoteText(paths[i] ?? '')}, file_row_number = true) where ${condition.sql} ${range}`;
          });
          const reader = await connection
            .runAndReadAll(parts.join(' union all '), condition.parameters)
            .catch(asQueryError);
          const numbers = Float64Array.from(reader.getColumns()[0] ?? [], Number).sort();
          return numbers;
        }),
      );
      total += found.length;
      for (const number of found.subarray(0, MAX_MATCHES - matches.length)) matches.push(number);
      scannedRows += window.reduce((sum, { count }) => sum + count, 0);
      yield { scannedRows, total, matches };
    }
    if (totalRows === 0) yield { scannedRows, total, matches };
    keep(this.#searches, key, { total, matches }, KEPT_SEARCHES);
  }

  /** The bytes of an image or another binary cell; null where there are none. */
  async bytes(shards: readonly Shard[], index: number, name: string, signal: AbortSignal): Promise<Uint8Array | null> {
    let first = 0;
    for (const shard of shards) {
      const from = index - first;
      first += shard.rows;
      if (from < 0 || from >= shard.rows) continue;
      const what = { rows: { from, count: 1 }, columns: [name] };
      return this.files.use([{ shard, what }], signal, ([path = '']) =>
        this.engine.use(signal, async (connection) => {
          const reader = await connection.runAndReadAll(
            `select ${quoteName(name)} from read_parquet(${quoteText(path)}) limit 1 offset ${from}`,
          );
          const [[value = null] = []] = reader.getRows();
          const held = value instanceof DuckDBStructValue ? value.entries.bytes : value;
          return held instanceof DuckDBBlobValue ? held.bytes : null;
        }),
      );
    }
    return null;
  }
}

/** Columns by name, of those that there are; all where none of them is. */
export function chosenColumns<C extends { name: string }>(
  schema: readonly C[],
  names?: readonly string[],
): readonly C[] {
  const chosen = schema.filter(({ name }) => names?.includes(name));
  return chosen.length > 0 ? chosen : schema;
}

const rowOf = (columns: readonly EngineColumn[], values: readonly DuckDBValue[]): Record<string, Json> =>
  Object.fromEntries(columns.map(({ name }, i) => [name, toJson(values[i] ?? null)]));

/** Of bytes only the length is read into a page. */
function projection({ name, type, engineType }: EngineColumn): string {
  const column = quoteName(name);
  if (type === 'binary') return `case when ${column} is not null then {'$bytes': octet_length(${column})} end`;
  if ((type === 'image' || type === 'audio') && hasBytes(engineType)) {
    return `case when ${column} is not null then {'$bytes': octet_length(${column}.bytes), 'path': ${column}.path} end`;
  }
  return column;
}

/** As the `datasets` library keeps images and audio: bytes, and the path that they had. */
const hasBytes = (type: DuckDBType): boolean =>
  type instanceof DuckDBStructType && ['bytes', 'path'].every((name) => type.entryNames.includes(name));

function startsOf(shards: readonly Shard[]): number[] {
  let next = 0;
  return shards.map(({ rows }) => {
    const start = next;
    next += rows;
    return start;
  });
}

/** Rows that follow each other, by the first and how many they are. */
interface Run {
  from: number;
  count: number;
}

/** Whether a row is of the runs, as a condition: a range for one, a list for many. */
function isAmong(runs: readonly Run[], numbers: readonly number[]): string {
  const [only] = runs;
  return runs.length === 1 && only
    ? `file_row_number between ${only.from} and ${only.from + only.count - 1}`
    : `file_row_number in (${numbers.join(', ')})`;
}

function runsOf(numbers: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run && number === run.from + run.count) run.count++;
    else runs.push({ from: number, count: 1 });
  }
  return runs;
}

function asQueryError(error: Error): never {
  const message = /Invalid Input Error: (.*)/.exec(error.message)?.[1];
  if (message) throw new QueryError('search', `is not a regular expression: ${message}`, { cause: error });
  throw error;
}

function keep<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  map.set(key, value);
  for (const [oldest] of map) {
    if (map.size <= max) return;
    map.delete(oldest);
  }
}
