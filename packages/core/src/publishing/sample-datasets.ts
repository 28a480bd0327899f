import { datasets, type Transaction } from '@granary/db';
import { keys } from '@granary/storage';
import { eq } from 'drizzle-orm';
import type { z } from 'zod';
import { requireAdmin } from '../access/policy.ts';
import { performer, recordAudit } from '../audit/record.ts';
import { requireAccount } from '../base/account.ts';
import type { SignedInContext } from '../base/context.ts';
import { isUniqueViolation, viewOf } from '../datasets/datasets.ts';
import { licenseOf } from '../datasets/license.ts';
import { assertMayBePublic } from '../datasets/publicity.ts';
import type { DatasetView } from '../datasets/schemas.ts';
import { AppError } from '../errors/app-error.ts';
import { enqueueImport } from '../imports/imports.ts';
import { requestFor } from '../imports/kinds.ts';
import { SAMPLE_TAG } from './sample-tag.ts';
import type { adopted, adoptInput, publishSampleInput } from './schemas.ts';

/**
 * Makes an empty sample, to which an admin uploads and imports as to any dataset: public, and nobody's.
 *
 * @throws AppError `id_taken`
 */
export async function publishSample(
  ctx: SignedInContext,
  input: z.infer<typeof publishSampleInput>,
): Promise<DatasetView> {
  requireAdmin(ctx);
  return ctx.database.db.transaction(async (tx) => viewOf(await insert(ctx, tx, input, null)));
}

/**
 * Makes a dataset of what lies below `datasets/{id}/` in the bucket already, without copying a byte: a job reads it where
 * it is, and writes rows and meta.json.
 *
 * @throws AppError `id_taken`, `unknown_account`, `not_found` when nothing lies there
 */
export async function adoptPrefix(
  ctx: SignedInContext,
  { ownerEmail, ...input }: z.infer<typeof adoptInput>,
): Promise<z.infer<typeof adopted>> {
  requireAdmin(ctx);
  const prefix = keys.prefixes(input.id).datasets;
  const { objects } = await ctx.store.list(prefix, { limit: 2 });
  if (objects.every(({ key }) => key === keys.meta(input.id)))
    throw new AppError('not_found', { message: `The bucket has nothing below ${prefix}.` });
  return ctx.database.db
    .transaction(async (tx) => {
      const ownerId = ownerEmail === undefined ? null : (await requireAccount(tx, { email: ownerEmail })).id;
      const row = await insert(ctx, tx, input, ownerId);
      const started = await enqueueImport(ctx, tx, input.id, requestFor({ kind: 'adopt', paths: null }));
      return { dataset: { ...viewOf(row), status: 'processing' as const }, ...started };
    })
    .catch((error) => {
      throw isUniqueViolation(error) ? new AppError('name_taken') : error;
    });
}

async function insert(
  ctx: SignedInContext,
  tx: Transaction,
  { id, name, description, tags, taskType, citation, ...input }: z.infer<typeof publishSampleInput>,
  ownerId: string | null,
): Promise<typeof datasets.$inferSelect> {
  const isSample = ownerId === null;
  const visibility = isSample ? 'public' : 'private';
  const license = licenseOf(input.license ?? null);
  await assertMayBePublic(tx, ctx.defaults, { visibility, license });
  const [taken] = await tx.select({ id: datasets.id }).from(datasets).where(eq(datasets.id, id));
  if (taken) throw new AppError('id_taken');
  const [row] = await tx
    .insert(datasets)
    .values({
      id,
      name,
      ownerId,
      description: description ?? '',
      citation: citation ?? '',
      visibility,
      license,
      source: isSample ? 'sample' : 'upload',
      tags: [...new Set([...(isSample ? [SAMPLE_TAG] : []), ...(tags ?? [])])],
      taskType: taskType ?? null,
      storageType: ctx.store.type,
      storagePath: keys.prefixes(id).datasets,
    })
    .returning();
  if (!row) throw new AppError('internal');
  const details = { id, name, isSample };
  await recordAudit(tx, { action: 'sample_published', datasetId: id, ...performer(ctx), details });
  return row;
}
