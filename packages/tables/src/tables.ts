import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { dataDir, type ObjectStore } from '@granary/storage';
import { z } from 'zod';
import { columnsRead } from './columns-read.ts';
import type { Difference } from './difference.ts';
import { Engine } from './engine.ts';
import { LocalFiles } from './local-files.ts';
import { type Query, QueryError } from './query.ts';
import type { Column } from './schema.ts';
import { scratchFolder } from './scratch.ts';
import type { Shard } from './shard.ts';
import type { NumberedRow, Run } from './tasks.ts';
import type { Json } from './values.ts';
import { windowsOf } from './windows.ts';

/** What the engine may take of a process's machine. */
export const tablesSettings = z.object({
  GRANARY_TABLES_MEMORY_MB: z.coerce.number().int().min(128).default(320).meta({
    description: 'Memory for querying rows, for each process of Granary.',
    unit: 'MB',
  }),
  GRANARY_TABLES_CACHE_BYTES: z.coerce.number().int().min(0).default(4e9).meta({
    description: 'Disk space for caching Parquet files of a bucket, for each process of Granary.',
    unit: 'bytes',
  }),
  GRANARY_DATA_DIR: dataDir,
  GRANARY_SCRATCH_DIR: z.string().min(1).optional().meta({
    description: 'The folder for temporary files while rows are read and written.',
    unset: '`scratch` in the data folder',
  }),
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
const PROCESSES = 3;

/** Tables whose rows lie in parquet shards of the store: each call is about the shards of one split, in their order. */
export class Tables {
  readonly engine: Engine;
  readonly files: LocalFiles;
  readonly #scratchParent: string;
  readonly #schemas = new Map<string, Promise<Column[]>>();
  readonly #differences = new Map<string, Difference>();
  readonly #searches = new Map<string, { total: number; matches: readonly number[] }>();

  /** @param onWork is called, by whoever asked for a task, while the process that does it is at work */
  constructor(
    store: ObjectStore,
    settings: z.infer<typeof tablesSettings>,
    { onWork = () => {} }: { onWork?: () => void } = {},
  ) {
    const { GRANARY_TABLES_MEMORY_MB: memoryMb, GRANARY_TABLES_CACHE_BYTES: maxBytes } = settings;
    this.#scratchParent = settings.GRANARY_SCRATCH_DIR ?? join(settings.GRANARY_DATA_DIR, 'scratch');
    const scratchDir = () => this.scratchDir;
    this.engine = new Engine({
      memoryMb,
      threads: Math.min(8, availableParallelism()),
      processes: PROCESSES,
      scratchDir,
      onWork,
    });
    this.files = new LocalFiles(store, { folder: scratchDir, maxBytes });
  }

  /** A folder of this process alone, which is there. */
  get scratchDir(): string {
    return scratchFolder(this.#scratchParent);
  }

  /** The columns of a split: a column that is in one of its shards is in all. */
  async columns(shards: readonly Shard[], signal: AbortSignal): Promise<Column[]> {
    const columns = new Map<string, Column>();
    const seen = new Set<string>();
    for (const shard of shards) {
      // Shards that are known to have the same columns are not asked again, nor are those of which nothing is known.
      const kind = shard.schemaHash ?? '';
      if (seen.has(kind)) continue;
      seen.add(kind);
      for (const column of await this.#columnsOf(shard, signal)) {
        const known = columns.get(column.name);
        if (!known) columns.set(column.name, column);
        else if (known.type !== column.type) columns.set(column.name, { name: column.name, type: 'json' });
      }
    }
    return [...columns.values()];
  }

  async #columnsOf(shard: Shard, signal: AbortSignal): Promise<Column[]> {
    const known = this.#schemas.get(shard.sha256);
    if (known) {
      this.#schemas.delete(shard.sha256);
      this.#schemas.set(shard.sha256, known);
      const columns = await known.catch(() => null);
      if (columns) return columns;
    }
    const found = this.files.use([{ shard, what: { columns: [] } }], signal, ([path = '']) =>
      this.engine.run('columns', { path, sha256: shard.sha256 }, { signal }),
    );
    keep(this.#schemas, shard.sha256, found, KEPT_SCHEMAS);
    found.catch(() => this.#schemas.delete(shard.sha256));
    return found;
  }

  /** Rows from `offset` on; nothing that lies before them is read. */
  async page(
    shards: readonly Shard[],
    { offset, limit, columns }: { offset: number; limit: number; columns?: readonly string[] | undefined },
    signal: AbortSignal,
  ): Promise<Row[]> {
    const numbers = Array.from({ length: limit }, (_, i) => offset + i);
    return this.rowsAt(shards, numbers, columns, signal);
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
    const names = chosenColumns(await this.columns(shards, signal), chosen).map(({ name }) => name);
    for (const { shard, from, count } of windowsOf(shards).flat()) {
      const own = await this.#ownNames(shard, names, signal);
      const what = { rows: { from, count }, columns: own };
      await this.files.use([{ shard, what }], signal, ([path = '']) =>
        this.engine.stream(
          'rowsInOrder',
          { shard: { path, sha256: shard.sha256 }, run: { from, count }, columns: own },
          { signal },
          (rows: Json[][]) => {
            signal.throwIfAborted();
            return use(rows.map((values) => rowOf(names, own, values)));
          },
        ),
      );
    }
  }

  async #ownNames(shard: Shard, names: readonly string[], signal: AbortSignal): Promise<string[]> {
    const own = new Set((await this.#columnsOf(shard, signal)).map(({ name }) => name));
    return names.filter((name) => own.has(name));
  }

  /** The rows of these numbers, which are in order. */
  async rowsAt(
    shards: readonly Shard[],
    numbers: readonly number[],
    columns: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<Row[]> {
    const rows: Row[] = [];
    const names = chosenColumns(await this.columns(shards, signal), columns).map(({ name }) => name);
    let first = 0;
    for (const shard of shards) {
      const local = numbers.filter((number) => number >= first && number < first + shard.rows).map((n) => n - first);
      if (local.length > 0) {
        const own = await this.#ownNames(shard, names, signal);
        for (const [number, values] of await this.#read(shard, runsOf(local), own, signal)) {
          rows.push({ index: first + number, row: rowOf(names, own, values) });
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
    columns: readonly string[],
    signal: AbortSignal,
  ): Promise<NumberedRow[]> {
    const wanted = runs.map((rows) => ({ shard, what: { rows, columns } }));
    return this.files.use(wanted, signal, ([path = '']) =>
      this.engine.run('rows', { shard: { path, sha256: shard.sha256 }, runs, columns }, { signal }),
    );
  }

  /**
   * Looks through all rows, window by window, and tells how far it is after each. What was found is kept for a while, so
   * that a further page of the same search costs nothing.
   *
   * @throws QueryError
   */
  async *search(shards: readonly Shard[], query: Query, signal: AbortSignal): AsyncGenerator<SearchProgress> {
    if (!query.term && !query.filters?.length) throw new QueryError('search', 'there is nothing to look for');
    const totalRows = shards.reduce((sum, { rows }) => sum + rows, 0);
    const columns = await this.columns(shards, signal);
    const read = columnsRead(query, columns);
    const hashes = shards.map(({ sha256, rows }) => [sha256, rows]);
    const key = createHash('sha256')
      .update(JSON.stringify([hashes, query]))
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
        what: { rows: { from, count }, columns: read },
      }));
      const found = await this.files.use(wanted, signal, (paths) => {
        const pieces = window.map(({ index, shard: { sha256 }, from, count }, i) => ({
          path: paths[i] ?? '',
          sha256,
          from,
          count,
          before: starts[index] ?? 0,
        }));
        return this.engine.run('search', { pieces, query, columns }, { signal });
      });
      total += found.length;
      for (const number of found.subarray(0, MAX_MATCHES - matches.length)) matches.push(number);
      scannedRows += window.reduce((sum, { count }) => sum + count, 0);
      yield { scannedRows, total, matches };
    }
    if (totalRows === 0) yield { scannedRows, total, matches };
    keep(this.#searches, key, { total, matches }, KEPT_SEARCHES);
  }

  /**
   * Rows that only one of two states of a split has. Shards that both have are not read; what was found is kept for a while.
   */
  async difference(before: readonly Shard[], after: readonly Shard[], signal: AbortSignal): Promise<Difference> {
    const [old, young] = [without(before, after), without(after, before)];
    const key = JSON.stringify([before, after].map((shards) => shards.map(({ sha256 }) => sha256)));
    const known = this.#differences.get(key);
    if (known) return known;
    const columns = new Map(
      [...(await this.columns(after, signal)), ...(await this.columns(before, signal))].map((c) => [c.name, c]),
    );
    const wanted = [...old, ...young].map(({ shard }) => ({ shard, what: {} }));
    const found = await this.files.use(wanted, signal, (paths) => {
      const placed = [...old, ...young].map(({ shard, start }, i) => ({
        path: paths[i] ?? '',
        sha256: shard.sha256,
        before: start,
      }));
      const sides = { before: placed.slice(0, old.length), after: placed.slice(old.length) };
      return this.engine.run('difference', { ...sides, columns: [...columns.values()], most: MAX_MATCHES }, { signal });
    });
    keep(this.#differences, key, found, KEPT_SEARCHES);
    return found;
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
        this.engine.run('cell', { shard: { path, sha256: shard.sha256 }, index: from, column: name }, { signal }),
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

/** A row of a split, of whose columns its shard has some. */
function rowOf(names: readonly string[], own: readonly string[], values: readonly Json[]): Record<string, Json> {
  if (own.length === names.length) return Object.fromEntries(names.map((name, i) => [name, values[i] ?? null]));
  return Object.fromEntries(names.map((name) => [name, values[own.indexOf(name)] ?? null]));
}

/** The shards that others have not, each as often as it is there more, with the number of its first row. */
function without(shards: readonly Shard[], others: readonly Shard[]): { shard: Shard; start: number }[] {
  const left = new Map<string, number>();
  for (const { sha256 } of others) left.set(sha256, (left.get(sha256) ?? 0) + 1);
  const starts = startsOf(shards);
  return shards.flatMap((shard, i) => {
    const count = left.get(shard.sha256) ?? 0;
    if (count === 0) return [{ shard, start: starts[i] ?? 0 }];
    left.set(shard.sha256, count - 1);
    return [];
  });
}

function startsOf(shards: readonly Shard[]): number[] {
  let next = 0;
  return shards.map(({ rows }) => {
    const start = next;
    next += rows;
    return start;
  });
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

function keep<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  map.set(key, value);
  for (const [oldest] of map) {
    if (map.size <= max) return;
    map.delete(oldest);
  }
}
