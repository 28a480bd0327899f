import { type DatasetSource, decodeText, type FileEntry, type ImageEntry, MAX_TEXT_BYTES } from '@granary/formats';
import { type ObjectStore, readStream } from '@granary/storage';
import pLimit from 'p-limit';
import type postgres from 'postgres';
import type { DatasetSession } from '../session.ts';

const PAGE = 2000;
const PARALLEL_READS = 16;

/** What an import does to the tree beside adding files. */
export interface Changes {
  importId: string;
  datasetId: string;
  /** Whether the new files are labels, which take the place of those that their images have. */
  labelsOnly: boolean;
  /** All labels go that are not among the new files. */
  replacesAll: boolean;
  /** Whether files leave that the session's table `superseded` names. */
  hasSuperseded?: boolean;
  remove: { paths: string[]; folders: string[] } | undefined;
  /** Shards of rows whose sources are gone, or are others now. */
  stale?: readonly string[];
  /** Files of the session's table `closing_files` go; see revisions/plan.ts. */
  isReverting?: boolean;
  /** Edits become rows; see publish/. */
  isPublishing?: boolean;
}

/** Whether the file `f` leaves the tree without another one in its place. */
export function leaves(
  sql: postgres.ISql,
  { replacesAll, hasSuperseded = false, remove, stale = [], isReverting = false }: Changes,
): postgres.PendingQuery<postgres.Row[]> {
  const { paths, folders } = remove ?? { paths: [], folders: [] };
  const isSuperseded = hasSuperseded ? sql`or exists (select 1 from superseded u where u.path = f.path)` : sql``;
  const isReturned = isReverting ? sql`or f.id in (select id from closing_files)` : sql``;
  return sql`((${replacesAll} and f.kind in ('label', 'annotation')) ${isSuperseded} or f.path = any(${[...paths, ...stale]})
    or exists (select 1 from unnest(${folders}::text[]) folder where starts_with(f.path, folder)) ${isReturned})`;
}

/** The dataset as it will be when an import is done, for the readers of formats. */
interface ImportSource extends DatasetSource {
  /** The images among what was staged. */
  addedImages: DatasetSource['images'];
}

/**
 * What is looked at: the dataset as it will be, the same for what joins it (the rest is looked up where it is), the new
 * labels with the images that the dataset has, or the dataset as it is.
 */
type Scope = 'all' | 'addition' | 'labels' | 'current';

/** Makes the session's temporary table `listing` of what is looked at; of an addition it holds only what was staged. */
export async function openSource(
  { sql }: DatasetSession,
  store: ObjectStore,
  what: Changes,
  scope: Scope = 'all',
): Promise<ImportSource> {
  const { importId, datasetId } = what;
  const isAddition = scope === 'addition';
  await sql`drop table if exists listing`;
  await sql`create temp table listing (
    id bigint not null, path text collate "C" not null, size bigint not null, kind text not null,
    width int, height int, problem text, sha256 text not null, content text, storage_key text not null)`;
  if (scope !== 'current')
    await sql`insert into listing
    select id, path, size, kind, width, height, problem, sha256, content, storage_key from import_files where import_id = ${importId}`;
  const staying = sql`
    select f.id, f.path, f.size,
      case when f.width is not null or f.problem is not null then 'image' when f.kind = 'data' then 'data' else 'other' end as kind,
      f.width, f.height, f.problem, f.sha256, null::text as content, f.storage_key
    from dataset_files f
    where f.dataset_id = ${datasetId} and f.removed_in is null ${scope === 'labels' ? sql`and f.kind = 'image'` : sql``}
      ${
        scope === 'current'
          ? sql``
          : sql`and not exists (select 1 from import_files s where s.import_id = ${importId} and s.path = f.path)
      and not ${leaves(sql, what)}`
      }`;
  if (!isAddition) await sql`insert into listing ${staying}`;
  await sql`create unique index on listing (path)`;
  await sql`analyze listing`;

  async function* pages<Row extends { path: string }>(isImage: boolean, isAll: boolean): AsyncGenerator<Row[]> {
    const columns = isImage ? sql`path, width, height, problem, sha256` : sql`path, size::float8 as "sizeBytes"`;
    const kind = isImage ? sql`and kind = 'image'` : sql``;
    let after = '';
    for (;;) {
      const page = sql`order by path limit ${PAGE}`;
      const listed = sql`select * from listing where path > ${after} ${kind} ${page}`;
      const rows = await sql<Row[]>`select ${columns} from (
        ${isAll && isAddition ? sql`(${listed}) union all (${staying} and f.path > ${after} ${page})` : listed}) file ${page}`;
      if (rows.length > 0) yield rows;
      if (rows.length < PAGE) return;
      after = rows.at(-1)?.path ?? '';
    }
  }

  /** The files at these paths, as a table expression. */
  const filesAt = (paths: readonly string[]) => {
    const listed = sql`select * from listing where path = any(${[...new Set(paths)]})`;
    return isAddition
      ? sql`(${listed} union all ${staying} and f.path = any(${[...new Set(paths)]})) file`
      : sql`(${listed}) file`;
  };
  const read = async (storageKey: string) => decodeText(await readStream(await store.get(storageKey), MAX_TEXT_BYTES));
  const limit = pLimit(PARALLEL_READS);

  return {
    files: () => pages<FileEntry>(false, true),
    images: () => pages<ImageEntry>(true, true),
    addedImages: () => pages<ImageEntry>(true, false),
    async findImages(paths) {
      const rows = await sql<ImageEntry[]>`
        select path, width, height, problem, sha256 from ${filesAt(paths)} where kind = 'image'`;
      return new Map(rows.map((row) => [row.path, row]));
    },
    async texts(paths) {
      const rows = await sql<{ path: string; size: number; content: string | null; storage_key: string }[]>`
        select path, size::float8 as size, content, storage_key from ${filesAt(paths)}`;
      const texts = await Promise.all(
        rows.map(async ({ path, size, content, storage_key }): Promise<[string, string | null]> => {
          if (content !== null || size > MAX_TEXT_BYTES) return [path, content];
          return [path, await limit(() => read(storage_key))];
        }),
      );
      return new Map(texts);
    },
    async *stream(path, start = 0) {
      const [row] = await sql<{ storage_key: string; size: number }[]>`
        select storage_key, size::float8 as size from ${filesAt([path])}`;
      if (!row) throw new RangeError(`The dataset has no file ${path}`);
      if (start >= row.size) return;
      yield* await store.get(row.storage_key, start > 0 ? { range: { start, end: row.size - 1 } } : {});
    },
  };
}
