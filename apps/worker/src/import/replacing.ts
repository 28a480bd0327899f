import { JobFailure } from '@granary/core/errors/failures';
import type { ImportOptions } from '@granary/core/imports/options';
import { FORMATS, type Override, stemOf } from '@granary/formats';
import type { ObjectStore } from '@granary/storage';
import type { JobRun } from '../runner.ts';
import type { DatasetSession } from '../session.ts';
import { keepAll } from './read.ts';
import { type Changes, openSource } from './source.ts';

/** Files that describe a part of their images anew each take an entry of the dataset's configuration. */
const MAX_OVERRIDING = 10_000;

/**
 * What labels take the place of that came to replace those of their images. Label files of which nothing else is left go:
 * they are named in the session's table `superseded`. One that also speaks of other images stays for these.
 *
 * @returns the overrides that hold from now on
 * @throws JobFailure `labels_of_other_format` where the labels of the other images could no longer be read
 */
export async function findReplaced(
  session: DatasetSession,
  store: ObjectStore,
  changes: Changes,
  { formatHint, repairs }: ImportOptions,
  kept: readonly Override[],
  run: JobRun,
): Promise<Override[]> {
  const { sql } = session;
  await sql.unsafe(`drop table if exists superseded, spoken, others;
    create temp table superseded (path text collate "C" primary key)`);
  const alive = () => run.signal.throwIfAborted();
  const asked = { repairs: new Set(repairs) };
  const fresh = await openSource(session, store, changes, 'labels');
  const read = await keepAll(session, fresh, { ...asked, formatHint }, alive);
  await sql`create temp table spoken as select path, max(origin) as origin from read_images where origin is not null group by path`;
  const files = await sql<
    { origin: string }[]
  >`select distinct origin from read_images where origin is not null order by 1`;
  const [dataset] = await sql<{ format: string | null }[]>`select format from datasets where id = ${changes.datasetId}`;
  const before = FORMATS.find((name) => name === dataset?.format);
  if (files.length === 0 || before === undefined) return [...kept];
  const current = await openSource(session, store, changes, 'current');
  await keepAll(session, current, { ...asked, formatHint: before, overrides: kept }, alive);
  await sql`create temp table others as
    select i.origin, count(s.path) > 0 as is_spoken, count(*) > count(s.path) as has_more
    from (select distinct origin, path from read_images where origin is not null) i left join spoken s using (path)
    group by i.origin`;
  await sql`insert into superseded select origin from others where is_spoken and not has_more`;
  const [rest] = await sql<{ files: number }[]>`select count(*)::float8 as files from others where has_more`;
  if (rest && rest.files > 0 && read.format !== before) {
    throw new JobFailure(
      'labels_of_other_format',
      `The new labels are ${read.format ?? 'of no known format'}, those of the dataset ${before}. One dataset is read as one format, so the labels of the other images would be lost. Replace all labels, or bring these in the format of the dataset.`,
    );
  }
  const partly = await sql<{ origin: string }[]>`select origin from others where is_spoken and has_more order by 1`;
  if (partly.length === 0) return [...kept];
  if (files.length > MAX_OVERRIDING || partly.length > MAX_OVERRIDING) {
    throw new JobFailure(
      'labels_of_other_format',
      `The new labels are ${files.length.toLocaleString('en')} files, for a part of the images that ${partly[0]?.origin} describes. Replace all labels, or bring them in one file.`,
    );
  }
  const over = partly.map(({ origin }) => origin);
  const names = await keepBoth(
    session,
    changes,
    files.map(({ origin }) => origin),
    over,
  );
  return [...kept, { files: names, over }];
}

/** Numbers a staged file that would take the path of one which stays for other images. */
async function keepBoth(
  { sql }: DatasetSession,
  { importId, datasetId }: Changes,
  files: readonly string[],
  staying: readonly string[],
): Promise<string[]> {
  const names: string[] = [];
  for (const path of files) {
    let name = path;
    for (let number = 2; staying.includes(path); number++) {
      const stem = stemOf(path);
      name = `${stem} (${number})${path.slice(stem.length)}`;
      const [taken] = await sql`
        select 1 from dataset_files where dataset_id = ${datasetId} and removed_in is null and path = ${name}
        union all select 1 from import_files where import_id = ${importId} and path = ${name}`;
      if (!taken) break;
    }
    if (name !== path)
      await sql`update import_files set path = ${name} where import_id = ${importId} and path = ${path}`;
    names.push(name);
  }
  return names;
}

/** Overrides of files that are still there, as the listing of the session has it. */
export async function overridesThere({ sql }: DatasetSession, overrides: readonly Override[]): Promise<Override[]> {
  if (overrides.length === 0) return [];
  const paths = overrides.flatMap(({ files, over }) => [...files, ...over]);
  const rows = await sql<{ path: string }[]>`select path from listing where path = any(${paths})`;
  const there = new Set(rows.map(({ path }) => path));
  return overrides
    .map(({ files, over }) => ({
      files: files.filter((path) => there.has(path)),
      over: over.filter((path) => there.has(path)),
    }))
    .filter(({ files, over }) => files.length > 0 && over.length > 0);
}
