import { datasetRevisions, datasets, datasetVersions, type Origin } from '@granary/db';
import { and, desc, eq, gt } from 'drizzle-orm';
import type { z } from 'zod';
import { type Permitted, requireDataset } from '../access/policy.ts';
import { assertQuota } from '../access/quotas.ts';
import type { Looking } from '../base/context.ts';
import { lockLiveDataset } from '../base/locks.ts';
import { assertMember, getDataset, insertDataset } from '../datasets/datasets.ts';
import { AppError } from '../errors/app-error.ts';
import { enqueueImport } from '../imports/imports.ts';
import { requestFor } from '../imports/kinds.ts';
import { ensurePublished } from '../imports/publish.ts';
import { SAMPLE_TAG } from '../publishing/sample-tag.ts';
import { resolveRef, stateAt } from '../revisions/refs.ts';
import { diffOf } from '../versions/diff.ts';
import { countMerge, type Sides } from './merge-plan.ts';
import type { forkInput, forkStarted, SourceUpdate, sourceUpdateInput } from './schemas.ts';

/**
 * Makes a private dataset of its own of a version: a job copies the content within the store. Who may do what with the
 * source does not come along.
 *
 * @throws AppError `not_found`, `revision_gone`, `name_taken`, `quota_exceeded`; `wrong_state` where there is nothing
 */
export async function forkDataset(
  ctx: Permitted<'see'>,
  { id, name, version, organizationId }: z.infer<typeof forkInput>,
): Promise<z.infer<typeof forkStarted>> {
  if (organizationId !== undefined) await assertMember(ctx, organizationId);
  const { dataset: source } = ctx;
  if (version === 'draft' || version === 'main') await ensurePublished(ctx, id);
  const { origin, sizeBytes, taskType } = await originAt(ctx, id, version);
  const { description, license, citation, tags } = source;
  const started = await ctx.database.db.transaction(async (tx) => {
    const made = await insertDataset(ctx, tx, {
      ...{ name, description, license, citation, organizationId },
      tags: tags.filter((tag) => tag !== SAMPLE_TAG),
    });
    await assertQuota(ctx, tx, ctx.person.id, { bytes: sizeBytes, datasets: 0 });
    await tx.update(datasets).set({ forkedFrom: origin, taskType }).where(eq(datasets.id, made.id));
    return { id: made.id, ...(await enqueueImport(ctx, tx, made.id, requestFor({ kind: 'fork', fork: origin }))) };
  });
  const { importId, jobId } = started;
  return { ...(await getDataset(ctx, started.id)), importId, jobId };
}

/** A version of a dataset, as a fork remembers it. */
async function originAt(
  ctx: Looking,
  id: string,
  ref: string,
): Promise<{ origin: Origin; sizeBytes: number; taskType: string | null }> {
  const { at, version } = await resolveRef(ctx.database, id, ref);
  const [dataset] = await ctx.database.db
    .select({ name: datasets.name, revision: datasets.revision })
    .from(datasets)
    .where(eq(datasets.id, id));
  const revision = at ?? dataset?.revision ?? 0;
  const state = await stateAt(ctx.database, id, revision);
  const [row] = await ctx.database.db
    .select({ contentHash: datasetRevisions.contentHash, version: datasetVersions.version })
    .from(datasetRevisions)
    .leftJoin(
      datasetVersions,
      and(eq(datasetVersions.datasetId, datasetRevisions.datasetId), eq(datasetVersions.revision, revision)),
    )
    .where(and(eq(datasetRevisions.datasetId, id), eq(datasetRevisions.revision, revision)))
    .orderBy(desc(datasetVersions.version))
    .limit(1);
  if (!dataset || !row || !state || state.numFiles === 0)
    throw new AppError('wrong_state', { message: 'There is nothing yet that could be forked.' });
  return {
    origin: {
      datasetId: id,
      name: dataset.name,
      version: version ?? row.version,
      revision,
      contentHash: row.contentHash,
    },
    sizeBytes: state.sizeBytes,
    taskType: state.taskType,
  };
}

/** What the source of a fork has changed since, and what of it can be merged. @throws AppError `not_found`, `revision_gone` */
export async function sourceUpdateOf(
  ctx: Permitted<'edit'>,
  input: z.infer<typeof sourceUpdateInput>,
): Promise<SourceUpdate> {
  const { sides, target, base } = await sidesOf(ctx, input);
  const { database } = ctx;
  const [from, to] = [refOf(base), refOf(target)];
  const isNewer = sides.to !== sides.base;
  const { added, changed, removed, numConflicts, conflicts } = isNewer
    ? await countMerge(database.db, sides)
    : { added: 0, changed: 0, removed: 0, numConflicts: 0, conflicts: [] };
  return {
    ...{ datasetId: sides.sourceId, from, to, isNewer },
    diff: isNewer ? await diffOf(ctx, { id: sides.sourceId, from, to }) : null,
    merges: { added, changed, removed },
    ...{ numConflicts, conflicts },
  };
}

/** A ref that stays what it is, unlike the draft. */
const refOf = ({ version, revision }: Origin): string => (version === null ? `r${revision}` : `v${version}`);

/**
 * Queues a job that takes over what the source has changed since the fork, where the fork has changed nothing itself.
 *
 * @throws AppError `not_found`, `revision_gone`, `nothing_changed`
 */
export async function mergeSource(
  ctx: Permitted<'edit'>,
  input: z.infer<typeof sourceUpdateInput>,
): Promise<{ importId: string; jobId: string }> {
  const { target, sides } = await sidesOf(ctx, input);
  if (sides.to === sides.base) throw new AppError('nothing_changed', { message: 'The source is what it was.' });
  return ctx.database.db.transaction(async (tx) => {
    await lockLiveDataset(tx, input.id);
    return enqueueImport(ctx, tx, input.id, requestFor({ kind: 'merge', onConflict: 'replace', merge: target }));
  });
}

async function sidesOf(
  ctx: Permitted<'edit'>,
  { id, to }: z.infer<typeof sourceUpdateInput>,
): Promise<{ sides: Sides; base: Origin; target: Origin }> {
  const base = ctx.dataset.forkedFrom;
  if (base === null) throw new AppError('wrong_state', { message: 'This dataset is not a fork.' });
  const { datasetId: sourceId } = base;
  await requireDataset(ctx.database, ctx.person, sourceId, 'see');
  // Without what the fork began with nobody can tell who changed what.
  await resolveRef(ctx.database, sourceId, `r${base.revision}`);
  const { origin: target } = await originAt(ctx, sourceId, to ?? (await newestOf(ctx, base)));
  return { sides: { forkId: id, sourceId, base: base.revision, to: target.revision }, base, target };
}

/** The newest version of the source, if it is newer than what the fork has; else the draft. */
async function newestOf({ database }: Looking, { datasetId, revision }: Origin): Promise<string> {
  const [newer] = await database.db
    .select({ version: datasetVersions.version })
    .from(datasetVersions)
    .where(and(eq(datasetVersions.datasetId, datasetId), gt(datasetVersions.revision, revision)))
    .orderBy(desc(datasetVersions.version))
    .limit(1);
  return newer ? `v${newer.version}` : 'draft';
}
