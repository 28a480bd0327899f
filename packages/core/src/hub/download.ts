import { activities, datasets, imports, type Transaction } from '@granary/db';
import { and, desc, eq, isNull, ne, sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { SignedInContext } from '../base/context.ts';
import { lockUntilEnd } from '../base/locks.ts';
import { freeName, insertDataset, viewOf } from '../datasets/datasets.ts';
import { AppError } from '../errors/app-error.ts';
import { insertImport } from '../imports/imports.ts';
import { requestFor } from '../imports/kinds.ts';
import { seal } from '../secrets/seal.ts';
import type { downloadInput, downloadStarted } from './schemas.ts';

/**
 * Creates a dataset and queues its download. If the person already has it, that is answered instead, unless `again` is set. The
 * token is kept encrypted on the import's row, never in the job.
 *
 * @throws AppError `name_taken`, `quota_exceeded`, `no_secret_key`
 */
export async function startDownload(
  ctx: SignedInContext,
  input: z.infer<typeof downloadInput>,
): Promise<z.infer<typeof downloadStarted>> {
  const { repoId, subset = null, split = null, revision = null, maxSamples = null, accessToken, tokenize } = input;
  const config = { repo: repoId, revision, subset, split, max_samples: maxSamples };
  return ctx.database.db.transaction(async (tx) => {
    await lockUntilEnd(tx, 'download', ctx.person.id);
    if (!input.again) {
      const [known] = await tx
        .select()
        .from(datasets)
        .where(
          and(
            eq(datasets.ownerId, ctx.person.id),
            eq(datasets.source, 'huggingface'),
            ne(datasets.status, 'failed'),
            isNull(datasets.deletedAt),
            sql`${datasets.config} @> ${JSON.stringify(config)}::jsonb`,
          ),
        )
        .orderBy(desc(datasets.createdAt))
        .limit(1);
      if (known && (await isAnswer(ctx, tx, known, accessToken)))
        return { ...viewOf(known), isDuplicate: true, jobId: await jobOf(tx, known.id) };
    }
    const home = { ownerId: ctx.person.id, organizationId: input.organizationId ?? null };
    const row = await insertDataset(ctx, tx, {
      name: input.name ?? (await freeName(tx, home, repoId.split('/').at(-1) ?? repoId)),
      description: '',
      ...(input.visibility ? { visibility: input.visibility } : {}),
      ...(input.organizationId ? { organizationId: input.organizationId } : {}),
    });
    const importId = crypto.randomUUID();
    const sealedToken = accessToken ? seal(ctx.hub, accessToken, importId) : null;
    const [updated] = await tx
      .update(datasets)
      .set({ source: 'huggingface', taskType: 'text', config: { ...config, token_provided: sealedToken !== null } })
      .where(eq(datasets.id, row.id))
      .returning();
    const hub = { repoId, revision, subset, split, maxSamples, commit: null, tokenize };
    const request = requestFor({ kind: 'download', hub });
    const { jobId } = await insertImport(ctx, tx, row.id, request, { uploadIds: [], importId, sealedToken });
    if (!updated) throw new AppError('internal');
    return { ...viewOf(updated), jobId, isDuplicate: false };
  });
}

/**
 * Whether a dataset that is there answers a request: one whose download waits takes the token that is given now; one whose
 * download is under way without it does not answer.
 */
async function isAnswer(
  ctx: SignedInContext,
  tx: Transaction,
  known: typeof datasets.$inferSelect,
  accessToken: string | undefined,
): Promise<boolean> {
  if (!accessToken || known.status === 'ready') return true;
  const [waiting] = await tx
    .select({ id: imports.id })
    .from(imports)
    .where(and(eq(imports.datasetId, known.id), eq(imports.kind, 'download'), eq(imports.state, 'queued')))
    .orderBy(desc(imports.createdAt))
    .limit(1)
    .for('update');
  if (!waiting) return false;
  await tx
    .update(imports)
    .set({ sealedToken: seal(ctx.hub, accessToken, waiting.id) })
    .where(eq(imports.id, waiting.id));
  const config = sql`${datasets.config} || '{"token_provided": true}'::jsonb`;
  await tx.update(datasets).set({ config }).where(eq(datasets.id, known.id));
  return true;
}

async function jobOf(tx: Parameters<typeof insertDataset>[1], datasetId: string): Promise<string | null> {
  const [job] = await tx
    .select({ id: activities.id })
    .from(activities)
    .where(and(eq(activities.datasetId, datasetId), eq(activities.kind, 'download')))
    .orderBy(desc(activities.createdAt))
    .limit(1);
  return job?.id ?? null;
}
