import { isDeepStrictEqual } from 'node:util';
import {
  datasetRevisions,
  datasets,
  datasetVersions,
  FILE_KINDS,
  organizations,
  type Transaction,
  users,
} from '@granary/db';
import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import {
  type Action,
  type Dataset,
  findDataset,
  isMember,
  onlyVersionOf,
  type Permitted,
  permitReading,
  requireDataset,
  requireOrganization,
} from '../access/policy.ts';
import { assertQuota } from '../access/quotas.ts';
import { countPending } from '../annotations/overlay.ts';
import { performer, recordAudit } from '../audit/record.ts';
import type { ReadingContext, SignedInContext } from '../base/context.ts';
import { lockLiveDataset } from '../base/locks.ts';
import type { Reader } from '../base/person.ts';
import { AppError, type ErrorIssue, issuesOf } from '../errors/app-error.ts';
import { ERRORS } from '../errors/table.ts';
import { writeMeta } from '../files/meta.ts';
import { resolveRef, revisionAt, stateAt } from '../revisions/refs.ts';
import { licenseOf } from './license.ts';
import { mergeMetadata } from './metadata.ts';
import { assertMayBePublic } from './publicity.ts';
import {
  type createDatasetInput,
  type DatasetView,
  type datasetDetail,
  datasetName,
  MAX_NAME,
  type nameCheck,
  type StatisticsView,
  type updateDatasetInput,
} from './schemas.ts';

/** @throws AppError `name_taken` */
export async function createDataset(
  ctx: SignedInContext,
  input: z.infer<typeof createDatasetInput>,
): Promise<DatasetView> {
  const { organizationId } = input;
  if (organizationId !== undefined) await assertMember(ctx, organizationId);
  assertVisible(input.visibility, organizationId ?? null);
  return ctx.database.db.transaction(async (tx) => viewOf(await insertDataset(ctx, tx, input)));
}

/** Members can create datasets in their organizations. */
export async function assertMember(ctx: SignedInContext, organizationId: string): Promise<void> {
  await requireOrganization(ctx.database, ctx.person, organizationId, 'see').catch((error) => {
    if (!(error instanceof AppError)) throw error;
    throw new AppError('invalid_input', {
      issues: [{ path: 'organizationId', message: 'is not the id of one of your organizations' }],
    });
  });
}

function assertVisible(visibility: Dataset['visibility'] | undefined, organizationId: string | null): void {
  if (visibility !== 'organization' || organizationId !== null) return;
  throw new AppError('invalid_input', {
    issues: [{ path: 'visibility', message: 'is only for datasets of an organization' }],
  });
}

/** An empty dataset of one's own, or of an organization. @throws AppError `name_taken`, `quota_exceeded` */
export async function insertDataset(
  ctx: SignedInContext,
  tx: Transaction,
  input: z.infer<typeof createDatasetInput>,
): Promise<typeof datasets.$inferSelect> {
  if (ctx.person.onlyDataset !== undefined) throw new AppError('forbidden');
  await assertQuota(ctx, tx, ctx.person.id, { bytes: 0, datasets: 1 });
  const license = licenseOf(input.license ?? null);
  await assertMayBePublic(tx, ctx.defaults, { visibility: input.visibility, license });
  const id = crypto.randomUUID();
  const [row] = await tx
    .insert(datasets)
    .values({
      id,
      name: input.name,
      description: input.description ?? '',
      license,
      citation: input.citation ?? '',
      ownerId: ctx.person.id,
      organizationId: input.organizationId ?? null,
      visibility: input.visibility ?? 'private',
      tags: [...new Set(input.tags ?? [])],
      taskType: input.taskType ?? null,
      storageType: ctx.store.type,
      storagePath: `datasets/${id}/`,
    })
    .onConflictDoNothing()
    .returning();
  if (!row) throw new AppError('name_taken');
  await recordAudit(tx, {
    action: 'created',
    datasetId: id,
    ...performer(ctx),
    details: { name: row.name, visibility: row.visibility },
  });
  return row;
}

/** The home of a dataset: an organization, or else a person. */
type Home = Pick<Dataset, 'ownerId' | 'organizationId'>;

/** Datasets of the same home as a condition: no two of them have the same name. */
function isAt({ ownerId, organizationId }: Home): SQL | undefined {
  if (organizationId !== null) return eq(datasets.organizationId, organizationId);
  return and(
    isNull(datasets.organizationId),
    ownerId === null ? isNull(datasets.ownerId) : eq(datasets.ownerId, ownerId),
  );
}

const ROOM_FOR_NUMBER = 10;

/** The name itself, or the first one of "name (2)", "name (3)", … that no dataset has there. */
export async function freeName(tx: Transaction, home: Home, wanted: string): Promise<string> {
  const stem = wanted.slice(0, MAX_NAME - ROOM_FOR_NUMBER);
  const taken = await tx
    .select({ name: datasets.name })
    .from(datasets)
    .where(and(isAt(home), isNull(datasets.deletedAt), sql`starts_with(${datasets.name}, ${stem})`));
  const names = new Set(taken.map(({ name }) => name));
  if (!names.has(wanted)) return wanted;
  for (let number = 2; ; number++) if (!names.has(`${stem} (${number})`)) return `${stem} (${number})`;
}

/** Whether the person can give a dataset this name, for forms to show while they type. */
export async function checkName(
  { database: { db }, person }: SignedInContext,
  { name: given, organizationId }: { name: string; organizationId?: string | undefined },
): Promise<z.infer<typeof nameCheck>> {
  const parsed = datasetName.safeParse(given);
  const refused = (issue: ErrorIssue | undefined) => ({
    isFree: false,
    problem: { path: 'name', message: 'is not valid', ...issue },
  });
  if (!parsed.success) return refused(issuesOf(parsed.error)?.[0]);
  const [taken] = await db
    .select({ id: datasets.id })
    .from(datasets)
    .where(
      and(
        isAt({ ownerId: person.id, organizationId: organizationId ?? null }),
        // Nothing about an organization is revealed to people outside of it.
        organizationId === undefined ? undefined : isMember(person),
        eq(datasets.name, parsed.data),
        isNull(datasets.deletedAt),
      ),
    );
  const { message } = ERRORS.name_taken;
  return taken ? refused({ path: 'name', code: 'name_taken', message }) : { isFree: true, problem: null };
}

/** One dataset, with its owner and what the person can do with it. */
export async function getDataset(ctx: ReadingContext, id: string): Promise<z.infer<typeof datasetDetail>> {
  const only = await onlyVersionOf(ctx.database, ctx.person, id);
  if (only !== null) return datasetAtVersion(ctx, id, only);
  const { dataset, actions } = await findDataset(ctx.database, ctx.person, id);
  const { db } = ctx.database;
  const { ownerId, organizationId } = dataset;
  const isManager = actions.includes('audit');
  const [[owner], [organization], [beside], unpublishedEdits] = await Promise.all([
    ownerId === null
      ? []
      : db
          .select({ id: users.id, name: users.name, ...(isManager ? { email: users.email } : {}) })
          .from(users)
          .where(eq(users.id, ownerId)),
    organizationId === null
      ? []
      : db
          .select({ id: organizations.id, name: organizations.name })
          .from(organizations)
          .where(eq(organizations.id, organizationId)),
    db.select({ metadata: datasets.metadata }).from(datasets).where(eq(datasets.id, id)),
    countPending(ctx.database, id),
  ]);
  return {
    ...viewOf(dataset),
    unpublishedEdits,
    actions,
    owner: owner ?? null,
    organization: organization ?? null,
    metadata: beside?.metadata ?? {},
    forkedFrom: await originFor(ctx, dataset.forkedFrom, actions),
    onlyVersion: null,
  };
}

/** What someone is shown of a dataset of which they may see one version: what it held then, and nothing of what came later. */
async function datasetAtVersion(
  ctx: ReadingContext,
  id: string,
  version: number,
): Promise<z.infer<typeof datasetDetail>> {
  const { permitted } = await permitReading(ctx, id, undefined);
  const { at } = await resolveRef(ctx.database, id, `v${version}`);
  const [row] = await ctx.database.db
    .select({ state: datasetRevisions.state, contentHash: datasetRevisions.contentHash, at: datasetVersions.createdAt })
    .from(datasetVersions)
    .innerJoin(
      datasetRevisions,
      and(
        eq(datasetRevisions.datasetId, datasetVersions.datasetId),
        eq(datasetRevisions.revision, datasetVersions.revision),
      ),
    )
    .where(and(eq(datasetVersions.datasetId, id), eq(datasetVersions.version, version)));
  if (!row || at === null) throw new AppError('not_found');
  const { statistics: _, reading: __, ...totals } = row.state;
  return {
    ...viewOf({ ...permitted.dataset, ...totals }),
    unpublishedEdits: 0,
    ...{ version, revision: at, contentHash: row.contentHash, status: 'ready', progress: 100, hub: null },
    ...{ errorCode: null, errorMessage: null, updatedAt: row.at.toISOString(), lastModifiedAt: row.at.toISOString() },
    ...{ actions: ['see'], owner: null, organization: null, metadata: {}, forkedFrom: null, onlyVersion: version },
  };
}

/** What a dataset was forked from, for those who work on it, and for those who may see the source. */
async function originFor(
  { database, person }: ReadingContext,
  origin: Dataset['forkedFrom'],
  actions: readonly Action[],
): Promise<z.infer<typeof datasetDetail>['forkedFrom']> {
  if (origin === null) return null;
  const { datasetId, name, version, revision } = origin;
  const isVisible = await findDataset(database, person, datasetId).then(
    () => true,
    (error) => {
      if (error instanceof AppError) return false;
      throw error;
    },
  );
  return isVisible || actions.includes('edit') ? { datasetId, name, version, revision, isVisible } : null;
}

/** Its statistics, as counted when the last change was committed, or at a version. @throws AppError `not_found` */
export async function datasetStatistics(
  { database, dataset }: Permitted<'see', Reader>,
  { version }: { version?: string | undefined },
): Promise<StatisticsView> {
  const at = await revisionAt(database, { id: dataset.id, version });
  const [row] =
    at === null
      ? await database.db
          .select({ statistics: datasets.statistics, classNames: datasets.classNames })
          .from(datasets)
          .where(eq(datasets.id, dataset.id))
      : [await stateAt(database, dataset.id, at)];
  const { statistics, classNames = [] } = row ?? {};
  const none = { annotations: 0, images: 0 };
  return {
    classes: classNames.map((name, index) => ({ name, ...(statistics?.classes[index] ?? none) })),
    kinds: FILE_KINDS.map((kind) => ({ kind, ...(statistics?.kinds[kind] ?? { files: 0, bytes: 0 }) })),
    sizes: statistics?.sizes ?? [],
    labeledImages: statistics?.labeledImages ?? 0,
    brokenImages: statistics?.brokenImages ?? 0,
  };
}

/** @throws AppError `name_taken` */
export async function updateDataset(
  ctx: Permitted<'edit'>,
  { id, metadata, ...input }: z.infer<typeof updateDatasetInput>,
): Promise<z.infer<typeof datasetDetail>> {
  const before = ctx.dataset;
  if (input.visibility !== undefined && input.visibility !== before.visibility) {
    await requireDataset(ctx.database, ctx.person, id, 'manage');
  }
  assertVisible(input.visibility, before.organizationId);
  const changes: Partial<typeof datasets.$inferInsert> = {
    ...(input.name === undefined ? {} : { name: input.name }),
    ...(input.description === undefined ? {} : { description: input.description }),
    ...(input.visibility === undefined ? {} : { visibility: input.visibility }),
    ...(input.tags === undefined ? {} : { tags: [...new Set(input.tags)] }),
    ...(input.taskType === undefined ? {} : { taskType: input.taskType }),
    ...(input.license === undefined ? {} : { license: licenseOf(input.license) }),
    ...(input.citation === undefined ? {} : { citation: input.citation }),
  };
  assertTask(before, input.taskType);
  if (Object.keys(changes).length === 0 && metadata === undefined) return getDataset(ctx, id);
  const hasMeta = await ctx.database.db
    .transaction(async (tx) => {
      const now = await lockLiveDataset(tx, id);
      const merged = metadata === undefined ? {} : { metadata: mergeMetadata(now.metadata, metadata) };
      const [row] = await tx
        .update(datasets)
        .set({ ...changes, ...merged, updatedAt: new Date() })
        .where(eq(datasets.id, id))
        .returning();
      if (!row) throw new AppError('not_found');
      if (row.visibility !== now.visibility || row.license !== now.license)
        await assertMayBePublic(tx, ctx.defaults, row);
      if (metadata !== undefined) {
        const details = { merged: { metadata } };
        await recordAudit(tx, { action: 'updated', datasetId: id, ...performer(ctx), details });
      }
      for (const [action, keys] of [
        ['visibility_changed', ['visibility']],
        ['updated', ['name', 'description', 'license', 'citation', 'tags', 'taskType']],
      ] as const) {
        const changed = keys.filter((key) => key in changes && !isDeepStrictEqual(before[key], row[key]));
        if (changed.length === 0) continue;
        const of = (dataset: Pick<Dataset, (typeof changed)[number]>) =>
          Object.fromEntries(changed.map((key) => [key, dataset[key]]));
        await recordAudit(tx, {
          action,
          datasetId: id,
          ...performer(ctx),
          details: { before: of(before), after: of(row) },
        });
      }
      return row.metaBytes > 0;
    })
    .catch((error) => {
      throw isUniqueViolation(error) ? new AppError('name_taken') : error;
    });
  if (hasMeta && META_FIELDS.some((field) => field in changes)) await rewriteMeta(ctx, id);
  return getDataset(ctx, id);
}

/** Fields that `meta.json` repeats. */
const META_FIELDS = ['name', 'taskType', 'license', 'citation'] as const;

/** A store that cannot be written to does not undo the change; the next import writes the file anyway. */
async function rewriteMeta({ database, store, log }: SignedInContext, id: string): Promise<void> {
  await writeMeta(database.sql, store, id).catch((error) =>
    log.error({ err: error, datasetId: id }, 'meta.json was not written'),
  );
}

/** Rows and images are kept and shown in ways of their own: what has content of one kind cannot become the other. */
function assertTask(before: Dataset, taskType: string | null | undefined): void {
  const isEmpty = before.numFiles === 0 && before.source !== 'huggingface';
  if (taskType === undefined || isEmpty || (taskType === 'text') === (before.taskType === 'text')) return;
  const message =
    before.taskType === 'text' ? 'is "text": this dataset has rows' : 'is not "text": this dataset has no rows';
  throw new AppError('invalid_input', { issues: [{ path: 'taskType', message }] });
}

/** What `config` has for a dataset from the Hub. */
const hubConfig = z
  .object({
    repo: z.string(),
    revision: z.string().nullable(),
    commit: z.string().nullish(),
    subset: z.string().nullable(),
    split: z.string().nullable(),
    max_samples: z.number().nullable(),
    token_provided: z.boolean(),
  })
  .transform(({ max_samples: maxSamples, token_provided: tokenProvided, commit = null, ...rest }) => ({
    ...rest,
    maxSamples,
    tokenProvided,
    commit,
  }));

export function viewOf(row: Dataset): DatasetView {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    license: row.license,
    citation: row.citation,
    status: row.status,
    progress: row.progress,
    format: row.format,
    taskType: row.taskType,
    numImages: row.numImages,
    numAnnotations: row.numAnnotations,
    numClasses: row.numClasses,
    numFiles: row.numFiles,
    numSamples: row.numSamples,
    classNames: row.classNames,
    splits: row.splits,
    sizeBytes: row.sizeBytes,
    version: row.version,
    revision: row.revision,
    contentHash: row.contentHash,
    visibility: row.visibility,
    tags: row.tags,
    labeled: row.labeled,
    source: row.source,
    storageType: row.storageType,
    storagePath: row.storagePath,
    hub: row.source === 'huggingface' ? (hubConfig.safeParse(row.config).data ?? null) : null,
    ownerId: row.ownerId,
    organizationId: row.organizationId,
    errorCode: row.errorCode,
    errorMessage: row.errorMessage,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    lastModifiedAt: row.lastModifiedAt.toISOString(),
    deletedAt: row.deletedAt?.toISOString() ?? null,
    purgeAfter: row.purgeAfter?.toISOString() ?? null,
    purgeJobId: row.purgeJobId,
  };
}

export function isUniqueViolation(error: unknown): boolean {
  const cause = (error as { cause?: { code?: string } }).cause;
  return cause?.code === '23505';
}
