import { type SQL, sql } from 'drizzle-orm';
import type { At } from '../revisions/at.ts';

/**
 * Whether a row of a table that goes by `name` in the query belongs to one revision and not to the other: found by the indexes
 * of `added_in` and `removed_in`, since it was opened or closed between them.
 */
export function isOnlyAt(name: string, at: At, other: At): SQL {
  const addedIn = sql`${sql.identifier(name)}.added_in`;
  const removedIn = sql`${sql.identifier(name)}.removed_in`;
  if (at === other) return sql`false`;
  if (at !== null && (other === null || at < other)) {
    const isClosedBefore = other === null ? sql`true` : sql`${removedIn} <= ${other}`;
    return sql`(${removedIn} > ${at} and ${removedIn} is not null and ${isClosedBefore} and ${addedIn} <= ${at})`;
  }
  const isThere =
    at === null
      ? sql`${removedIn} is null`
      : sql`(${removedIn} is null or ${removedIn} > ${at}) and ${addedIn} <= ${at}`;
  return sql`(${addedIn} > ${other} and ${isThere})`;
}

/**
 * The files that differ: a path that is at one side only, or has other content, or another split; one that goes and one that
 * comes with the same content have moved.
 */
export function fileChanges(datasetId: string, from: At, to: At): SQL {
  const side = (at: At, other: At) => sql`
    select f.path, f.sha256, f.size::float8 as size, f.split, f.kind from dataset_files f
    where f.dataset_id = ${datasetId} and ${isOnlyAt('f', at, other)}`;
  return sql`
    with b as (${side(from, to)}), a as (${side(to, from)}),
    gone as (select b.*, row_number() over (partition by sha256 order by path) as n from b where not exists (select 1 from a where a.path = b.path)),
    come as (select a.*, row_number() over (partition by sha256 order by path) as n from a where not exists (select 1 from b where b.path = a.path)),
    pairs as (
      select b.path as before_path, b.sha256 as before_sha256, b.size as before_size, b.split as before_split, b.kind as before_kind,
        a.path as after_path, a.sha256 as after_sha256, a.size as after_size, a.split as after_split, a.kind as after_kind
      from b join a on a.path = b.path where b.sha256 <> a.sha256 or b.split is distinct from a.split
      union all
      select g.path, g.sha256, g.size, g.split, g.kind, c.path, c.sha256, c.size, c.split, c.kind
      from gone g full join come c on c.sha256 = g.sha256 and c.n = g.n)
    select coalesce(after_path, before_path) as path, coalesce(after_kind, before_kind) as kind,
      case when before_path is null then 'added' when after_path is null then 'removed' when before_path <> after_path then 'moved'
        when before_sha256 <> after_sha256 then 'changed' else 'split' end as change,
      before_path, before_sha256, before_size, before_split, after_path, after_sha256, after_size, after_split from pairs`;
}

/** The rows of annotations that are at one side only, with the path of their image; what keeps id and content is left out. */
export function annotationChanges(datasetId: string, from: At, to: At): SQL {
  const side = (at: At, other: At) => sql`
    select a.id, a.file_id, a.class_id, a.type, a.geometry, a.attributes from annotations a
    where a.project_id in (select id from annotation_projects where dataset_id = ${datasetId}) and ${isOnlyAt('a', at, other)}`;
  const isElsewhere = (rows: SQL) => sql`not exists (select 1 from ${rows} o where o.id = r.id
    and (o.file_id, o.class_id, o.type, o.geometry, o.attributes) is not distinct from (r.file_id, r.class_id, r.type, r.geometry, r.attributes))`;
  return sql`
    with b as (${side(from, to)}), a as (${side(to, from)})
    select r.*, f.path from (
      select true as is_before, r.* from b r where ${isElsewhere(sql`a`)}
      union all select false, r.* from a r where ${isElsewhere(sql`b`)}) r
    cross join lateral (select path from dataset_files f where f.id = r.file_id limit 1) f`;
}
