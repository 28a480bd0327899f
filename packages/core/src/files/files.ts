import { buffer } from 'node:stream/consumers';
import { type Database, datasetFiles } from '@granary/db';
import { cleanEntryName } from '@granary/formats';
import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Services } from '../base/context.ts';
import { mapPage, type Page, pageOfRows } from '../base/paging.ts';
import { AppError } from '../errors/app-error.ts';
import { type At, isAt } from '../revisions/at.ts';
import { revisionAt } from '../revisions/refs.ts';
import type { existingFile, FilePreview, FileView, listFilesInput } from './schemas.ts';

export type DatasetFile = typeof datasetFiles.$inferSelect;

interface FilePage extends Page<FileView> {
  folders: string[];
}

/** The files of a tree below a prefix, in byte order; with a delimiter, one level of it. @throws AppError `not_found` */
export async function listFiles(database: Database, input: z.infer<typeof listFilesInput>): Promise<FilePage> {
  const at = await revisionAt(database, input);
  return input.delimiter ? listLevel(database.db, input, at) : listAll(database.db, input, at);
}

async function listAll(db: Database['db'], input: z.infer<typeof listFilesInput>, at: At): Promise<FilePage> {
  const page = await pageOfRows(
    db,
    input,
    z.tuple([z.string()]),
    (after, limit) =>
      db
        .select()
        .from(datasetFiles)
        .where(
          and(
            eq(datasetFiles.datasetId, input.id),
            isAt(datasetFiles, at),
            input.prefix === ''
              ? undefined
              : sql`starts_with(${datasetFiles.path}, ${input.prefix}) and ${datasetFiles.path} >= ${input.prefix}`,
            after ? gt(datasetFiles.path, after[0]) : undefined,
          ),
        )
        .orderBy(datasetFiles.path)
        .limit(limit),
    ({ path }) => [path],
  );
  return { ...mapPage(page, viewOf), folders: [] };
}

interface Entry extends Omit<FileView, 'id' | 'path' | 'size'>, Record<string, unknown> {
  entry: string;
  id: string;
  size: string;
}

/**
 * One level: each step looks up the next path by the index, and a folder is stepped over as a whole, so that the cost
 * is that of the entries shown. In byte order what follows `folder/…` starts at `folder0`.
 */
async function listLevel(db: Database['db'], input: z.infer<typeof listFilesInput>, at: At): Promise<FilePage> {
  const rest = sql`substr(path, length(${input.prefix}::text) + 1)`;
  const isFolder = sql`strpos(${rest}, '/') > 0`;
  const next = sql`select case when ${isFolder} then ${input.prefix}::text || split_part(${rest}, '/', 1) || '/' else path end as entry,
      id, size, sha256, mime, kind, split
    from dataset_files where dataset_id = ${input.id} and ${isAt(datasetFiles, at)} and starts_with(path, ${input.prefix}) and path >= ${input.prefix}`;
  const steps = (after: string | undefined, count: number) => sql`
    with recursive step as (
      (select 1 as n, first.* from (${next} and path > ${after === undefined ? '' : skipPast(after)} order by path limit 1) first)
      union all
      (select n + 1, following.*
        from step, lateral (
          ${next} and path > case when step.entry like '%/' then left(step.entry, -1) || '0' else step.entry end
          order by path limit 1
        ) following
        where n < ${count})
    )
    select entry, id, size, sha256, mime, kind, split from step order by n`;
  const { items: entries, ...page } = await pageOfRows(
    db,
    input,
    z.tuple([z.string()]),
    (after, limit) => db.execute<Entry>(steps(after?.[0], limit)),
    ({ entry }) => [entry],
  );
  return {
    ...page,
    items: entries
      .filter(({ entry }) => !entry.endsWith('/'))
      .map(({ entry, id, size, ...file }) => ({ id: Number(id), path: entry, size: Number(size), ...file })),
    folders: entries.map(({ entry }) => entry).filter((entry) => entry.endsWith('/')),
  };
}

const skipPast = (entry: string) => (entry.endsWith('/') ? `${entry.slice(0, -1)}0` : entry);

/** One file of the draft's tree, or of another revision's. @throws AppError `not_found` */
export async function requireFile(
  { db }: Database,
  datasetId: string,
  which: { path: string } | { id: number },
  at: At = null,
): Promise<DatasetFile> {
  const [row] = await db
    .select()
    .from(datasetFiles)
    .where(
      and(
        eq(datasetFiles.datasetId, datasetId),
        isAt(datasetFiles, at),
        'path' in which ? eq(datasetFiles.path, which.path) : eq(datasetFiles.id, which.id),
      ),
    );
  if (!row) throw new AppError('not_found', { message: 'The dataset has no such file.' });
  return row;
}

/** Which of these paths, as uploads name them, the dataset has. */
export async function checkFiles(
  { db }: Database,
  datasetId: string,
  given: readonly string[],
): Promise<z.infer<typeof existingFile>[]> {
  const cleaned = given.flatMap((name) => {
    const entry = cleanEntryName(name);
    return 'path' in entry ? [{ given: name, path: entry.path }] : [];
  });
  const paths = [...new Set(cleaned.map(({ path }) => path))];
  const rows = await db
    .select({ path: datasetFiles.path, size: datasetFiles.sizeBytes, sha256: datasetFiles.sha256 })
    .from(datasetFiles)
    .where(
      and(
        eq(datasetFiles.datasetId, datasetId),
        isNull(datasetFiles.removedIn),
        sql`${datasetFiles.path} = any(${sql.param(paths)}::text[])`,
      ),
    );
  const byPath = new Map(rows.map((row) => [row.path, row]));
  return cleaned.flatMap(({ given: name, path }) => {
    const row = byPath.get(path);
    return row ? [{ given: name, ...row }] : [];
  });
}

const PREVIEW_BYTES = 64 * 1024;

/** @throws AppError `not_found` */
export async function previewFile(
  ctx: Pick<Services, 'database' | 'store'>,
  { id, path, version }: { id: string; path: string; version?: string | undefined },
): Promise<FilePreview> {
  const row = await requireFile(ctx.database, id, { path }, await revisionAt(ctx.database, { id, version }));
  const file = viewOf(row);
  if (row.kind === 'image' || row.sizeBytes === 0)
    return { file, text: row.kind === 'image' ? null : '', isCut: false };
  const end = Math.min(PREVIEW_BYTES, row.sizeBytes) - 1;
  const bytes = await buffer(await ctx.store.get(row.storageKey, { range: { start: 0, end } }));
  // A character cut in half at the end is dropped; any other byte that is not UTF-8 means this is not text.
  const text = new TextDecoder('utf-8', { fatal: true });
  try {
    const decoded = text.decode(bytes, { stream: true });
    return { file, text: decoded.includes('\0') ? null : decoded, isCut: row.sizeBytes > PREVIEW_BYTES };
  } catch {
    return { file, text: null, isCut: false };
  }
}

function viewOf(row: DatasetFile): FileView {
  const { id, path, sizeBytes, sha256, mime, kind, split } = row;
  return { id, path, size: sizeBytes, sha256, mime, kind, split };
}
