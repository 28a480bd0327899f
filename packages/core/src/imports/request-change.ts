import { annotationClasses, annotationProjects, annotations, datasetFiles } from '@granary/db';
import { and, asc, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { Dataset, Permitted } from '../access/policy.ts';
import { hasPending } from '../annotations/overlay.ts';
import type { Looking } from '../base/context.ts';
import type { Reader } from '../base/person.ts';
import { AppError } from '../errors/app-error.ts';
import { conditionOf } from '../queries/condition.ts';
import { readQuery } from '../queries/input.ts';
import type {
  bulkImagesInput,
  ClassView,
  mergeClassesInput,
  renameClassInput,
  splitsPreview,
} from './change-schemas.ts';
import { type Change, change, type splitting } from './changes.ts';
import { dividedImages } from './divide.ts';
import { enqueueImport } from './imports.ts';
import { requestFor } from './kinds.ts';

type Started = { importId: string; jobId: string };

/** The classes of a dataset in their order, with how many annotations each has in the label files. */
export async function listClasses({ database: { db } }: Looking, datasetId: string): Promise<{ items: ClassView[] }> {
  const items = await db
    .select({
      id: annotationClasses.id,
      index: annotationClasses.index,
      name: annotationClasses.name,
      source: annotationClasses.source,
      numAnnotations: sql<number>`(select count(*)::int from ${annotations} a
        where a.project_id = ${annotationClasses.projectId} and a.class_id = ${annotationClasses.id} and a.removed_in is null)`,
    })
    .from(annotationClasses)
    .innerJoin(
      annotationProjects,
      and(
        eq(annotationProjects.id, annotationClasses.projectId),
        eq(annotationProjects.datasetId, datasetId),
        isNull(annotationProjects.removedIn),
      ),
    )
    .where(isNull(annotationClasses.removedIn))
    .orderBy(asc(annotationClasses.index));
  return { items };
}

/** @throws AppError `name_taken` where there is such a class */
export const addClass = (ctx: Permitted<'edit'>, { name }: { name: string }): Promise<Started> =>
  changing(ctx, { what: 'add_class', name }, [], name);

/** @throws AppError `not_found`, `name_taken` */
export const renameClass = (
  ctx: Permitted<'edit'>,
  { classId, name }: z.infer<typeof renameClassInput>,
): Promise<Started> => changing(ctx, { what: 'rename_class', classId, name }, [classId], name);

/** Deletes a class; its annotations get another one, or go with it. @throws AppError `not_found` */
export const deleteClass = (
  ctx: Permitted<'edit'>,
  { classId, into = null }: { classId: number; into?: number | null | undefined },
): Promise<Started> =>
  changing(ctx, { what: 'delete_class', classId, into }, [classId, ...(into === null ? [] : [into])]);

/** Annotations of some classes become those of another one. @throws AppError `not_found` */
export const mergeClasses = (
  ctx: Permitted<'edit'>,
  { from, into }: z.infer<typeof mergeClassesInput>,
): Promise<Started> => changing(ctx, { what: 'merge_classes', from, into }, [...from, into]);

/** What dividing the images into splits would come to, by split and by class; nothing is written. */
export async function previewSplits(
  { database: { sql }, dataset }: Permitted<'see', Reader>,
  asked: z.infer<typeof splitting>,
): Promise<z.infer<typeof splitsPreview>> {
  const rows = await sql<{ class_name: string | null; split: string; images: number; moved: number }[]>`
    with divided as materialized (${dividedImages(sql, dataset.id, asked)})
    select null as class_name, split, count(*)::int as images, (count(*) filter (where was is distinct from split))::int as moved
    from divided group by split
    union all
    select c.name, d.split, count(distinct d.id)::int, 0 from divided d
    join annotations a on a.file_id = d.id and a.removed_in is null
    join annotation_classes c on c.id = a.class_id and c.removed_in is null group by c.name, d.split
    order by 1 nulls first, 2`;
  const whole = rows.filter(({ class_name }) => class_name === null);
  const byClass = Map.groupBy(
    rows.filter(({ class_name }) => class_name !== null),
    ({ class_name }) => class_name ?? '',
  );
  const counts = (of: typeof whole) => Object.fromEntries(of.map(({ split, images }) => [split, images]));
  return {
    splits: counts(whole),
    moved: whole.reduce((sum, { moved }) => sum + moved, 0),
    classes: [...byClass].map(([className, of]) => ({ className, images: counts(of) })),
  };
}

/** Divides the images into splits. @throws AppError `wrong_state` where there are none */
export const divideImages = (ctx: Permitted<'edit'>, asked: Omit<Extract<Change, { what: 'splits' }>, 'what'>) =>
  changing(ctx, { what: 'splits', ...asked }, []);

/**
 * Changes many images at once, as one revision: those of a query, or those named.
 *
 * @throws AppError `not_confirmed` where there are others than `confirmCount` says, `not_found` for a class
 */
export async function changeImages(
  ctx: Permitted<'edit'>,
  { q, fileIds, confirmCount, do: what }: z.infer<typeof bulkImagesInput>,
): Promise<Started> {
  const count = await countImages(ctx, ctx.dataset, { q, fileIds });
  if (count !== confirmCount) {
    throw new AppError('not_confirmed', {
      message: `The change is about ${count} images, and confirmCount says ${confirmCount}.`,
      hint: 'Look at the images again, and confirm their number.',
    });
  }
  const ids = what.classId == null ? [] : [what.classId];
  return changing(ctx, { what: 'images', q: q ?? null, fileIds: fileIds ?? null, ...what }, ids);
}

async function countImages(
  { database }: Permitted<'edit'>,
  { id }: Dataset,
  { q, fileIds }: { q?: string | undefined; fileIds?: number[] | undefined },
): Promise<number> {
  const query = readQuery(q);
  const asked: SQL | undefined =
    fileIds !== undefined
      ? inArray(datasetFiles.id, fileIds)
      : query
        ? conditionOf(query, { datasetId: id, at: null, hasEdits: await hasPending(database, id, null) })
        : undefined;
  const [row] = await database.db
    .select({ count: sql<number>`count(*)::int` })
    .from(datasetFiles)
    .where(and(eq(datasetFiles.datasetId, id), eq(datasetFiles.kind, 'image'), isNull(datasetFiles.removedIn), asked));
  return row?.count ?? 0;
}

async function changing(
  ctx: Permitted<'edit'>,
  asked: z.input<typeof change>,
  classIds: readonly number[],
  newName?: string,
): Promise<Started> {
  const { items } = await listClasses(ctx, ctx.dataset.id);
  const ids = new Set(items.map(({ id }) => id));
  if (classIds.some((id) => !ids.has(id)))
    throw new AppError('not_found', { message: 'The dataset has no such class.' });
  if (newName !== undefined && items.some(({ name }) => name === newName)) {
    throw new AppError('name_taken', {
      message: `The dataset has a class “${newName}” already.`,
      hint: 'Choose another name, or merge the classes.',
    });
  }
  const request = requestFor({ kind: 'publish', publish: { format: null, change: change.parse(asked) } });
  return ctx.database.db.transaction((tx) => enqueueImport(ctx, tx, ctx.dataset.id, request));
}
