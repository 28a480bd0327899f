import { createHash } from 'node:crypto';
import { JobFailure } from '@granary/core/errors/failures';

import { layoutOf, type TableSplit, tableKindOf } from '@granary/formats';
import { type ObjectStore, readRange } from '@granary/storage';
import { footerOf, schemaHashOf } from '@granary/tables';
import pLimit from 'p-limit';
import { copyRows } from '../session.ts';
import { type RowSource, type ShardWriting, writeShards } from './shards.ts';

/** A file of rows as the dataset will have it. */
interface DataFile {
  path: string;
  size: number;
  sha256: string;
  storage_key: string;
  /** What an earlier import found out about the very same file. */
  source: { subset?: string; rows?: number; schema?: string; from?: string } | null;
}

const PARALLEL_FOOTERS = 8;
/** Token shards are made from rows, but are not rows themselves. */
export const TOKENIZED = 'tokenized/';

/**
 * Makes the rows of a dataset of texts ready to be read: parquet files are shards as they are; of other files shards are
 * written beside them, once for each content. Goes into the session's tables for the commit.
 *
 * @returns the paths of shards that were made of files which are no longer there, or are others now
 * @throws JobFailure `unreadable_table`
 */
export async function buildTables(writing: ShardWriting): Promise<string[]> {
  const { sql } = writing.session;
  const files = await sql<DataFile[]>`
    select l.path, l.size::float8 as size, l.sha256, l.storage_key, f.source
    from listing l left join lateral (select source from dataset_files f where f.id = l.id order by added_in desc limit 1) f on true
    where l.kind <> 'image' and not starts_with(l.path, ${TOKENIZED}) order by l.path`;
  const made = new Map(files.filter(({ source }) => source?.from !== undefined).map((file) => [file.path, file]));
  const byPath = new Map(
    files.filter(({ path }) => !made.has(path) && tableKindOf(path)).map((file) => [file.path, file]),
  );
  const kept = new Set<string>();
  for (const [subset, splits] of Map.groupBy(layoutOf([...byPath.keys()]), (split) => split.subset)) {
    const missing: { split: TableSplit; from: string }[] = [];
    for (const split of splits) {
      const sources = split.paths.flatMap((path) => byPath.get(path) ?? []);
      if (split.kind === 'parquet') {
        await keepShards(writing, subset, split.split, sources, null);
        continue;
      }
      const from = hashOf(sources);
      const known = [...made.values()].filter(({ source }) => source?.from === from && source.subset === subset);
      if (known.length === 0) missing.push({ split, from });
      else {
        for (const { path } of known) kept.add(path);
        await keepShards(writing, subset, split.split, known, from);
        await keepRoles(writing, split.paths, split.split);
      }
    }
    await makeShards(writing, subset, missing, byPath);
  }
  const stale = [...made.keys()].filter((path) => !kept.has(path));
  const staged = await sql<
    { path: string }[]
  >`select path from import_files where import_id = ${writing.importId} and path = any(${stale})`;
  const replaced = new Set(staged.map(({ path }) => path));
  const leaving = stale.filter((path) => !replaced.has(path));
  await sql`delete from listing where path = any(${leaving})`;
  return leaving;
}

/** Removes the shards of an interrupted attempt, which would otherwise be taken for sources. */
export async function dropMade({ session, importId }: Pick<ShardWriting, 'session' | 'importId'>): Promise<void> {
  await session.sql`delete from import_files where import_id = ${importId} and is_made`;
}

/** Identifies the sources of a split, so that a change of them is noticed. */
const hashOf = (sources: readonly DataFile[]): string =>
  createHash('sha256')
    .update(sources.map(({ sha256, path }) => `${sha256}  ${path}\n`).join(''))
    .digest('hex');

async function makeShards(
  writing: ShardWriting,
  subset: string,
  missing: readonly { split: TableSplit; from: string }[],
  byPath: ReadonlyMap<string, DataFile>,
): Promise<void> {
  const { sql } = writing.session;
  // Files of one kind are read together, so that they have the same columns.
  for (const [, ofKind] of Map.groupBy(missing, ({ split }) => split.kind)) {
    const sources = ofKind.flatMap(({ split }) =>
      split.paths.flatMap((path): RowSource[] => {
        const file = byPath.get(path);
        return file
          ? [{ split: split.split, kind: split.kind, name: path, storageKey: file.storage_key, sizeBytes: file.size }]
          : [];
      }),
    );
    const written = await writeShards(writing, subset, sources, {
      isMade: true,
      isTaken: (path) => byPath.has(path),
    });
    for (const { split, from } of ofKind) {
      const paths = written.filter((shard) => shard.split === split.split).map(({ path }) => path);
      await sql`insert into listing (id, path, size, kind, sha256, storage_key)
        select id, path, size, 'data', sha256, storage_key from import_files where import_id = ${writing.importId} and path = any(${paths})
        on conflict (path) do update set id = excluded.id, size = excluded.size, sha256 = excluded.sha256, storage_key = excluded.storage_key`;
      const shards = await sql<DataFile[]>`
        select path, size::float8 as size, sha256, storage_key, null::jsonb as source from listing where path = any(${paths})`;
      await keepShards(writing, subset, split.split, shards, from);
      await keepRoles(writing, split.paths, split.split);
    }
  }
}

async function keepShards(
  { session, store }: ShardWriting,
  subset: string,
  split: string,
  shards: readonly DataFile[],
  from: string | null,
): Promise<void> {
  const limit = pLimit(PARALLEL_FOOTERS);
  const found = await Promise.all(shards.map((shard) => limit(() => contentOf(store, shard))));
  await copyRows(
    session.sql,
    'read_images',
    ['path', 'split', 'is_labeled', 'source'],
    shards.map(({ path }, i) => [
      ...[path, split, false],
      JSON.stringify({ subset, ...found[i], ...(from ? { from } : {}) }),
    ]),
  );
}

async function keepRoles({ session }: ShardWriting, paths: readonly string[], split: string): Promise<void> {
  await copyRows(
    session.sql,
    'read_roles',
    ['path', 'kind', 'split'],
    paths.map((path) => [path, 'data', split]),
  );
}

/** How many rows a parquet file has, and what tells its columns from others, by its footer. */
async function contentOf(
  store: ObjectStore,
  { path, size, storage_key, source }: DataFile,
): Promise<{ rows: number; schema: string }> {
  if (source?.rows !== undefined && source.schema !== undefined) return { rows: source.rows, schema: source.schema };
  try {
    const footer = await footerOf(size, (start, length) => readRange(store, storage_key, start, length));
    return { rows: Number(footer.num_rows), schema: schemaHashOf(footer) };
  } catch (error) {
    throw new JobFailure(
      'unreadable_table',
      `${path} cannot be read as Parquet: ${(error as Error).message}. Upload it again if its end is missing.`,
      {
        cause: error,
      },
    );
  }
}
