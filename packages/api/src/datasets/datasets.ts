import { isDeepStrictEqual } from 'node:util';
import { datasets, FILE_KINDS, organizations, type Transaction, users } from '@granary/db';
import { and, asc, desc, eq, isNull, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { performer, recordAudit } from '../audit/record.ts';
import type { Person } from '../auth/sessions.ts';
import { ERRORS } from '../error-kinds.ts';
import { AppError, type ErrorIssue, issuesOf } from '../errors.ts';
import { decodeCursor, encodeCursor, escapeLike } from '../paging.ts';
import {
  type Dataset,
  findDataset,
  isGranted,
  isMember,
  permits,
  requireDataset,
  requireOrganization,
  whileSeeing,
} from '../policy.ts';
import { assertQuota } from '../quotas.ts';
import type { SignedInContext } from '../trpc.ts';
import {
  type createDatasetInput,
  type DatasetView,
  type datasetDetail,
  type datasetFilter,
  datasetName,
  type listDatasetsInput,
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
  return ctx.database.db.transaction(async (tx) => toView(await insertDataset(ctx, tx, input)));
}

/** Members may add to what their organization has. */
async function assertMember(ctx: SignedInContext, organizationId: string): Promise<void> {
  await requireOrganization(ctx.database, ctx.person, organizationId, 'see').catch(() => {
    throw new AppError('invalid_input', {
      issues: [{ path: 'organizationId', message: 'is not the id of an organization of yours' }],
    });
  });
}

function assertVisible(visibility: Dataset['visibility'] | undefined, organizationId: string | null): void {
  if (visibility !== 'organization' || organizationId !== null) return;
  throw new AppError('invalid_input', {
    issues: [{ path: 'visibility', message: 'is for datasets of an organization, and this is none of any' }],
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
  const id = crypto.randomUUID();
  const [row] = await tx
    .insert(datasets)
    .values({
      id,
      name: input.name,
      description: input.description ?? '',
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

/** Whose a dataset is: an organization's, or else a person's. */
type Home = Pick<Dataset, 'ownerId' | 'organizationId'>;

/** Datasets of the same home as a condition: no two of them have the same name. */
function isAt({ ownerId, organizationId }: Home): SQL | undefined {
  if (organizationId !== null) return eq(datasets.organizationId, organizationId);
  return and(
    isNull(datasets.organizationId),
    ownerId === null ? isNull(datasets.ownerId) : eq(datasets.ownerId, ownerId),
  );
}

/** The name itself, or the first one of "name (2)", "name (3)", … that no dataset has there. */
export async function freeName(tx: Transaction, home: Home, wanted: string): Promise<string> {
  const stem = wanted.slice(0, 110);
  const taken = await tx
    .select({ name: datasets.name })
    .from(datasets)
    .where(and(isAt(home), isNull(datasets.deletedAt), sql`starts_with(${datasets.name}, ${stem})`));
  const names = new Set(taken.map(({ name }) => name));
  if (!names.has(wanted)) return wanted;
  for (let number = 2; ; number++) if (!names.has(`${stem} (${number})`)) return `${stem} (${number})`;
}

/** Whether a dataset of one's own may be called so: for a form to say while one types. */
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
        // Of an organization that one is not in, nothing is told.
        organizationId === undefined ? undefined : isMember(person),
        eq(datasets.name, parsed.data),
        isNull(datasets.deletedAt),
      ),
    );
  const { message } = ERRORS.name_taken;
  return taken ? refused({ path: 'name', code: 'name_taken', message }) : { isFree: true, problem: null };
}

/** One dataset, with whose it is and what one may do with it. */
export async function getDataset(ctx: SignedInContext, id: string): Promise<z.infer<typeof datasetDetail>> {
  const { dataset, actions } = await findDataset(ctx.database, ctx.person, id);
  const { db } = ctx.database;
  const { ownerId, organizationId } = dataset;
  const [[owner], [organization]] = await Promise.all([
    ownerId === null ? [] : db.select({ id: users.id, name: users.name }).from(users).where(eq(users.id, ownerId)),
    organizationId === null
      ? []
      : db
          .select({ id: organizations.id, name: organizations.name })
          .from(organizations)
          .where(eq(organizations.id, organizationId)),
  ]);
  return { ...toView(dataset), actions, owner: owner ?? null, organization: organization ?? null };
}

/** What it holds, as it was counted when the last change was committed. */
export async function datasetStatistics(ctx: SignedInContext, id: string): Promise<StatisticsView> {
  const [row] = await whileSeeing(
    ctx,
    id,
    ctx.database.db
      .select({ statistics: datasets.statistics, classNames: datasets.classNames })
      .from(datasets)
      .where(eq(datasets.id, id)),
  );
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
  ctx: SignedInContext,
  { id, ...input }: z.infer<typeof updateDatasetInput>,
): Promise<DatasetView> {
  const before = await requireDataset(ctx.database, ctx.person, id, 'edit');
  if (input.visibility !== undefined && input.visibility !== before.visibility) {
    await requireDataset(ctx.database, ctx.person, id, 'manage');
  }
  assertVisible(input.visibility, before.organizationId);
  const changes: Partial<typeof datasets.$inferInsert> = {
    ...(input.name === undefined ? {} : { name: input.name }),
    ...(input.description === undefined ? {} : { description: input.description }),
    ...(input.visibility === undefined ? {} : { visibility: input.visibility }),
    ...(input.tags === undefined ? {} : { tags: [...new Set(input.tags)] }),
  };
  if (Object.keys(changes).length === 0) return toView(before);
  return ctx.database.db
    .transaction(async (tx) => {
      const [row] = await tx
        .update(datasets)
        .set({ ...changes, updatedAt: new Date() })
        .where(and(eq(datasets.id, id), isNull(datasets.deletedAt)))
        .returning();
      if (!row) throw new AppError('not_found');
      for (const [action, keys] of [
        ['visibility_changed', ['visibility']],
        ['updated', ['name', 'description', 'tags']],
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
      return toView(row);
    })
    .catch((error) => {
      throw isUniqueViolation(error) ? new AppError('name_taken') : error;
    });
}

const SORT_COLUMNS = {
  name: datasets.name,
  size: datasets.sizeBytes,
  images: datasets.numImages,
  createdAt: datasets.createdAt,
  updatedAt: datasets.updatedAt,
} as const;

const SORT_FIELDS = {
  name: 'name',
  size: 'sizeBytes',
  images: 'numImages',
  createdAt: 'createdAt',
  updatedAt: 'updatedAt',
} as const;

/** As {@link toView} has it. */
const instantOf = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * A dataset's columns as its view has them: lists, which are asked for most, need no mapping row by row (a quarter of the
 * time that the whole answer took).
 */
const VIEW = sql.raw(
  Object.entries({
    id: 'id',
    name: 'name',
    description: 'description',
    status: 'status',
    progress: 'progress',
    format: 'format',
    taskType: 'task_type',
    numImages: 'num_images::float8',
    numAnnotations: 'num_annotations::float8',
    numClasses: 'num_classes',
    numFiles: 'num_files::float8',
    classNames: 'class_names',
    splits: 'splits',
    sizeBytes: 'size_bytes::float8',
    version: 'version',
    contentHash: 'content_hash',
    visibility: 'visibility',
    tags: 'tags',
    labeled: 'labeled',
    source: 'source',
    ownerId: 'owner_id',
    organizationId: 'organization_id',
    errorCode: 'error_code',
    errorMessage: 'error_message',
    createdAt: instantOf('created_at'),
    updatedAt: instantOf('updated_at'),
    lastModifiedAt: instantOf('last_modified_at'),
    deletedAt: instantOf('deleted_at'),
    purgeAfter: instantOf('purge_after'),
    purgeJobId: 'purge_job_id',
  } satisfies Record<keyof DatasetView, string>)
    .map(([name, column]) => `${column} as "${name}"`)
    .join(', '),
);

/** The datasets one may see, filtered and sorted, a page at a time by keyset. */
export async function listDatasets(
  ctx: SignedInContext,
  input: z.infer<typeof listDatasetsInput>,
): Promise<{ items: DatasetView[]; nextCursor: string | null }> {
  const column = SORT_COLUMNS[input.sort];
  const direction = input.order === 'asc' ? asc : desc;
  const after = decodeCursor(input.cursor, z.tuple([z.union([z.string(), z.number()]), z.string()]));
  const where = and(...filtersOf(ctx.person, input), after ? isPast(input, column, after) : undefined);
  const rows = await ctx.database.db.execute<DatasetView>(sql`
    select ${VIEW} from ${datasets} where ${where}
    order by ${direction(column)}, ${direction(datasets.id)} limit ${input.limit + 1}`);
  const items = rows.slice(0, input.limit);
  const last = rows.length > input.limit ? items.at(-1) : undefined;
  return { items, nextCursor: last ? encodeCursor([last[SORT_FIELDS[input.sort]], last.id]) : null };
}

/** What one may see and what matches. */
export function filtersOf(person: Person, input: z.infer<typeof datasetFilter>): (SQL | undefined)[] {
  const owner = input.owner === 'me' ? person.id : input.owner;
  const isId = owner === undefined || z.uuid().safeParse(owner).success;
  const tags =
    input.tags
      ?.split(',')
      .map((tag) => tag.trim())
      .filter((tag) => tag !== '') ?? [];
  const pattern = input.search ? `%${escapeLike(input.search)}%` : null;
  return [
    isNull(datasets.deletedAt),
    permits(person, 'see'),
    input.scope === undefined ? undefined : inScope(person, input.scope),
    isId ? undefined : sql`false`,
    owner !== undefined && isId ? eq(datasets.ownerId, owner) : undefined,
    input.organizationId === undefined ? undefined : sql`${datasets.organizationId}::text = ${input.organizationId}`,
    input.status === undefined ? undefined : eq(datasets.status, input.status),
    input.source === undefined ? undefined : eq(datasets.source, input.source),
    input.labeled === undefined ? undefined : eq(datasets.labeled, input.labeled === 'true'),
    input.taskType === undefined ? undefined : eq(datasets.taskType, input.taskType),
    input.format === undefined ? undefined : eq(datasets.format, input.format),
    input.visibility === undefined ? undefined : eq(datasets.visibility, input.visibility),
    tags.length === 0 ? undefined : sql`${datasets.tags} @> ${sql.param(tags)}::text[]`,
    pattern === null
      ? undefined
      : sql`dataset_search_text(${datasets.name}, ${datasets.description}, ${datasets.tags}) ilike ${pattern}`,
  ];
}

function inScope(person: Person, scope: NonNullable<z.infer<typeof datasetFilter>['scope']>): SQL {
  switch (scope) {
    case 'mine':
      return eq(datasets.ownerId, person.id);
    case 'samples':
      return eq(datasets.source, 'sample');
    case 'shared':
      return isGranted(person);
    case 'organization':
      return isMember(person);
    case 'public':
      return eq(datasets.visibility, 'public');
  }
}

function isPast(
  input: z.infer<typeof listDatasetsInput>,
  column: (typeof SORT_COLUMNS)[keyof typeof SORT_COLUMNS],
  [value, id]: [string | number, string],
): SQL {
  const cast = {
    name: sql`text`,
    size: sql`bigint`,
    images: sql`bigint`,
    createdAt: sql`timestamptz`,
    updatedAt: sql`timestamptz`,
  }[input.sort];
  const comparison = input.order === 'asc' ? sql`>` : sql`<`;
  return sql`(${column}, ${datasets.id}) ${comparison} (${String(value)}::${cast}, ${id})`;
}

export function toView(row: Dataset): DatasetView {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    status: row.status,
    progress: row.progress,
    format: row.format,
    taskType: row.taskType,
    numImages: row.numImages,
    numAnnotations: row.numAnnotations,
    numClasses: row.numClasses,
    numFiles: row.numFiles,
    classNames: row.classNames,
    splits: row.splits,
    sizeBytes: row.sizeBytes,
    version: row.version,
    contentHash: row.contentHash,
    visibility: row.visibility,
    tags: row.tags,
    labeled: row.labeled,
    source: row.source,
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
