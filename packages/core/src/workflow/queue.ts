import { datasetFiles, imageAssignments } from '@granary/db';
import { and, asc, eq, gt, isNull, type SQL, sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import { hasPending } from '../annotations/overlay.ts';
import { AppError } from '../errors/app-error.ts';
import { selectImages, viewOf } from '../images/images.ts';
import { conditionOf } from '../queries/condition.ts';
import { readQuery } from '../queries/input.ts';
import { type Query, term } from '../queries/query.ts';
import type { assignInput, nextImage, nextInput, progressView } from './schemas.ts';

/** What a queue is about, beside the query that narrows it. */
const QUEUES: Record<z.infer<typeof nextInput>['queue'], Query> = {
  unlabeled: { kind: 'and', parts: term('labeled', 'no') },
  mine: {
    kind: 'and',
    parts: [
      { kind: 'not', part: { kind: 'or', parts: ['completed', 'accepted'].flatMap((state) => term('state', state)) } },
    ],
  },
  review: { kind: 'and', parts: term('state', 'needs_review') },
};

/**
 * The next image of a queue behind a path, or its first: what is not labeled, what is assigned to the person and not done, or what
 * needs a review; and how many there are.
 */
export async function nextOf(
  ctx: Permitted<'see'>,
  { queue, after, q }: Omit<z.infer<typeof nextInput>, 'id'>,
): Promise<z.infer<typeof nextImage>> {
  const { database, dataset, person } = ctx;
  const asked = { datasetId: dataset.id, at: null, hasEdits: await hasPending(database, dataset.id, null) };
  const query = readQuery(q);
  const isMine = sql`exists (select 1 from ${imageAssignments} m where m.file_id = ${datasetFiles.id} and m.user_id = ${person.id})`;
  const which = (more?: SQL) =>
    and(
      eq(datasetFiles.datasetId, dataset.id),
      eq(datasetFiles.kind, 'image'),
      isNull(datasetFiles.removedIn),
      isNull(datasetFiles.problem),
      conditionOf(QUEUES[queue], asked),
      queue === 'mine' ? isMine : undefined,
      query ? conditionOf(query, asked) : undefined,
      more,
    );
  const find = (more?: SQL) => selectImages(database.db).where(which(more)).orderBy(asc(datasetFiles.path)).limit(1);
  const [[found], [counted]] = await Promise.all([
    find(gt(datasetFiles.path, after)),
    database.db.select({ left: sql<number>`count(*)::int` }).from(datasetFiles).where(which()),
  ]);
  const [image] = found ? [found] : await find();
  return { image: image ? viewOf(image) : null, left: counted?.left ?? 0 };
}

/** Assigns images to somebody who can edit the dataset, or to nobody. @throws AppError `not_found` */
export async function assignImages(
  { database: { sql }, dataset, person }: Permitted<'edit'>,
  { fileIds, userId }: Omit<z.infer<typeof assignInput>, 'id'>,
): Promise<{ assigned: number }> {
  if (userId === null) {
    const gone =
      await sql`delete from image_assignments where dataset_id = ${dataset.id} and file_id = any(${fileIds}::bigint[])`;
    return { assigned: gone.count };
  }
  const [member] = await sql`select 1 from users u where u.id = ${userId} and (
    u.id = ${dataset.ownerId} or exists (select 1 from dataset_permissions p where p.dataset_id = ${dataset.id} and p.user_id = u.id and p.role in ('owner', 'editor'))
    or exists (select 1 from organization_members m where m.organization_id = ${dataset.organizationId} and m.user_id = u.id and m.role in ('owner', 'admin')))`;
  if (!member) throw new AppError('not_found', { message: 'Nobody with this id can edit the dataset.' });
  const done = await sql`
    insert into image_assignments (dataset_id, file_id, user_id, assigned_by)
    select ${dataset.id}, f.id, ${userId}, ${person.id} from dataset_files f
    where f.dataset_id = ${dataset.id} and f.kind = 'image' and f.removed_in is null and f.id = any(${fileIds}::bigint[])
    on conflict (file_id) do update set user_id = excluded.user_id, assigned_by = excluded.assigned_by, assigned_at = now()`;
  return { assigned: done.count };
}

/** How far the images are, and who does what. */
export async function progressOf({
  database: { sql },
  dataset,
}: Permitted<'see'>): Promise<z.infer<typeof progressView>> {
  const states = await sql<{ state: string; images: number }[]>`
    select coalesce(case when e.annotations is not null then e.state end, s.state, 'not_started') as state, count(*)::int as images
    from dataset_files f left join image_annotation_status s on s.file_id = f.id and s.removed_in is null
    left join image_edits e on e.file_id = f.id
    where f.dataset_id = ${dataset.id} and f.kind = 'image' and f.removed_in is null group by 1`;
  const people = await sql<z.infer<typeof progressView>['people']>`
    with edited as (select edited_by as id, count(*)::int as n from image_edits where dataset_id = ${dataset.id} group by 1),
    assigned as (select user_id as id, count(*)::int as n from image_assignments where dataset_id = ${dataset.id} group by 1),
    drawn as (select a.created_by as id, count(*)::int as n from annotations a
      where a.removed_in is null and a.project_id in (select p.id from annotation_projects p where p.dataset_id = ${dataset.id}) group by 1)
    select u.id as "userId", u.name, coalesce(e.n, 0) as edited, coalesce(s.n, 0) as assigned, coalesce(d.n, 0) as annotations
    from users u left join edited e on e.id = u.id left join assigned s on s.id = u.id left join drawn d on d.id = u.id
    where e.n is not null or s.n is not null or d.n is not null order by coalesce(e.n, 0) desc, u.name limit 100`;
  return { states: Object.fromEntries(states.map(({ state, images }) => [state, images])), people: [...people] };
}
