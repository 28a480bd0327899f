import { comments, users } from '@granary/db';
import { and, desc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import type { Looking } from '../base/context.ts';
import { mapPage, type Page, pageOfRows } from '../base/paging.ts';
import { AppError } from '../errors/app-error.ts';
import { requireFile } from '../files/files.ts';
import type { CommentView, changeCommentInput, commentInput, listCommentsInput } from './schemas.ts';

const MENTION = /@\[[^\]]*\]\(user:([0-9a-f-]{36})\)/g;

/** Comments of a dataset, or of one image of it, the newest first. */
export async function listComments(
  { database: { db } }: Looking,
  input: z.infer<typeof listCommentsInput>,
): Promise<Page<CommentView>> {
  const page = await pageOfRows(
    db,
    input,
    z.tuple([z.iso.datetime(), z.uuid()]),
    (after, limit) =>
      selectComments(db)
        .where(
          and(
            eq(comments.datasetId, input.id),
            input.fileId === undefined ? undefined : eq(comments.fileId, input.fileId),
            after
              ? sql`(${comments.createdAt}, ${comments.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`
              : undefined,
          ),
        )
        .orderBy(desc(comments.createdAt), desc(comments.id))
        .limit(limit),
    ({ createdAt, id }) => [createdAt.toISOString(), id],
  );
  return mapPage(page, viewOf);
}

/** Says something of a dataset, an image or an annotation. @throws AppError `not_found` */
export async function addComment(
  ctx: Permitted<'see'>,
  { body, fileId, annotationId }: z.infer<typeof commentInput>,
): Promise<CommentView> {
  const { database, dataset, person } = ctx;
  if (fileId !== undefined) await requireFile(database, dataset.id, { id: fileId });
  const mentions = await mentionedIn(ctx, body);
  const [row] = await database.db
    .insert(comments)
    .values({
      ...{ datasetId: dataset.id, fileId: fileId ?? null, annotationId: annotationId ?? null },
      ...{ body, mentions, createdBy: person.id },
    })
    .returning({ id: comments.id });
  return requireComment(ctx, row?.id ?? '');
}

/** @throws AppError `not_found`, `forbidden` for what somebody else has said */
export async function changeComment(
  ctx: Permitted<'see'>,
  { commentId, body }: z.infer<typeof changeCommentInput>,
): Promise<CommentView> {
  const { createdBy } = await requireComment(ctx, commentId);
  if (createdBy !== ctx.person.id) throw new AppError('forbidden', { hint: 'Only who wrote it can change a comment.' });
  await ctx.database.db
    .update(comments)
    .set({ body, mentions: await mentionedIn(ctx, body), changedAt: new Date() })
    .where(eq(comments.id, commentId));
  return requireComment(ctx, commentId);
}

/** Deletes what one has said, or, managing the dataset, what anyone has. @throws AppError `not_found`, `forbidden` */
export async function deleteComment(ctx: Permitted<'see'>, commentId: string, isManager: boolean): Promise<void> {
  const { createdBy } = await requireComment(ctx, commentId);
  if (createdBy !== ctx.person.id && !isManager)
    throw new AppError('forbidden', { hint: 'Only who wrote it, or who manages the dataset, can delete a comment.' });
  await ctx.database.db.delete(comments).where(eq(comments.id, commentId));
}

async function requireComment({ database: { db }, dataset }: Permitted<'see'>, id: string): Promise<CommentView> {
  const [row] = await selectComments(db).where(and(eq(comments.datasetId, dataset.id), eq(comments.id, id)));
  if (!row) throw new AppError('not_found', { message: 'There is no such comment.' });
  return viewOf(row);
}

/** Who is mentioned, as far as they have to do with the dataset: a mention opens nothing to anyone. */
async function mentionedIn({ database: { sql: query }, dataset }: Permitted<'see'>, body: string): Promise<string[]> {
  const ids = [...new Set([...body.matchAll(MENTION)].flatMap(([, id]) => id ?? []))].filter(
    (id) => z.uuid().safeParse(id).success,
  );
  if (ids.length === 0) return [];
  const rows = await query<{ id: string }[]>`
    select u.id from users u where u.id = any(${ids}::uuid[]) and (u.id = ${dataset.ownerId} or ${dataset.visibility} = 'public'
      or exists (select 1 from dataset_permissions p where p.dataset_id = ${dataset.id} and p.user_id = u.id)
      or exists (select 1 from organization_members m where m.organization_id = ${dataset.organizationId} and m.user_id = u.id))`;
  return rows.map(({ id }) => id);
}

const selectComments = (db: Looking['database']['db']) =>
  db
    .select({
      id: comments.id,
      fileId: comments.fileId,
      annotationId: comments.annotationId,
      body: comments.body,
      mentions: comments.mentions,
      createdBy: comments.createdBy,
      createdByName: users.name,
      createdAt: comments.createdAt,
      changedAt: comments.changedAt,
    })
    .from(comments)
    .leftJoin(users, eq(users.id, comments.createdBy));

const viewOf = (row: Awaited<ReturnType<ReturnType<typeof selectComments>['execute']>>[number]): CommentView => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
  changedAt: row.changedAt?.toISOString() ?? null,
});
