import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { FilesystemStore } from '@granary/storage';
import { statisticsOf } from './counted-split.ts';
import type { Query } from './query.ts';
import type { Column } from './schema.ts';
import type { Shard } from './shard.ts';
import type { CsvOptions, LocalSource, Note } from './source.ts';
import { arrowToLines, convertToParquet, findColumns } from './sources.ts';
import { Tables, tablesSettings } from './tables.ts';
import type { Json } from './values.ts';

const { signal } = new AbortController();

/** Files that become a split as an import makes one of them: for tests. */
export class ImportedFiles {
  readonly folder = mkdtempSync(join(tmpdir(), 'granary-tables-'));
  readonly tables: Tables;

  constructor(settings: Record<string, string | number> = {}) {
    const scratch = join(this.folder, 'scratch');
    this.tables = new Tables(
      new FilesystemStore(join(this.folder, 'store')),
      tablesSettings.parse({ GRANARY_SCRATCH_DIR: scratch, ...settings }),
    );
  }

  stop(): void {
    this.tables.engine.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async import(files: Record<string, string | Uint8Array>, csv?: CsvOptions): Promise<ImportedSplit> {
    const folder = join(this.folder, randomUUID());
    const sources: LocalSource[] = [];
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      sources.push({ path, name, kind: kindOf(name), ...(csv ? { csv } : {}) });
    }
    return this.convert(sources);
  }

  async convert(given: readonly LocalSource[]): Promise<ImportedSplit> {
    const stated = [];
    const sources: LocalSource[] = [];
    for (const source of given) {
      if (!/\.(?:arrow|feather)$/.test(source.name)) sources.push(source);
      else {
        const lines = `${source.path}.jsonl`;
        const { columns, features } = await arrowToLines(this.tables, source, lines, null, signal);
        stated.push(...columns);
        sources.push({ ...source, path: lines, kind: 'jsonl', features: features ?? undefined });
      }
    }
    const found = stated.length > 0 ? { columns: stated, notes: [] } : await findColumns(this.tables, sources, signal);
    const shards: Shard[] = [];
    for (const source of sources) {
      const storageKey = `${randomUUID()}/data.parquet`;
      const path = join(this.folder, 'store', storageKey);
      mkdirSync(dirname(path), { recursive: true });
      const rows =
        source.kind === 'parquet'
          ? await copied(source.path, path)
          : await convertToParquet(this.tables, source, { path, columns: found.columns, limit: null }, signal);
      const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
      shards.push({ path: source.name, storageKey, sizeBytes: statSync(path).size, sha256, rows, schemaHash: sha256 });
    }
    return new ImportedSplit(this.tables, shards, found.notes);
  }
}

export class ImportedSplit {
  readonly tables: Tables;
  readonly shards: Shard[];
  readonly notes: Note[];

  constructor(tables: Tables, shards: Shard[], notes: Note[]) {
    this.tables = tables;
    this.shards = shards;
    this.notes = notes;
  }

  get numRows(): number {
    return this.shards.reduce((sum, { rows }) => sum + rows, 0);
  }

  columns(): Promise<Column[]> {
    return this.tables.columns(this.shards, signal);
  }

  async types(): Promise<Record<string, string>> {
    const columns = await this.tables.columns(this.shards, signal);
    return Object.fromEntries(columns.map(({ name, type }) => [name, type]));
  }

  async rows(offset = 0, limit = this.numRows): Promise<Record<string, Json>[]> {
    const rows = await this.tables.page(this.shards, { offset, limit }, signal);
    return rows.map(({ row }) => row);
  }

  /** The numbers of the rows that match. */
  async find(query: Query): Promise<number[]> {
    let found: readonly number[] = [];
    for await (const { matches } of this.tables.search(this.shards, query, signal)) found = matches;
    return [...found];
  }

  statistics() {
    return statisticsOf(this.tables, this.shards, signal);
  }
}

/** Makes a parquet file by a statement of DuckDB. */
export async function parquetOf(select: string, options = ''): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'granary-parquet-'));
  try {
    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    await duck.run(`copy (${select}) to '${folder}/made.parquet' (format parquet${options})`);
    return readFileSync(`${folder}/made.parquet`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function copied(from: string, to: string): Promise<number> {
  writeFileSync(to, readFileSync(from));
  const duck = await (await DuckDBInstance.create(':memory:')).connect();
  const literal = `'${to.replaceAll("'", "''")}'`;
  const reader = await duck.runAndReadAll(`select coalesce(sum(num_rows), 0) from parquet_file_metadata(${literal})`);
  return Number(reader.getRowsJS()[0]?.[0]);
}

function kindOf(name: string): LocalSource['kind'] {
  if (/\.(?:parquet|pq)$/.test(name)) return 'parquet';
  if (/\.(?:csv|tsv)(?:\.\w+)?$/.test(name)) return 'csv';
  return /\.txt(?:\.\w+)?$/.test(name) ? 'lines' : 'jsonl';
}
