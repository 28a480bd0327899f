import { datasetRevisions, datasets, datasetVersions, imports, users } from '@granary/db';
import { and, desc, eq, lt, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import type { Looking } from '../base/context.ts';
import { lockLiveDataset } from '../base/locks.ts';
import { mapPage, type Page, pageOfRows } from '../base/paging.ts';
import { AppError } from '../errors/app-error.ts';
import { enqueueImport } from '../imports/imports.ts';
import { requestFor, requestOf } from '../imports/kinds.ts';
import { resolveRef } from '../revisions/refs.ts';
import type { listInput, RevisionView } from './schemas.ts';

/** What was done to a dataset, the newest first. */
export async function listRevisions(ctx: Looking, input: z.infer<typeof listInput>): Promise<Page<RevisionView>> {
  const { db } = ctx.database;
  const before = alias(datasetRevisions, 'before');
  const page = await pageOfRows(
    db,
    input,
    z.tuple([z.number()]),
    (after, limit) =>
      db
        .select({
          row: {
            revision: datasetRevisions.revision,
            kind: datasetRevisions.kind,
            importId: datasetRevisions.importId,
            createdBy: datasetRevisions.createdBy,
            createdAt: datasetRevisions.createdAt,
            counts: datasetRevisions.counts,
            contentHash: datasetRevisions.contentHash,
            isKept: datasetRevisions.isKept,
          },
          isBeforeKept: before.isKept,
          createdByName: users.name,
          options: imports.options,
          version: sql<number | null>`(select max(v.version) from ${datasetVersions} v
            where v.dataset_id = ${datasetRevisions.datasetId} and v.revision = ${datasetRevisions.revision})`,
          message: sql<string | null>`(select v.message from ${datasetVersions} v
            where v.dataset_id = ${datasetRevisions.datasetId} and v.revision = ${datasetRevisions.revision} order by v.version desc limit 1)`,
        })
        .from(datasetRevisions)
        .leftJoin(users, eq(users.id, datasetRevisions.createdBy))
        .leftJoin(imports, eq(imports.id, datasetRevisions.importId))
        .leftJoin(
          before,
          and(
            eq(before.datasetId, datasetRevisions.datasetId),
            eq(before.revision, sql`${datasetRevisions.revision} - 1`),
          ),
        )
        .where(
          and(eq(datasetRevisions.datasetId, input.id), after ? lt(datasetRevisions.revision, after[0]) : undefined),
        )
        .orderBy(desc(datasetRevisions.revision))
        .limit(limit),
    ({ row }) => [row.revision],
  );
  return mapPage(
    page,
    ({ row: { isKept, createdAt, ...row }, isBeforeKept, options, message, version, createdByName }) => {
      const asked = row.kind === 'undo' || row.kind === 'rollback' ? requestOf({ kind: row.kind, options }) : null;
      return {
        ...row,
        createdByName,
        createdAt: createdAt.toISOString(),
        message: message ?? '',
        version,
        undoable: isKept && (row.revision === 1 || isBeforeKept === true),
        undoes: asked?.kind === 'undo' ? asked.undo.revision : null,
        rollsBackTo: asked?.kind === 'rollback' ? asked.rollback.ref : null,
      };
    },
  );
}

/**
 * Queues a job that takes back what a revision did, and leaves what came later.
 *
 * @throws AppError `not_found`, `revision_gone`
 */
export async function undoRevision(
  ctx: Permitted<'edit'>,
  { id, revision }: { id: string; revision: number },
): Promise<{ importId: string; jobId: string }> {
  await resolveRef(ctx.database, id, `r${revision}`);
  if (revision > 1) await resolveRef(ctx.database, id, `r${revision - 1}`);
  return ctx.database.db.transaction(async (tx) => {
    await lockLiveDataset(tx, id);
    return enqueueImport(ctx, tx, id, requestFor({ kind: 'undo', onConflict: 'skip', undo: { revision } }));
  });
}

/**
 * Queues a job that makes the draft what a version was.
 *
 * @throws AppError `not_found`, `revision_gone`, `nothing_changed` for the draft itself
 */
export async function rollBack(
  ctx: Permitted<'edit'>,
  { id, to }: { id: string; to: string | number },
): Promise<{ importId: string; jobId: string }> {
  const { at, ref } = await resolveRef(ctx.database, id, String(to));
  if (at === null) throw new AppError('nothing_changed', { message: 'The draft is what it is already.' });
  return ctx.database.db.transaction(async (tx) => {
    await lockLiveDataset(tx, id);
    return enqueueImport(ctx, tx, id, requestFor({ kind: 'rollback', rollback: { revision: at, ref } }));
  });
}

/** How many revisions there are since the newest version. */
export async function changesSince(ctx: Looking, id: string): Promise<{ version: number | null; revisions: number }> {
  const [row] = await ctx.database.db
    .select({
      version: sql<number | null>`max(${datasetVersions.version})`,
      revisions: sql<number>`max(${datasets.revision}) - coalesce(max(${datasetVersions.revision}), 0)`,
    })
    .from(datasets)
    .leftJoin(datasetVersions, eq(datasetVersions.datasetId, datasets.id))
    .where(eq(datasets.id, id));
  return { version: row?.version ?? null, revisions: row?.revisions ?? 0 };
}
