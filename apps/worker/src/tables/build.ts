import { createHash } from 'node:crypto';
import { JobFailure } from '@granary/core/errors/failures';

import {
  type CardConfig,
  cardOf,
  cardPathOf,
  layoutOf,
  MAX_TEXT_BYTES,
  partitionsOf,
  type ReportBuilder,
  type TableSplit,
} from '@granary/formats';
import { type ObjectStore, readRange, readStream } from '@granary/storage';
import { type CsvOptions, footerOf, schemaHashOf, unreadableParquet } from '@granary/tables';
import pLimit from 'p-limit';
import { copyRows } from '../session.ts';
import { DATASET_INFO, featuresOfInfo } from './dataset-info.ts';
import { type ImageNames, imageNamesOf, reportMissingImages } from './named-images.ts';
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
 * written beside them, once for each content and each way to read it. Goes into the session's tables for the commit.
 *
 * @param csv how CSV files are read, where the dataset's card does not say
 * @param report gets what was decided about the files, and which have no rows
 * @returns the paths of shards that were made of files which are no longer there, or are others now
 * @throws JobFailure `unreadable_table`
 */
export async function buildTables(
  writing: ShardWriting,
  { csv, report }: { csv: CsvOptions | null; report: ReportBuilder },
): Promise<string[]> {
  const { sql } = writing.session;
  const files = await sql<DataFile[]>`
    select l.path, l.size::float8 as size, l.sha256, l.storage_key, f.source
    from listing l left join lateral (select source from dataset_files f where f.id = l.id order by added_in desc limit 1) f on true
    where l.kind <> 'image' and not starts_with(l.path, ${TOKENIZED}) order by l.path`;
  const made = new Map(files.filter(({ source }) => source?.from !== undefined).map((file) => [file.path, file]));
  const byPath = new Map(files.filter(({ path }) => !made.has(path)).map((file) => [file.path, file]));
  const configs = await configsOf(writing.store, byPath);
  const images = await imageNamesOf(sql);
  const building: Building = { ...writing, byPath, images, report, taken: new Set(byPath.keys()) };
  const { splits } = layoutOf([...byPath.keys()], { configs, hasSamples: !images.hasAny });
  for (const [subset, ofSubset] of Map.groupBy(splits, (split) => split.subset)) {
    const missing: Missing[] = [];
    for (const split of ofSubset) {
      const sources = split.paths.flatMap((path) => byPath.get(path) ?? []);
      if (split.kind === 'parquet' && sources.every(({ path }) => !isPartition(path))) {
        await keepShards(building, subset, split.split, sources, null);
        continue;
      }
      const options = split.kind === 'csv' ? { ...csv, ...split.csv } : {};
      const from = hashOf(sources, options);
      const known = [...made.values()].filter(({ source }) => source?.from === from && source.subset === subset);
      if (known.length === 0) missing.push({ split, from, csv: options });
      else {
        for (const { path } of known) building.taken.add(path);
        await keepShards(building, subset, split.split, known, from);
        await keepRoles(writing, split.paths, split.split);
      }
    }
    await makeShards(building, subset, missing);
  }
  const stale = [...made.keys()].filter((path) => !building.taken.has(path));
  await sql`delete from listing where path = any(${stale})`;
  return stale;
}

interface Building extends ShardWriting {
  byPath: ReadonlyMap<string, DataFile>;
  images: ImageNames;
  report: ReportBuilder;
  /** Paths that are in use: of what was brought, and of shards that are kept or have been written. */
  taken: Set<string>;
}

interface Missing {
  split: TableSplit;
  from: string;
  csv: CsvOptions;
}

/** What the dataset's card says of its subsets and splits. */
async function configsOf(store: ObjectStore, files: ReadonlyMap<string, DataFile>): Promise<CardConfig[]> {
  const path = cardPathOf(files.keys());
  const card = path === null ? undefined : files.get(path);
  if (path === null || !card || card.size > MAX_TEXT_BYTES) return [];
  const text = await readStream(await store.get(card.storage_key), MAX_TEXT_BYTES);
  return cardOf(path, text.toString()) ?? [];
}

const isPartition = (path: string): boolean => Object.keys(partitionsOf(path)).length > 0;

/** Removes the shards of an interrupted attempt, which would otherwise be taken for sources. */
export async function dropMade({ session, importId }: Pick<ShardWriting, 'session' | 'importId'>): Promise<void> {
  await session.sql`delete from import_files where import_id = ${importId} and is_made`;
}

/** Identifies the sources of a split and how they are read, so that a change is noticed. */
function hashOf(sources: readonly DataFile[], csv: CsvOptions): string {
  const hash = createHash('sha256').update(sources.map(({ sha256, path }) => `${sha256}  ${path}\n`).join(''));
  if (Object.keys(csv).length > 0) hash.update(JSON.stringify(csv));
  return hash.digest('hex');
}

async function makeShards(building: Building, subset: string, missing: readonly Missing[]): Promise<void> {
  const { byPath, report, taken } = building;
  const { sql } = building.session;
  // Files of one kind are read together, so that they have the same columns.
  for (const [, ofKind] of Map.groupBy(missing, ({ split }) => split.kind)) {
    const featuresOf = await featuresBeside(building, ofKind[0]?.split.kind === 'arrow' ? ofKind : []);
    const sources = ofKind.flatMap(({ split, csv }) =>
      split.areSamples
        ? samplesOf(split, byPath)
        : split.paths.flatMap((path): RowSource[] => {
            const file = byPath.get(path);
            return file
              ? [
                  {
                    ...{ split: split.split, kind: split.kind, csv, features: featuresOf(folderOf(path)) },
                    ...{ name: path, storageKey: file.storage_key, sizeBytes: file.size },
                  },
                ]
              : [];
          }),
    );
    const { shards, notes } = await writeShards(building, subset, sources, {
      isMade: true,
      isTaken: (path) => taken.has(path),
    });
    for (const { path, detail, code = 'csv_layout' } of notes) report.add(code, { path, detail });
    for (const { split, from } of ofKind) {
      const paths = shards.filter((shard) => shard.split === split.split).map(({ path }) => path);
      for (const path of paths) taken.add(path);
      await sql`insert into listing (id, path, size, kind, sha256, storage_key)
        select id, path, size, 'data', sha256, storage_key from import_files where import_id = ${building.importId} and path = any(${paths})
        on conflict (path) do update set id = excluded.id, size = excluded.size, sha256 = excluded.sha256, storage_key = excluded.storage_key`;
      const written = await sql<DataFile[]>`
        select path, size::float8 as size, sha256, storage_key, null::jsonb as source from listing where path = any(${paths})`;
      const names = new Map(shards.map(({ path, source }) => [path, source]));
      await keepShards(building, subset, split.split, written, from, (path) => names.get(path) ?? path);
      await keepRoles(building, split.paths, split.split);
    }
  }
}

/** Files that make up the rows of a split together. */
function samplesOf({ split, kind, paths }: TableSplit, byPath: ReadonlyMap<string, DataFile>): RowSource[] {
  const members = paths.flatMap((path) => byPath.get(path) ?? []);
  const sizeBytes = members.reduce((sum, { size }) => sum + size, 0);
  const [first] = members;
  if (!first) return [];
  return [
    {
      ...{ split, kind, name: first.path, storageKey: first.storage_key, sizeBytes },
      members: members.map(({ path, storage_key, size }) => ({ path, storageKey: storage_key, sizeBytes: size })),
    },
  ];
}

/** What the `dataset_info.json` of `save_to_disk` says of the columns of Arrow files, by their folder. */
async function featuresBeside(
  { byPath, store }: Building,
  missing: readonly Missing[],
): Promise<(folder: string) => string | undefined> {
  const found = new Map<string, string>();
  for (const folder of new Set(missing.flatMap(({ split }) => split.paths.map(folderOf)))) {
    const file = byPath.get(`${folder}${DATASET_INFO}`);
    if (!file || file.size > MAX_TEXT_BYTES) continue;
    const said = featuresOfInfo((await readStream(await store.get(file.storage_key), MAX_TEXT_BYTES)).toString());
    if (said !== null) found.set(folder, said);
  }
  // Splits of one dataset have the same columns: one that says nothing of them has those of the others.
  const [only, ...more] = new Set(found.values());
  return (folder) => found.get(folder) ?? (more.length === 0 ? only : undefined);
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

async function keepShards(
  { session, store, tables, run, images, report }: Building,
  subset: string,
  split: string,
  shards: readonly DataFile[],
  from: string | null,
  nameOf: (path: string) => string = (path) => path,
): Promise<void> {
  const limit = pLimit(PARALLEL_FOOTERS);
  const found = await Promise.all(shards.map((shard) => limit(() => contentOf(store, shard))));
  for (const [i, { path }] of shards.entries()) {
    if (found[i]?.rows === 0) report.add('empty_table', { path: nameOf(path) });
  }
  for (const [i, { path, size, sha256, storage_key }] of shards.entries()) {
    const { rows = 0, schema = null } = found[i] ?? {};
    const shard = { path, storageKey: storage_key, sizeBytes: size, sha256, rows, schemaHash: schema };
    await reportMissingImages(tables, images, { shards: [shard], name: nameOf(path) }, { report, signal: run.signal });
  }
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
    throw new JobFailure('unreadable_table', unreadableParquet(path, error).message, { cause: error });
  }
}
