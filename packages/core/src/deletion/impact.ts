import type { AnySql, Database } from '@granary/db';
import type { z } from 'zod';
import type { Person } from '../base/person.ts';
import type { bulkImpact, DeletionImpact } from './schemas.ts';

const MAX_USAGES = 100;
const MAX_NAMES = 20;

interface ImpactRow {
  images: number;
  annotations: number;
  versions: number;
  projects: number;
  usages: number;
  files: number;
  file_bytes: number;
  history: number;
  history_bytes: number;
  thumbnails: number;
  thumbnail_bytes: number;
  exports: number;
  export_bytes: number;
  uploads: number;
  upload_bytes: number;
}

/**
 * What goes with a dataset, in one trip to the database. Files come from totals that each change keeps; what is in
 * `history/`, `thumbnails/` and `exports/` has a row each, and is counted. The integrity job compares all of it with the store.
 */
export async function impactOf(sql: AnySql, datasetId: string, person: Pick<Person, 'id'>): Promise<DeletionImpact> {
  const [row] = await sql<
    (ImpactRow & { live: DeletionImpact['liveUsages']; people: number; names: string[]; is_public: boolean })[]
  >`
    with losing as (
      select p.user_id from dataset_permissions p where p.dataset_id = ${datasetId} and p.user_id <> ${person.id}
      union
      select m.user_id from organization_members m join datasets d on d.organization_id = m.organization_id
        where d.id = ${datasetId} and m.user_id <> ${person.id} and (d.visibility <> 'private' or m.role in ('owner', 'admin'))
      union
      select owner_id from datasets where id = ${datasetId} and owner_id is not null and owner_id <> ${person.id}
    )
    select ${amounts(sql)}, d.visibility = 'public' as is_public,
      coalesce((select jsonb_agg(to_jsonb(u) order by u."createdAt") from (
        select id, service, external_id as "externalId", version, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "createdAt"
        from dataset_usages where dataset_id = d.id and released_at is null order by created_at limit ${MAX_USAGES}) u), '[]') as live,
      (select count(*) from losing)::float8 as people,
      array(select u.name from losing join users u on u.id = user_id order by u.name limit ${MAX_NAMES}) as names
    from datasets d where d.id = ${datasetId}`;
  if (!row) throw new RangeError(`There is no dataset ${datasetId}`);
  return {
    ...totalsOf(row),
    prefixes: {
      datasets: { objects: row.files, bytes: row.file_bytes },
      history: { objects: row.history, bytes: row.history_bytes },
      thumbnails: { objects: row.thumbnails, bytes: row.thumbnail_bytes },
      exports: { objects: row.exports, bytes: row.export_bytes },
    },
    uploads: { objects: row.uploads, bytes: row.upload_bytes },
    liveUsages: row.live,
    people: { total: row.people, names: row.names, isPublic: row.is_public },
  };
}

/** The same of many datasets together. */
export async function impactOfMany(
  { sql }: Pick<Database, 'sql'>,
  ids: readonly string[],
): Promise<z.infer<typeof bulkImpact>> {
  const [row] = await sql<(ImpactRow & { datasets: number; in_use: { id: string; name: string }[] })[]>`
    with one as (select d.id, d.name, ${amounts(sql)} from datasets d where d.id = any(${[...ids]}))
    select count(*)::float8 as datasets, ${sumsOf(sql)},
      coalesce((select jsonb_agg(jsonb_build_object('id', id, 'name', name) order by name)
        from (select id, name from one where usages > 0 order by name limit ${MAX_USAGES}) used), '[]') as in_use
    from one`;
  if (!row) throw new RangeError('An aggregate has one row');
  return { ...totalsOf(row), datasets: row.datasets, inUse: row.in_use };
}

function totalsOf(row: ImpactRow) {
  return {
    images: row.images,
    annotations: row.annotations,
    versions: row.versions,
    projects: row.projects,
    usages: row.usages,
    objects: row.files + row.history + row.thumbnails + row.exports,
    storageBytes: row.file_bytes + row.history_bytes + row.thumbnail_bytes + row.export_bytes,
  };
}

const COLUMNS = [
  'images',
  'annotations',
  'versions',
  'projects',
  'usages',
  'files',
  'file_bytes',
  'history',
  'history_bytes',
  'thumbnails',
  'thumbnail_bytes',
  'exports',
  'export_bytes',
  'uploads',
  'upload_bytes',
] as const satisfies (keyof ImpactRow)[];

const sumsOf = (sql: AnySql) =>
  sql.unsafe(COLUMNS.map((column) => `coalesce(sum(${column}), 0)::float8 as ${column}`).join(', '));

/** The columns of {@link ImpactRow} for the row `d` of `datasets`. */
const amounts = (sql: AnySql) => {
  const history = sql`(select distinct storage_key, size from dataset_files
    where dataset_id = d.id and removed_in is not null and storage_key like 'history/%') kept`;
  const archives = sql`exports where dataset_id = d.id and state = 'completed'`;
  const open = sql`uploads where dataset_id = d.id and state <> 'expired'`;
  return sql`
    d.num_images::float8 as images, d.num_annotations::float8 as annotations,
    (select count(*) from dataset_versions where dataset_id = d.id)::float8 as versions,
    (select count(distinct id) from annotation_projects where dataset_id = d.id)::float8 as projects,
    (select count(*) from dataset_usages where dataset_id = d.id and released_at is null)::float8 as usages,
    (d.num_files + (d.meta_bytes > 0)::int)::float8 as files, (d.size_bytes + d.meta_bytes)::float8 as file_bytes,
    (select count(*) from ${history})::float8 as history, (select coalesce(sum(size), 0) from ${history})::float8 as history_bytes,
    (select count(*) from thumbnails where dataset_id = d.id)::float8 as thumbnails,
    (select coalesce(sum(size), 0) from thumbnails where dataset_id = d.id)::float8 as thumbnail_bytes,
    (select count(*) from ${archives})::float8 as exports, (select coalesce(sum(size), 0) from ${archives})::float8 as export_bytes,
    (select count(*) from ${open})::float8 as uploads, (select coalesce(sum("offset"), 0) from ${open})::float8 as upload_bytes`;
};
