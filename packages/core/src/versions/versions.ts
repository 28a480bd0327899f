import {
  type Database,
  datasetRevisions,
  datasets,
  datasetUsages,
  datasetVersions,
  imports,
  type Transaction,
  users,
  versionTags,
} from '@granary/db';
import { and, desc, eq, inArray, isNull, lt, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import { performer, recordAudit } from '../audit/record.ts';
import type { Looking } from '../base/context.ts';
import { lockLiveDataset } from '../base/locks.ts';
import { mapPage, type Page, pageOfRows } from '../base/paging.ts';
import { AppError } from '../errors/app-error.ts';
import { ensurePublished } from '../imports/publish.ts';
import { resolveRef } from '../revisions/refs.ts';
import { isDifferent } from './diff.ts';
import type {
  changeVersionInput,
  listInput,
  makeVersionInput,
  moveTagInput,
  VersionImpact,
  VersionView,
} from './schemas.ts';

const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 250;

/**
 * Names the draft as it is: one row. It waits for what changes the dataset just now, but not for long.
 *
 * @throws AppError `nothing_changed`, `busy`, `in_trash`
 */
export async function makeVersion(
  ctx: Permitted<'edit'>,
  { id, message, tags }: z.infer<typeof makeVersionInput>,
): Promise<VersionView> {
  await ensurePublished(ctx, id);
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const made = await ctx.database.db.transaction(async (tx) => {
      const dataset = await lockLiveDataset(tx, id);
      if (await isBusy(tx, id)) return null;
      const { revision, version } = dataset;
      if (revision === 0) throw new AppError('nothing_changed', { message: 'The dataset has no content yet.' });
      await assertChanged(tx, id, revision);
      await tx.insert(datasetVersions).values({ datasetId: id, version, revision, message, createdBy: ctx.person.id });
      await tx
        .update(datasets)
        .set({ version: version + 1 })
        .where(eq(datasets.id, id));
      for (const tag of new Set(tags)) await pointTag(ctx, tx, id, tag, version);
      const details = { version, revision, message, tags };
      await recordAudit(tx, { action: 'version_made', datasetId: id, ...performer(ctx), details });
      return version;
    });
    if (made !== null) return getVersion(ctx, id, String(made));
    if (performance.now() > until) throw new AppError('busy');
    await new Promise((wake) => setTimeout(wake, LOOK_EVERY_MS));
  }
}

async function isBusy(tx: Transaction, datasetId: string): Promise<boolean> {
  const [running] = await tx
    .select({ id: imports.id })
    .from(imports)
    .where(and(eq(imports.datasetId, datasetId), inArray(imports.state, ['queued', 'running'])))
    .limit(1);
  return running !== undefined;
}

async function assertChanged(tx: Transaction, datasetId: string, revision: number): Promise<void> {
  const [last] = await tx
    .select({ version: datasetVersions.version, revision: datasetVersions.revision })
    .from(datasetVersions)
    .where(eq(datasetVersions.datasetId, datasetId))
    .orderBy(desc(datasetVersions.version))
    .limit(1);
  if (!last) return;
  if (last.revision === revision || !(await isDifferent(tx, datasetId, last.revision, null))) {
    throw new AppError('nothing_changed', { message: `Nothing has changed since version ${last.version}.` });
  }
}

export async function listVersions(ctx: Looking, input: z.infer<typeof listInput>): Promise<Page<VersionView>> {
  const { db } = ctx.database;
  const page = await pageOfRows(
    db,
    input,
    z.tuple([z.number()]),
    (after, limit) =>
      selectVersions(db)
        .where(and(eq(datasetVersions.datasetId, input.id), after ? lt(datasetVersions.version, after[0]) : undefined))
        .orderBy(desc(datasetVersions.version))
        .limit(limit),
    ({ version }) => [version],
  );
  return mapPage(page, viewOf);
}

/** @throws AppError `not_found` also for a ref that is no version, such as the draft */
export async function getVersion(ctx: Looking, datasetId: string, ref: string): Promise<VersionView> {
  const { db } = ctx.database;
  const version = await requireVersion(ctx.database, datasetId, ref);
  const [row] = await selectVersions(db).where(
    and(eq(datasetVersions.datasetId, datasetId), eq(datasetVersions.version, version)),
  );
  if (!row) throw new AppError('not_found');
  return viewOf(row);
}

/** The number of the version that a ref stands for. @throws AppError `not_found` */
export async function requireVersion(database: Pick<Database, 'db'>, datasetId: string, ref: string): Promise<number> {
  const { version } = await resolveRef(database, datasetId, ref);
  if (version === null) throw new AppError('not_found', { message: `"${ref}" is not a version of the dataset.` });
  return version;
}

function selectVersions(db: Database['db']) {
  return db
    .select({
      version: datasetVersions.version,
      revision: datasetVersions.revision,
      message: datasetVersions.message,
      createdBy: datasetVersions.createdBy,
      createdByName: users.name,
      createdAt: datasetVersions.createdAt,
      contentHash: datasetRevisions.contentHash,
      state: sql<VersionState>`${datasetRevisions.state} - 'statistics'`,
      tags: sql<string[]>`array(select t.tag from ${versionTags} t
        where t.dataset_id = ${datasetVersions.datasetId} and t.version = ${datasetVersions.version} order by t.tag)`,
    })
    .from(datasetVersions)
    .innerJoin(
      datasetRevisions,
      and(
        eq(datasetRevisions.datasetId, datasetVersions.datasetId),
        eq(datasetRevisions.revision, datasetVersions.revision),
      ),
    )
    .leftJoin(users, eq(users.id, datasetVersions.createdBy));
}

type VersionState = Omit<typeof datasetRevisions.$inferSelect.state, 'statistics'>;

function viewOf({
  state: { reading: _, labeled: __, ...state },
  createdAt,
  ...row
}: Awaited<ReturnType<ReturnType<typeof selectVersions>['execute']>>[number]): VersionView {
  return { ...row, ...state, createdAt: createdAt.toISOString() };
}

/** Changes what is said of a version; what it holds never changes. @throws AppError `not_found` */
export async function changeVersion(
  ctx: Permitted<'edit'>,
  { id, ref, message }: z.infer<typeof changeVersionInput>,
): Promise<VersionView> {
  const version = await requireVersion(ctx.database, id, ref);
  await ctx.database.db.transaction(async (tx) => {
    await tx
      .update(datasetVersions)
      .set({ message })
      .where(and(eq(datasetVersions.datasetId, id), eq(datasetVersions.version, version)));
    await recordAudit(tx, {
      action: 'version_changed',
      datasetId: id,
      ...performer(ctx),
      details: { version, message },
    });
  });
  return getVersion(ctx, id, String(version));
}

/** Lets a tag point at a version. @throws AppError `not_found` */
export async function moveTag(
  ctx: Permitted<'edit'>,
  { id, tag, version: ref }: z.infer<typeof moveTagInput>,
): Promise<VersionView> {
  const version = await requireVersion(ctx.database, id, String(ref));
  await ctx.database.db.transaction(async (tx) => {
    await lockLiveDataset(tx, id);
    await pointTag(ctx, tx, id, tag, version);
  });
  return getVersion(ctx, id, String(version));
}

async function pointTag(
  ctx: Permitted<'edit'>,
  tx: Transaction,
  datasetId: string,
  tag: string,
  version: number,
): Promise<void> {
  const [before] = await tx
    .select({ version: versionTags.version })
    .from(versionTags)
    .where(and(eq(versionTags.datasetId, datasetId), eq(versionTags.tag, tag)));
  if (before?.version === version) return;
  const moved = { version, movedBy: ctx.person.id, movedAt: new Date() };
  await tx
    .insert(versionTags)
    .values({ datasetId, tag, ...moved })
    .onConflictDoUpdate({ target: [versionTags.datasetId, versionTags.tag], set: moved });
  const details = { tag, from: before?.version ?? null, to: version };
  await recordAudit(tx, { action: 'tag_moved', datasetId, ...performer(ctx), details });
}

/** @throws AppError `not_found` */
export async function deleteTag(ctx: Permitted<'edit'>, { id, tag }: { id: string; tag: string }): Promise<void> {
  await ctx.database.db.transaction(async (tx) => {
    const [gone] = await tx
      .delete(versionTags)
      .where(and(eq(versionTags.datasetId, id), eq(versionTags.tag, tag)))
      .returning({ version: versionTags.version });
    if (!gone) throw new AppError('not_found', { message: `The dataset has no tag "${tag}".` });
    const details = { tag, from: gone.version };
    await recordAudit(tx, { action: 'tag_deleted', datasetId: id, ...performer(ctx), details });
  });
}

/** What goes with a version. @throws AppError `not_found` */
export async function versionImpactOf(ctx: Looking, datasetId: string, ref: string): Promise<VersionImpact> {
  const { database } = ctx;
  const version = await requireVersion(database, datasetId, ref);
  const [row] = await database.db
    .select({ revision: datasetVersions.revision })
    .from(datasetVersions)
    .where(and(eq(datasetVersions.datasetId, datasetId), eq(datasetVersions.version, version)));
  if (!row) throw new AppError('not_found');
  const { revision } = row;
  const tags = await database.db
    .select({ tag: versionTags.tag })
    .from(versionTags)
    .where(and(eq(versionTags.datasetId, datasetId), eq(versionTags.version, version)))
    .orderBy(versionTags.tag);
  const usages = await liveUsagesOf(database.db, datasetId, version);
  const isKeptByOthers = (file: string) => database.sql`exists (select 1 from dataset_revisions k
    where k.dataset_id = ${datasetId} and k.is_kept and k.revision <> ${revision}
      and k.revision >= ${database.sql(`${file}.added_in`)}
      and (${database.sql(`${file}.removed_in`)} is null or k.revision < ${database.sql(`${file}.removed_in`)}))`;
  const [freed] = await database.sql<{ objects: number; bytes: number }[]>`
    select count(*)::float8 as objects, coalesce(sum(size), 0)::float8 as bytes from (
      select distinct f.storage_key, f.size from dataset_files f
      where f.dataset_id = ${datasetId} and f.removed_in > ${revision} and f.added_in <= ${revision} and f.storage_key like 'history/%'
        and not ${isKeptByOthers('f')}
        and not exists (select 1 from dataset_files o where o.dataset_id = f.dataset_id and o.sha256 = f.sha256
          and o.storage_key = f.storage_key and ${isKeptByOthers('o')})) alone`;
  return {
    version,
    tags: tags.map(({ tag }) => tag),
    usages,
    objects: freed?.objects ?? 0,
    storageBytes: freed?.bytes ?? 0,
  };
}

const liveUsagesOf = (db: Database['db'] | Transaction, datasetId: string, version: number) =>
  db
    .select({ id: datasetUsages.id, service: datasetUsages.service, externalId: datasetUsages.externalId })
    .from(datasetUsages)
    .where(
      and(eq(datasetUsages.datasetId, datasetId), eq(datasetUsages.version, version), isNull(datasetUsages.releasedAt)),
    )
    .limit(100);

/**
 * Forgets the name and the tags of a version. Its revision stays for as long as it can be undone; then what nothing else
 * needs goes.
 *
 * @throws AppError `not_found`, `version_in_use`
 */
export async function deleteVersion(ctx: Permitted<'manage'>, datasetId: string, ref: string): Promise<VersionImpact> {
  const impact = await versionImpactOf(ctx, datasetId, ref);
  const { version } = impact;
  await ctx.database.db.transaction(async (tx) => {
    // A usage that is being registered waits for this, or is found here.
    await lockLiveDataset(tx, datasetId);
    const usages = await liveUsagesOf(tx, datasetId, version);
    if (usages.length > 0) {
      const issues = usages.map(({ service, externalId }) => ({ path: service, message: externalId }));
      throw new AppError('version_in_use', { issues });
    }
    const isIt = and(eq(datasetVersions.datasetId, datasetId), eq(datasetVersions.version, version));
    const [gone] = await tx.delete(datasetVersions).where(isIt).returning({ revision: datasetVersions.revision });
    if (!gone) throw new AppError('not_found');
    await tx.delete(versionTags).where(and(eq(versionTags.datasetId, datasetId), eq(versionTags.version, version)));
    const { tags, objects, storageBytes } = impact;
    const details = { version, revision: gone.revision, tags, objects, storageBytes };
    await recordAudit(tx, { action: 'version_deleted', datasetId, ...performer(ctx), details });
  });
  return impact;
}
