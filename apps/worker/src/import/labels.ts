import type { ClassDefinition } from '@granary/formats';
import type postgres from 'postgres';
import { insertEdited, insertRestated } from './edits.ts';
import type { Reading } from './read.ts';

type Tx = postgres.TransactionSql;

/** Whose labels are written, in which revision, and by whom. */
export interface Labelling {
  importId: string;
  datasetId: string;
  createdBy: string | null;
  revision: number;
  /** The revision that is undone: annotations that it had closed come back with their ids and authors. */
  undoing?: number | undefined;
  /** Whether edits are published: annotations have the ids and authors that these say. */
  isPublishing?: boolean;
}

/** Writes the project, classes, annotations and states of images of a reading as the rows of a revision. */
export async function writeLabels(tx: Tx, context: Labelling, reading: Reading): Promise<void> {
  const projectId = await writeProject(tx, context, reading);
  if (projectId !== null) {
    await writeClasses(tx, context, projectId, reading.classes);
    await writeAnnotations(tx, context, projectId, reading.isAddition);
  }
  await writeStatuses(tx, context, reading.isAddition);
}

/** The dataset's project, with the task and source of this reading; null when nothing is labeled. */
async function writeProject(
  tx: Tx,
  { datasetId, createdBy, revision }: Labelling,
  { taskType, source }: Reading,
): Promise<string | null> {
  // Rows of text are no annotations.
  const task = taskType === 'text' ? null : taskType;
  const current = await tx<{ id: string; is_same: boolean }[]>`
    select id, task_type = ${task} and source = ${tx.json(source as never)} as is_same from annotation_projects
    where dataset_id = ${datasetId} and removed_in is null order by task_type is distinct from ${task}, created_at`;
  const chosen = task === null ? undefined : current[0];
  const others = current.filter((project) => project !== chosen).map(({ id }) => id);
  await tx`update annotations set removed_in = ${revision} where project_id = any(${others}::uuid[]) and removed_in is null`;
  await tx`update annotation_classes set removed_in = ${revision} where project_id = any(${others}::uuid[]) and removed_in is null`;
  const closed = chosen && !chosen.is_same ? [...others, chosen.id] : others;
  await tx`update annotation_projects set removed_in = ${revision} where id = any(${closed}::uuid[]) and removed_in is null`;
  if (task === null || chosen?.is_same) return chosen?.id ?? null;
  const [project] = await tx<{ id: string }[]>`
    insert into annotation_projects (id, dataset_id, task_type, source, created_by, added_in)
    values (${chosen ? chosen.id : tx`gen_random_uuid()`}, ${datasetId}, ${task}, ${tx.json(source as never)}, ${createdBy}, ${revision}) returning id`;
  return project?.id ?? null;
}

interface ClassRow {
  id: string;
  index: number;
  name: string;
  source: string;
}

/**
 * Classes keep their ids: by their names, wherever these are in the list now; what is left by its place, which is a change of
 * its name.
 */
async function writeClasses(
  tx: Tx,
  { revision }: Labelling,
  projectId: string,
  definitions: readonly ClassDefinition[],
): Promise<void> {
  const wanted = definitions.map((definition, index) => ({
    index,
    name: nameOf(definition),
    source: JSON.stringify(definition.source),
  }));
  const isSame = tx`exists (select 1 from unnest(${wanted.map((row) => row.index)}::int[], ${wanted.map((row) => row.name)}::text[],
    ${wanted.map((row) => row.source)}::text[]) w(index, name, source) where w.index = c.index and w.name = c.name and w.source::jsonb = c.source)`;
  const current = await tx<(ClassRow & { is_same: boolean })[]>`
    select id::text as id, index, name, source::text as source, ${isSame} as is_same from annotation_classes c
    where project_id = ${projectId} and removed_in is null order by index`;
  const sameAt = new Set(current.filter((row) => row.is_same).map(({ index }) => index));
  const free = current.filter((row) => !row.is_same);
  const open = wanted.filter(({ index }) => !sameAt.has(index));
  const take = (matches: (row: ClassRow) => boolean): string | null => {
    const at = free.findIndex(matches);
    return at < 0 ? null : (free.splice(at, 1)[0]?.id ?? null);
  };
  const closing = free.map(({ id }) => id);
  const ids = open.map(({ name }) => take((row) => row.name === name));
  for (const [at, row] of open.entries()) ids[at] ??= take(({ index }) => index === row.index);
  await tx`update annotation_classes set removed_in = ${revision} where project_id = ${projectId} and removed_in is null and id = any(${closing}::bigint[])`;
  await tx`insert into annotation_classes (id, project_id, index, name, source, added_in)
    select coalesce(id, nextval(pg_get_serial_sequence('annotation_classes', 'id'))), ${projectId}, index, name, source::jsonb, ${revision}
    from unnest(${ids}::bigint[], ${open.map((row) => row.index)}::int[], ${open.map((row) => row.name)}::text[],
      ${open.map((row) => row.source)}::text[]) c(id, index, name, source)`;
}

/** Text of PostgreSQL holds no NUL. */
export const nameOf = (definition: ClassDefinition): string => definition.name.replaceAll('\0', '\ufffd');

const CONTENT = 'md5(concat_ws(chr(9), class_id, type, geometry, attributes))';
const DIGEST = `md5(string_agg(${CONTENT}, null order by ${CONTENT}))`;

/**
 * Writes the annotations as confirmed by who imports them; those that say the same as before stay, each with its id, its author
 * and its state.
 */
async function writeAnnotations(
  tx: Tx,
  { createdBy, revision, undoing, isPublishing = false }: Labelling,
  projectId: string,
  isAddition: boolean,
): Promise<void> {
  const columns = tx`file_id, class_id, type, geometry, attributes`;
  const incoming = tx`select a.ordinal, l.id as file_id, c.id as class_id, a.type, a.geometry, a.attributes, a.is_draft
    from read_annotations a join listing l using (path)
    left join annotation_classes c on c.project_id = ${projectId} and c.index = a.class_index and c.removed_in is null`;
  const current = tx`annotations where project_id = ${projectId} and removed_in is null`;
  const [existing] = isAddition ? [] : await tx`select 1 from ${current} limit 1`;
  const isPlain = !existing && undoing === undefined && !isPublishing;
  if (!isPlain) {
    await tx`create temp table incoming on commit drop as ${incoming}`;
    await tx`create temp table unchanged on commit drop as
      select file_id from (select file_id, ${tx.unsafe(DIGEST)} as digest from incoming group by file_id) n
      join (select file_id, ${tx.unsafe(DIGEST)} as digest from ${current} group by file_id) o
      using (file_id) where n.digest = o.digest`;
    await tx`create unique index on unchanged (file_id)`;
    await tx`delete from incoming i using unchanged u where u.file_id = i.file_id`;
    // Of the other images each annotation that says the same stays; of equal ones as many as there are now.
    const nth = (order: string) => tx.unsafe(`row_number() over (partition by file_id, ${CONTENT} order by ${order})`);
    const content = tx.unsafe(CONTENT);
    await tx`create temp table staying on commit drop as
      select o.id, n.ordinal from
        (select id, file_id, ${content} as content, ${nth('id')} as n from ${current}
          and file_id not in (select file_id from unchanged)) o
      join (select ordinal, file_id, ${content} as content, ${nth('ordinal')} as n from incoming) n using (file_id, content, n)`;
    await tx`create unique index on staying (id)`;
    await tx`update annotations a set removed_in = ${revision} where project_id = ${projectId} and removed_in is null
      and not exists (select 1 from unchanged u where u.file_id = a.file_id) and not exists (select 1 from staying s where s.id = a.id)`;
    await tx`delete from incoming i using staying s where s.ordinal = i.ordinal`;
    if (undoing !== undefined) await returnAnnotations(tx, projectId, revision, undoing);
    if (isPublishing) {
      await insertEdited(tx, projectId, revision);
      await insertRestated(tx, projectId, revision);
    }
  }
  await tx`insert into annotations (project_id, ${columns}, state, created_by, confirmed_by, confirmed_at, added_in)
    select ${projectId}, ${columns}, case when is_draft then 'draft' else 'confirmed' end, ${createdBy},
      case when not is_draft then ${createdBy}::uuid end, case when not is_draft then now() end, ${revision}
    from ${isPlain ? tx`(${incoming}) incoming` : tx`incoming`} order by ordinal`;
}

/** Annotations that the undone revision had closed, and that are read again, are what they were. */
async function returnAnnotations(tx: Tx, projectId: string, revision: number, undoing: number): Promise<void> {
  const content = tx.unsafe(CONTENT);
  const nth = (order: string) => tx.unsafe(`row_number() over (partition by file_id, ${CONTENT} order by ${order})`);
  await tx`create temp table returning_annotations on commit drop as
    select o.id, o.added_in, n.ordinal from
      (select id, added_in, file_id, ${content} as content, ${nth('id')} as n from annotations a
        where project_id = ${projectId} and removed_in = ${undoing}
          and not exists (select 1 from annotations b where b.id = a.id and (b.removed_in is null or b.added_in = ${revision}))) o
    join (select ordinal, file_id, ${content} as content, ${nth('ordinal')} as n from incoming) n using (file_id, content, n)`;
  await tx`insert into annotations (id, project_id, file_id, class_id, type, geometry, attributes, state, created_by, confirmed_by, confirmed_at, added_in)
    select a.id, a.project_id, a.file_id, a.class_id, a.type, a.geometry, a.attributes, a.state, a.created_by, a.confirmed_by, a.confirmed_at, ${revision}
    from annotations a join returning_annotations r on r.id = a.id and r.added_in = a.added_in`;
  await tx`delete from incoming i using returning_annotations r where r.ordinal = i.ordinal`;
}

/** States that people give an image whose labels are there; a reading of the same labels changes none of them. */
const GIVEN_STATES = ['in_progress', 'needs_review', 'accepted', 'rejected'];

async function writeStatuses(
  tx: Tx,
  { importId, datasetId, revision, isPublishing = false }: Labelling,
  isAddition: boolean,
): Promise<void> {
  const edited = isPublishing
    ? tx`(select path, state from expected_images) x`
    : tx`(select null::text as path, null::text as state where false) x`;
  const isRead = isAddition ? tx`f.id in (select id from import_files where import_id = ${importId})` : tx`true`;
  await tx`create temp table states on commit drop as
    select f.id as file_id, case when i.is_lost then 'labels_lost' when x.state is not null then x.state
        when s.state = any(${GIVEN_STATES}) and (i.is_labeled or s.state = 'in_progress') then s.state
        when i.is_labeled then 'completed' else 'not_started' end as state
    from dataset_files f left join image_facts i using (path) left join ${edited} on x.path = f.path
    left join image_annotation_status s on s.file_id = f.id and s.removed_in is null
    where f.dataset_id = ${datasetId} and f.removed_in is null and f.kind = 'image' and ${isRead}`;
  await tx`create unique index on states (file_id)`;
  await tx`update image_annotation_status s set removed_in = ${revision} from states n
    where s.file_id = n.file_id and s.removed_in is null and s.state <> n.state`;
  await tx`insert into image_annotation_status (dataset_id, file_id, state, added_in)
    select ${datasetId}, n.file_id, n.state, ${revision} from states n
    where not exists (select 1 from image_annotation_status s where s.file_id = n.file_id and s.removed_in is null)`;
}
