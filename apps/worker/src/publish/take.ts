import { mergeAnnotations } from '@granary/core/annotations/merge';
import type { EditedAnnotation } from '@granary/db';
import type { DatasetSession } from '../session.ts';

/**
 * Takes the edits of a dataset as they are now into the session's table `taken_edits`; those that are saved again later stay
 * pending. Where an import has changed the same image since, its changes are merged by annotation; where both changed the same
 * one, the edit is left to people, with what it conflicts with.
 *
 * @returns the paths of images whose edits conflict
 */
export async function takeEdits({ sql }: DatasetSession, datasetId: string): Promise<string[]> {
  await sql`drop table if exists taken_edits`;
  await sql`create temp table taken_edits as
    select e.file_id, f.path, e.version, e.base_revision, e.annotations, coalesce(e.state, 'not_started') as state
    from image_edits e join dataset_files f on f.id = e.file_id and f.removed_in is null
    where e.dataset_id = ${datasetId} and e.annotations is not null and e.conflict is null`;
  await sql`create unique index on taken_edits (file_id)`;
  await sql`create unique index on taken_edits (path)`;
  await sql`analyze taken_edits`;
  const conflicts: string[] = [];
  for (let after = 0; ; ) {
    const rows = await sql<
      {
        file_id: number;
        path: string;
        annotations: EditedAnnotation[];
        base: EditedAnnotation[];
        theirs: EditedAnnotation[];
      }[]
    >`
      select t.file_id::float8 as file_id, t.path, t.annotations,
        ${asEdited(sql, sql`a.added_in <= t.base_revision and (a.removed_in is null or a.removed_in > t.base_revision)`)} as base,
        ${asEdited(sql, sql`a.removed_in is null`)} as theirs
      from taken_edits t where t.file_id > ${after} and exists (
        select 1 from annotations a where a.file_id = t.file_id and (a.added_in > t.base_revision or a.removed_in > t.base_revision))
      order by t.file_id limit ${MERGED_AT_ONCE}`;
    for (const { file_id, path, annotations, base, theirs } of rows) {
      const { merged, conflicts: found } = mergeAnnotations({ base, mine: annotations, theirs });
      if (found.length === 0) {
        await sql`update taken_edits set annotations = ${sql.json(merged as never)} where file_id = ${file_id}`;
      } else {
        conflicts.push(path);
        await sql`update image_edits e set conflict = ${sql.json({ annotations: found } as never)}
          from taken_edits t where t.file_id = e.file_id and e.file_id = ${file_id} and e.version = t.version`;
        await sql`delete from taken_edits where file_id = ${file_id}`;
      }
    }
    if (rows.length < MERGED_AT_ONCE) return conflicts;
    after = rows.at(-1)?.file_id ?? after;
  }
}

const MERGED_AT_ONCE = 200;

type Fragment = ReturnType<DatasetSession['sql']>;

/** The annotations of the edited image `t` at a revision, as edits have them. */
const asEdited = (sql: DatasetSession['sql'], isThen: Fragment) => sql`coalesce((
  select jsonb_agg(jsonb_build_object('id', a.id, 'classId', a.class_id, 'type', a.type, 'geometry', a.geometry,
    'attributes', a.attributes, 'state', a.state, 'createdBy', a.created_by, 'confirmedBy', a.confirmed_by, 'confirmedAt', a.confirmed_at)
    order by a.id)
  from annotations a where a.file_id = t.file_id and ${isThen}), '[]')`;
