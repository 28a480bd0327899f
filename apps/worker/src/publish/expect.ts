import type { DatasetSession } from '../session.ts';

type Sql = DatasetSession['sql'];
type Fragment = ReturnType<Sql>;

/**
 * Makes the session's tables of what the files have to say afterwards: `expected_images` and `expected_annotations` of images that
 * are written anew, at first those of `taken_edits`; `closing_files` of files that go, and `removed_images` of images among them.
 */
export async function expectEdits({ sql }: DatasetSession): Promise<void> {
  await sql`drop table if exists expected_images, expected_annotations, closing_files, removed_images`;
  await sql`create temp table expected_images as
    select file_id, path, state, null::text as split from taken_edits`;
  await sql`create temp table expected_annotations as
    select t.file_id, x.n, (x.a->>'id')::bigint as id,
      coalesce(c.name, x.a->>'newClass', (select o.name from annotation_classes o where o.id = (x.a->>'classId')::bigint
        order by o.added_in desc limit 1)) as class_name,
      x.a->>'type' as type, x.a->'geometry' as geometry, x.a->'attributes' as attributes, x.a->>'state' as state,
      (x.a->>'createdBy')::uuid as created_by, (x.a->>'confirmedBy')::uuid as confirmed_by, (x.a->>'confirmedAt')::timestamptz as confirmed_at
    from taken_edits t, jsonb_array_elements(t.annotations) with ordinality x(a, n)
    left join annotation_classes c on c.id = (x.a->>'classId')::bigint and c.removed_in is null`;
  await sql`create unique index on expected_images (file_id)`;
  await sql`create unique index on expected_images (path)`;
  await sql`create index on expected_annotations (file_id, n)`;
  await sql`create temp table closing_files (id bigint)`;
  await sql`create temp table removed_images (id bigint primary key)`;
  await sql`analyze expected_images, expected_annotations`;
}

/** Adds images that are written anew without an edit of their own. @param which a condition on the file `f` */
export async function expectImages({ sql }: DatasetSession, datasetId: string, which: Fragment): Promise<void> {
  await sql`drop table if exists expected_more`;
  await sql`create temp table expected_more as
    select f.id, f.path from dataset_files f
    where f.dataset_id = ${datasetId} and f.kind = 'image' and f.removed_in is null and ${which}
      and not exists (select 1 from expected_images x where x.file_id = f.id)`;
  await sql`create unique index on expected_more (id)`;
  await sql`insert into expected_annotations
    select a.file_id, row_number() over (partition by a.file_id order by a.id), a.id, c.name, a.type, a.geometry, a.attributes, a.state,
      a.created_by, a.confirmed_by, a.confirmed_at
    from annotations a join expected_more m on m.id = a.file_id
    left join annotation_classes c on c.id = a.class_id and c.removed_in is null
    where a.removed_in is null`;
  await sql`insert into expected_images (file_id, path, state)
    select m.id, m.path, coalesce(s.state, 'not_started') from expected_more m
    left join image_annotation_status s on s.file_id = m.id and s.removed_in is null`;
  await sql`analyze expected_images, expected_annotations`;
}
