import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { JobFailure } from '@granary/core/errors/failures';

import { shardPath, type TableKind } from '@granary/formats';
import { type Hub, HubError } from '@granary/hub';
import {
  arrowToLines,
  type CsvOptions,
  chunkOf,
  convertToParquet,
  findColumns,
  footerOf,
  type LocalSource,
  type TypedColumn,
  unreadableParquet,
} from '@granary/tables';
import { keepIssues } from '../tables/issues.ts';
import { endingOf, withFolder } from '../tables/local-copies.ts';
import { asFailure, constantsOf, type ShardWriting, safe, stageShard } from '../tables/shards.ts';
import { bytesFrom } from './bytes.ts';
import { featuresBeside } from './features.ts';
import type { FileToFetch } from './fetch-file.ts';

/** A file that is to be downloaded, as it is on record. */
export interface HubRow extends Omit<FileToFetch, 'isCompleting'> {
  number: number;
  subset: string;
  split: string;
  kind: TableKind;
  csv: CsvOptions | null;
  state: 'waiting' | 'completing' | 'downloaded' | 'staged';
}

/**
 * Takes the first rows of each split, and no more of its files than holds them: of parquet the footer and the first row
 * groups, of lines of text the first lines.
 *
 * @throws HubError, JobFailure `unreadable_table`
 */
export async function takeFirstRows(
  writing: ShardWriting,
  hub: Hub,
  repoId: string,
  rows: readonly HubRow[],
  maxSamples: number,
): Promise<void> {
  const { session, importId, run } = writing;
  const splits = [...Map.groupBy(rows, ({ subset, split }) => JSON.stringify([subset, split])).values()];
  for (const [i, ofSplit] of splits.entries()) {
    if (ofSplit.every(({ state }) => state === 'staged')) continue;
    run.progress((80 * i) / splits.length, 'downloading', ofSplit[0]?.split ?? '');
    await takeSplit(writing, hub, repoId, ofSplit, maxSamples);
    await session.sql`update hub_files set state = 'staged' where import_id = ${importId} and number = any(${ofSplit.map(({ number }) => number)})`;
  }
}

async function takeSplit(
  writing: ShardWriting,
  hub: Hub,
  repoId: string,
  files: readonly HubRow[],
  maxSamples: number,
): Promise<void> {
  const { tables, run, session, importId } = writing;
  await withFolder(tables.scratchDir, async (folder) => {
    const columnsOfFolders = constantsOf(files.map(({ path }) => ({ name: path })));
    const constants = new Map(files.map((file, i) => [file.number, columnsOfFolders[i]]));
    let left = maxSamples;
    let number = 0;
    for (const file of files) {
      if (left <= 0) return;
      run.signal.throwIfAborted();
      const { source: own, stated } = await fetchFirst(writing, hub, repoId, file, folder, left);
      const source = { ...own, constants: constants.get(file.number), ...(file.csv ? { csv: file.csv } : {}) };
      // A file may have columns that others lack.
      const found = stated
        ? { columns: stated, notes: [] }
        : await findColumns(tables, [source], run.signal).catch(asFailure);
      await keepIssues(
        session.sql,
        importId,
        found.notes.map((note) => ({ code: 'csv_layout' as const, ...note })),
      );
      const target = join(folder, `${file.number}.parquet`);
      left -= await convertToParquet(
        tables,
        source,
        { path: target, columns: found.columns, limit: left },
        run.signal,
      ).catch(asFailure);
      await stageShard(writing, shardPath(safe(file.subset), safe(file.split), number++), target);
    }
  });
}

/** A file of this machine that has at least the first `rows` rows of one of the Hub, if that has so many. */
async function fetchFirst(
  { tables, run }: ShardWriting,
  hub: Hub,
  repoId: string,
  file: HubRow,
  folder: string,
  rows: number,
): Promise<{ source: LocalSource; stated?: TypedColumn[] }> {
  const { kind, path: name, url, sizeBytes } = file;
  const path = join(folder, `${file.number}${endingOf(name)}`);
  if (kind === 'parquet') {
    await fetchRowGroups(hub, repoId, file, path, rows, run.signal);
    return { source: { path, kind, name } };
  }
  const at = { repoId, path: name, url, sizeBytes };
  const first = (bytes = sizeBytes) =>
    bytesFrom(hub, at, bytes < sizeBytes ? { start: 0, end: bytes } : { start: 0 }, run.signal);
  if (kind === 'arrow') {
    const lines = `${path}.jsonl`;
    for (let bytes = FIRST_ARROW_BYTES; ; bytes *= 4) {
      await pipeline(first(bytes), createWriteStream(path));
      const reading = arrowToLines(tables, { path, name }, lines, rows, run.signal);
      // A cut file has the rows before the cut, or none.
      const found = await (bytes >= sizeBytes ? reading.catch(asFailure) : reading.catch(() => null));
      if (found && (bytes >= sizeBytes || found.rows >= rows)) {
        const features = found.features ?? (await featuresBeside(hub, repoId, url));
        return { source: { path: lines, kind: 'jsonl', name, features }, stated: found.columns };
      }
    }
  }
  const isArray = /\.json(\.gz|\.zst)?$/i.test(name);
  if (isArray || name.endsWith('.zst')) {
    await pipeline(first(), createWriteStream(path));
    return { source: { path, kind, name } };
  }
  const plain = join(folder, `${file.number}.plain${endingOf(name).replace(/\.gz$/i, '')}`);
  const text = /\.gz$/i.test(name) ? gunzipped(name, first()) : first();
  // Lines above the first row are none.
  const wanted = kind === 'csv' ? rows + MOST_TITLES : rows;
  await pipeline(firstRows(text, wanted, kind === 'csv'), createWriteStream(plain));
  return { source: { path: plain, kind, name } };
}

const FIRST_ARROW_BYTES = 16 * 1024 * 1024;

/** Titles and names of columns above the rows of a CSV file. */
const MOST_TITLES = 25;

/** @throws JobFailure `unreadable_table` for what is no gzip, or damaged */
async function* gunzipped(name: string, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = Readable.from(content);
  const gunzip = createGunzip();
  source.once('error', (error) => gunzip.destroy(error));
  try {
    for await (const chunk of source.pipe(gunzip)) yield chunk;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))) throw error;
    throw new JobFailure('unreadable_table', `${name} is damaged: ${error.message}.`, { cause: error });
  } finally {
    source.destroy();
  }
}

const QUOTE = 0x22;
const LINE_FEED = 0x0a;

/** The bytes of the first rows; in CSV a line break inside of quotes ends none. */
async function* firstRows(content: AsyncIterable<Buffer>, rows: number, hasQuotes: boolean): AsyncGenerator<Buffer> {
  let left = rows;
  let isQuoted = false;
  for await (const chunk of content) {
    for (let i = 0; i < chunk.length; i++) {
      if (hasQuotes && chunk[i] === QUOTE) isQuoted = !isQuoted;
      else if (chunk[i] === LINE_FEED && !isQuoted && --left === 0) {
        yield chunk.subarray(0, i + 1);
        return;
      }
    }
    yield chunk;
  }
}

/** A Parquet file of the same length that only has the footer and the first row groups. */
async function fetchRowGroups(
  hub: Hub,
  repoId: string,
  { url, sizeBytes, path: name }: HubRow,
  path: string,
  rows: number,
  signal: AbortSignal,
): Promise<void> {
  const at = { repoId, path: name, url, sizeBytes };
  const read = async (start: number, end: number): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    for await (const chunk of bytesFrom(hub, at, { start, end }, signal)) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  let metadata: Awaited<ReturnType<typeof footerOf>>;
  try {
    metadata = await footerOf(sizeBytes, (start, length) => read(start, start + length));
  } catch (error) {
    if (error instanceof HubError || signal.aborted) throw error;
    throw new JobFailure('unreadable_table', unreadableParquet(name, error).message, { cause: error });
  }
  const file = await open(path, 'w');
  try {
    await file.truncate(sizeBytes);
    const write = async (start: number, end: number) => {
      const bytes = await read(start, end);
      await file.write(bytes, 0, bytes.length, start);
    };
    await write(0, 4);
    await write(sizeBytes - metadata.metadata_length - 8, sizeBytes);
    let known = 0;
    for (const group of metadata.row_groups) {
      if (known >= rows) break;
      known += Number(group.num_rows);
      const chunks = group.columns.flatMap((column) => chunkOf(column) ?? []);
      const [starts, ends] = [chunks.map(({ start }) => start), chunks.map(({ end }) => end)];
      if (chunks.length > 0) await write(Math.min(...starts), Math.max(...ends));
    }
  } finally {
    await file.close();
  }
}
