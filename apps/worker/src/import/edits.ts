import type postgres from 'postgres';

type Tx = postgres.TransactionSql;

/**
 * Writes the annotations of edited images that no row says yet, with the ids, authors and states of their edits: the first that
 * was read of a type and a class is the first that was written.
 */
export async function insertEdited(tx: Tx, projectId: string, revision: number): Promise<void> {
  const sameKind = tx`partition by file_id, type, class_name order by`;
  await tx`create temp table identified on commit drop as
    select r.ordinal, e.id, e.state, e.created_by, e.confirmed_by, e.confirmed_at from (
      select i.ordinal, i.path, i.type, i.class_name, row_number() over (partition by i.path, i.type, i.class_name order by i.ordinal) as n
      from (select i.ordinal, l.path, i.type, c.name as class_name from incoming i join listing l on l.id = i.file_id
        left join annotation_classes c on c.id = i.class_id and c.removed_in is null) i) r
    join (
      select e.*, x.path, row_number() over (${sameKind} e.n) as place
      from expected_annotations e join expected_images x using (file_id)
      where not exists (select 1 from annotations a where a.id = e.id and a.removed_in is null)) e
    on e.path = r.path and e.type = r.type and e.class_name is not distinct from r.class_name and e.place = r.n`;
  await tx`insert into annotations (id, project_id, file_id, class_id, type, geometry, attributes, state, created_by, confirmed_by, confirmed_at, added_in)
    select d.id, ${projectId}, i.file_id, i.class_id, i.type, i.geometry, i.attributes, d.state, d.created_by, d.confirmed_by, d.confirmed_at, ${revision}
    from incoming i join identified d using (ordinal) order by i.ordinal`;
  await tx`delete from incoming i using identified d where d.ordinal = i.ordinal`;
}

/**
 * Writes what the files say of other annotations since they were written anew, such as an area that they had not: where the shape
 * and the class are the same, so are the id, the author and the state.
 */
export async function insertRestated(tx: Tx, projectId: string, revision: number): Promise<void> {
  const sameShape = (order: string) =>
    tx`partition by file_id, type, class_id, md5(geometry::text) order by ${tx(order)}`;
  await tx`create temp table restated on commit drop as
    select i.ordinal, o.id from (
      select ordinal, file_id, type, class_id, geometry, row_number() over (${sameShape('ordinal')}) as n from incoming) i
    join (
      select id, file_id, type, class_id, geometry, row_number() over (${sameShape('id')}) as n from annotations a
      where project_id = ${projectId} and removed_in = ${revision}
        and not exists (select 1 from annotations b where b.id = a.id and b.removed_in is null)) o
    on o.file_id = i.file_id and o.type = i.type and o.class_id is not distinct from i.class_id and o.geometry = i.geometry and o.n = i.n`;
  await tx`insert into annotations (id, project_id, file_id, class_id, type, geometry, attributes, state, created_by, confirmed_by, confirmed_at, added_in)
    select o.id, ${projectId}, i.file_id, i.class_id, i.type, i.geometry, i.attributes, o.state, o.created_by, o.confirmed_by, o.confirmed_at, ${revision}
    from incoming i join restated d using (ordinal)
    join annotations o on o.id = d.id and o.removed_in = ${revision} order by i.ordinal`;
  await tx`delete from incoming i using restated d where d.ordinal = i.ordinal`;
}

/** Edits that are rows and files now are no longer pending; those that were saved again since begin where these end. */
export async function settleEdits(tx: Tx, revision: number): Promise<void> {
  await tx`update image_edits e set annotations = null, state = null, conflict = null, published_in = ${revision}
    from taken_edits t where t.file_id = e.file_id and t.version = e.version`;
  await tx`update image_edits e set base_revision = ${revision}
    from taken_edits t where t.file_id = e.file_id and t.version < e.version and e.annotations is not null`;
}
