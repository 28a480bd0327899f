import type { Database, Transaction } from '@granary/db';
import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Looking } from '../base/context.ts';
import { type Page, pageOfRows } from '../base/paging.ts';
import type { At } from '../revisions/at.ts';
import { resolveRef } from '../revisions/refs.ts';
import { changedImages } from './changed-images.ts';
import { fileChanges, isOnlyAt } from './changed-rows.ts';
import type { DiffSummary, diffFilesInput, diffInput, FileChange } from './schemas.ts';

type Queries = Database['db'] | Transaction;

/** What is different between two versions, by number: it costs what changed, not what is there. @throws AppError `not_found` */
export async function diffOf({ database }: Looking, { id, from, to }: z.infer<typeof diffInput>): Promise<DiffSummary> {
  const [before, after] = [await resolveRef(database, id, from), await resolveRef(database, id, to)];
  const { db } = database;
  const [files] = await db.execute<
    Record<'added' | 'removed' | 'changed' | 'moved' | 'split' | 'came' | 'went', number>
  >(sql`
    select ${count('added')}, ${count('removed')}, ${count('changed')}, ${count('moved')},
      (count(*) filter (where before_split is distinct from after_split and change in ('split', 'moved', 'changed') and kind = 'image'))::float8 as split,
      coalesce(sum(after_size) filter (where change in ('added', 'changed')), 0)::float8 as came,
      coalesce(sum(before_size) filter (where change in ('removed', 'changed')), 0)::float8 as went
    from (${fileChanges(id, before.at, after.at)}) c`);
  const annotations = { added: 0, removed: 0, changed: 0 };
  let images = 0;
  for await (const image of changedImages(db, id, before.at, after.at)) {
    images++;
    annotations.added += image.added;
    annotations.removed += image.removed;
    annotations.changed += image.changed;
  }
  const classChanges = await classesOf(db, id, before.at, after.at);
  const number = (change: string) => classChanges.filter((row) => row.change === change).length;
  return {
    from,
    to,
    files: {
      added: files?.added ?? 0,
      removed: files?.removed ?? 0,
      changed: files?.changed ?? 0,
      moved: files?.moved ?? 0,
    },
    annotations,
    images: { changed: images },
    classes: { added: number('added'), removed: number('removed'), renamed: number('renamed') },
    classChanges,
    splits: { moved: files?.split ?? 0 },
    bytes: { added: files?.came ?? 0, removed: files?.went ?? 0 },
  };
}

const count = (change: string): SQL => sql.raw(`(count(*) filter (where change = '${change}'))::float8 as ${change}`);

/** Whether two revisions differ in anything that a version holds. */
export async function isDifferent(db: Queries, datasetId: string, from: At, to: At): Promise<boolean> {
  const [file] = await db.execute(sql`select 1 from (${fileChanges(datasetId, from, to)}) c limit 1`);
  if (file || (await classesOf(db, datasetId, from, to)).length > 0) return true;
  for await (const _ of changedImages(db, datasetId, from, to)) return true;
  return false;
}

async function classesOf(db: Queries, datasetId: string, from: At, to: At): Promise<DiffSummary['classChanges']> {
  const side = (at: At, other: At) => sql`(select c.id, c.name from annotation_classes c
    where c.project_id in (select id from annotation_projects where dataset_id = ${datasetId}) and ${isOnlyAt('c', at, other)})`;
  const rows = await db.execute<{ before: string | null; after: string | null }>(sql`
    select b.name as before, a.name as after from ${side(from, to)} b full join ${side(to, from)} a using (id)
    where b.name is distinct from a.name order by coalesce(a.name, b.name)`);
  return rows.map(({ before, after }) => ({
    change: before === null ? 'added' : after === null ? 'removed' : 'renamed',
    before,
    after,
  }));
}

interface ChangeRow extends Record<string, unknown> {
  path: string;
  change: FileChange['change'];
  before_path: string | null;
  before_sha256: string;
  before_size: number;
  before_split: string | null;
  after_path: string | null;
  after_sha256: string;
  after_size: number;
  after_split: string | null;
}

/** Files that differ, by path; one that moved has the path where it is now. @throws AppError `not_found` */
export async function diffFiles(
  { database }: Looking,
  { id, from, to, change, prefix, ...paging }: z.infer<typeof diffFilesInput>,
): Promise<Page<FileChange>> {
  const [before, after] = [await resolveRef(database, id, from), await resolveRef(database, id, to)];
  const wanted = change === undefined ? sql`change <> 'split'` : sql`change = ${change}`;
  const page = await pageOfRows(
    database.db,
    paging,
    z.tuple([z.string()]),
    (last, limit) =>
      database.db.execute<ChangeRow>(sql`
        select path, change, before_path, before_sha256, before_size, before_split, after_path, after_sha256, after_size, after_split
        from (${fileChanges(id, before.at, after.at)}) c
        where ${wanted} and starts_with(path, ${prefix}) ${last ? sql`and path > ${last[0]}` : sql``}
        order by path limit ${limit}`),
    ({ path }) => [path],
  );
  return {
    ...page,
    items: page.items.map((row) => ({
      path: row.path,
      change: row.change,
      ...(row.before_path === null
        ? {}
        : {
            before: {
              path: row.before_path,
              sha256: row.before_sha256,
              size: row.before_size,
              split: row.before_split,
            },
          }),
      ...(row.after_path === null
        ? {}
        : { after: { path: row.after_path, sha256: row.after_sha256, size: row.after_size, split: row.after_split } }),
    })),
  };
}
