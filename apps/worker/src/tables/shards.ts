import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { JobFailure } from '@granary/core/errors/failures';

import { partitionsOf, shardPath, type TableKind } from '@granary/formats';
import { keys, type ObjectStore } from '@granary/storage';
import {
  arrowToLines,
  type Constant,
  type CsvOptions,
  convertToParquet,
  findColumns,
  type LocalSource,
  type Note,
  SourceError,
  type Tables,
  type TypedColumn,
} from '@granary/tables';
import { takeFileId } from '../file-ids.ts';
import type { JobRun } from '../runner.ts';
import type { DatasetSession } from '../session.ts';
import { type StoredSource, withFolder, withLocalCopies } from './local-copies.ts';
import { type SampleMember, samplesToLines } from './samples.ts';

/** What writing shards works with. */
export interface ShardWriting {
  session: DatasetSession;
  store: ObjectStore;
  tables: Tables;
  run: JobRun;
  importId: string;
  datasetId: string;
}

export interface RowSource extends StoredSource {
  split: string;
  kind: TableKind;
  csv?: CsvOptions | undefined;
  /** What the `datasets` library says of its columns, beside the file. */
  features?: string | undefined;
  /** The files that make up its rows together, where it is more than one. */
  members?: readonly SampleMember[];
}

export interface WrittenShard {
  path: string;
  split: string;
  /** The file that it was made of. */
  source: string;
}

export interface WrittenShards {
  shards: WrittenShard[];
  /** What was decided about the files. */
  notes: Note[];
}

const PARQUET = 'application/vnd.apache.parquet';

/**
 * Writes the rows of a subset's files as parquet shards, one for each file, and stages them. All shards of a subset have
 * columns of the same names, whatever file of it has one.
 *
 * @throws JobFailure `unreadable_table`, which names the file and the line
 */
export async function writeShards(
  writing: ShardWriting,
  subset: string,
  sources: readonly RowSource[],
  options: { isMade: boolean; isTaken: (path: string) => boolean },
): Promise<WrittenShards> {
  const { store, tables, run } = writing;
  const whole = sources.filter(({ members }) => members === undefined);
  return withLocalCopies(store, tables.scratchDir, whole, run.signal, (paths) =>
    withFolder(tables.scratchDir, async (folder) => {
      const constants = constantsOf(sources);
      const local = await Promise.all(
        sources.map(async (source, i) => ({
          ...(await readableOf(writing, source, paths[whole.indexOf(source)] ?? '', join(folder, `${i}.jsonl`))),
          constants: constants[i],
        })),
      );
      const { columns, notes } = await columnsBySplit(writing, sources, local);
      const written: WrittenShard[] = [];
      const numbers = new Map<string, number>();
      for (const [i, { split, name }] of sources.entries()) {
        run.signal.throwIfAborted();
        run.progress(80, 'converting', name);
        const source = local[i];
        if (!source) continue;
        const target = join(folder, `${i}.parquet`);
        const all = { path: target, columns: columns.get(split) ?? [], limit: null };
        await convertToParquet(tables, source, all, run.signal).catch(asFailure);
        let number = numbers.get(split) ?? 0;
        while (options.isTaken(shardPath(safe(subset), safe(split), number))) number++;
        numbers.set(split, number + 1);
        const path = shardPath(safe(subset), safe(split), number);
        await stageShard(writing, path, target, { isMade: options.isMade });
        written.push({ path, split, source: name });
      }
      return { shards: written, notes };
    }),
  );
}

/** The columns that the folders of the files are, for each file: those of all, whole numbers where every value is one. */
export function constantsOf(sources: readonly Pick<RowSource, 'name'>[]): Constant[][] {
  const partitions = sources.map(({ name }) => partitionsOf(name));
  const names = [...new Set(partitions.flatMap((one) => Object.keys(one)))];
  const types = new Map(
    names.map((name) => {
      const isWhole = partitions.every((one) => WHOLE.test(partitionValue(one[name]) ?? '0'));
      return [name, isWhole ? ('BIGINT' as const) : ('VARCHAR' as const)];
    }),
  );
  return partitions.map((one) =>
    names.map((name) => ({ name, value: partitionValue(one[name]), sqlType: types.get(name) ?? 'VARCHAR' })),
  );
}

/** An integer that is written as numbers are, so that it comes back as it was. */
const WHOLE = /^(?:0|-?[1-9]\d{0,17})$/;
/** What Hive writes where there is no value. */
const partitionValue = (written: string | undefined): string | null =>
  written === undefined || written === '__HIVE_DEFAULT_PARTITION__' ? null : written;

/** A source as the engine reads it; of Arrow and of samples its rows as JSON lines, of Arrow with the types that it states. */
async function readableOf(
  { store, tables, run }: ShardWriting,
  { kind, name, csv, features: said, members }: RowSource,
  path: string,
  linesPath: string,
): Promise<ReadableSource> {
  if (members) {
    await samplesToLines(store, members, linesPath, run.signal);
    return { path: linesPath, kind: 'jsonl', name };
  }
  if (kind !== 'arrow') return { path, kind, name, ...(csv && kind === 'csv' ? { csv } : {}) };
  const { columns, features } = await arrowToLines(tables, { path, name }, linesPath, null, run.signal).catch(
    asFailure,
  );
  return { path: linesPath, kind: 'jsonl', name, columns, features: features ?? said };
}

interface ReadableSource extends LocalSource {
  columns?: TypedColumn[];
}

/**
 * The columns of each split: those of all, with the types that its own files give them. A column that it lacks is null in it,
 * with the type of another split. Files of one kind are read together.
 */
async function columnsBySplit(
  { tables, run }: ShardWriting,
  sources: readonly RowSource[],
  local: readonly ReadableSource[],
): Promise<{ columns: Map<string, TypedColumn[]>; notes: Note[] }> {
  const bySplit = new Map<string, TypedColumn[]>();
  const notes: Note[] = [];
  for (const [split, ofSplit] of Map.groupBy(local, (_, i) => sources[i]?.split ?? '')) {
    const stated = new Map(ofSplit.flatMap(({ columns = [] }) => columns.map((column) => [column.name, column])));
    if (stated.size > 0) bySplit.set(split, [...stated.values()]);
    else {
      const found = await findColumns(tables, ofSplit, run.signal).catch(asFailure);
      bySplit.set(split, found.columns);
      notes.push(...found.notes);
    }
  }
  const all = new Map([...bySplit.values()].flat().map((column) => [column.name, column]));
  for (const columns of bySplit.values()) {
    const own = new Set(columns.map(({ name }) => name));
    for (const column of all.values()) if (!own.has(column.name)) columns.push(column);
  }
  return { columns: bySplit, notes };
}

/** Puts a file of this machine into the store and among what the import has staged. */
export async function stageShard(
  {
    session,
    store,
    run,
    importId,
    datasetId,
  }: Pick<ShardWriting, 'session' | 'store' | 'run' | 'importId' | 'datasetId'>,
  path: string,
  file: string,
  { contentType = PARQUET, isMade = false }: { contentType?: string; isMade?: boolean } = {},
): Promise<void> {
  const { sql } = session;
  const id = await takeFileId(sql);
  const [taken] = await sql`
    select 1 from dataset_files where dataset_id = ${datasetId} and removed_in is null and path = ${path}`;
  const storageKey = taken ? keys.incoming(importId, id) : keys.file(datasetId, path);
  await sql`insert into import_objects (import_id, key) values (${importId}, ${storageKey}) on conflict do nothing`;
  const { size } = await stat(file);
  const hash = createHash('sha256');
  const content = createReadStream(file, { highWaterMark: 1024 * 1024 });
  content.on('data', (chunk) => hash.update(chunk));
  await store.put(storageKey, content, { contentType, expectedBytes: size, signal: run.signal });
  await stageRow(
    { session, run, importId },
    { id, path, sizeBytes: size, sha256: hash.digest('hex'), storageKey, contentType, isMade },
  );
}

/** An object of the store, and what it is to be in the dataset. */
interface StagedObject {
  id: number;
  path: string;
  sizeBytes: number;
  sha256: string;
  storageKey: string;
  contentType?: string;
  /** Whether it was made from other files of the import; see the column `is_made`. */
  isMade?: boolean;
}

/** Takes an object that is in the store already among what the import has staged. */
export async function stageRow(
  { session, run, importId }: Pick<ShardWriting, 'session' | 'run' | 'importId'>,
  file: StagedObject,
): Promise<void> {
  const { id, path, sizeBytes, sha256, storageKey, contentType = PARQUET, isMade = false } = file;
  await session.sql.begin(async (tx) => {
    await run.assertCurrent(tx);
    await tx`insert into import_files (import_id, id, path, size, sha256, mime, kind, storage_key, is_made)
      values (${importId}, ${id}, ${path}, ${sizeBytes}, ${sha256}, ${contentType}, 'data', ${storageKey}, ${isMade})
      on conflict (import_id, path) do update set id = excluded.id, size = excluded.size, sha256 = excluded.sha256, storage_key = excluded.storage_key`;
  });
}

/** A subset or split as a part of a path. */
export const safe = (name: string): string => name.replace(/[\p{Cc}/\\]/gu, '_').replace(/^\.+/, '_') || '_';

/** What cannot be read fails the import, with its name and what is wrong. */
export function asFailure(error: unknown): never {
  if (error instanceof SourceError) throw new JobFailure('unreadable_table', error.message, { cause: error });
  throw error;
}
