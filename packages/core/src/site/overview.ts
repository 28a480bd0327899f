import { activities, datasets, organizations, users, workers } from '@granary/db';
import { and, desc, eq, gt, ilike, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { datasetColumns, requireAdmin } from '../access/policy.ts';
import type { SignedInContext } from '../base/context.ts';
import { escapeLike, mapPage, type Page, pageOfRows } from '../base/paging.ts';
import { viewOf } from '../datasets/datasets.ts';
import { viewOf as jobView } from '../jobs/jobs.ts';
import type {
  AdminDatasetView,
  AdminJobView,
  adminDatasetsInput,
  adminJobsInput,
  QueueView,
  StorageReport,
  WorkerView,
} from './overview-schemas.ts';

/** All datasets, those in the trash, too, with their owners; the largest or the newest first. */
export async function listAllDatasets(
  ctx: SignedInContext,
  input: z.infer<typeof adminDatasetsInput>,
): Promise<Page<AdminDatasetView>> {
  requireAdmin(ctx);
  const column = input.sort === 'size' ? datasets.sizeBytes : datasets.createdAt;
  const cast = input.sort === 'size' ? sql`bigint` : sql`timestamptz`;
  const pattern = input.search ? `%${escapeLike(input.search)}%` : null;
  const { db } = ctx.database;
  const page = await pageOfRows(
    db,
    input,
    z.tuple([z.union([z.string(), z.number()]), z.string()]),
    (before) =>
      db
        .select({
          dataset: datasetColumns,
          ownerName: users.name,
          ownerEmail: users.email,
          organizationName: organizations.name,
        })
        .from(datasets)
        .leftJoin(users, eq(users.id, datasets.ownerId))
        .leftJoin(organizations, eq(organizations.id, datasets.organizationId))
        .where(
          and(
            pattern === null
              ? undefined
              : or(ilike(datasets.name, pattern), ilike(users.name, pattern), ilike(users.email, pattern)),
            before ? sql`(${column}, ${datasets.id}) < (${String(before[0])}::${cast}, ${before[1]})` : undefined,
          ),
        )
        .orderBy(desc(column), desc(datasets.id)),
    ({ dataset }) => [input.sort === 'size' ? dataset.sizeBytes : dataset.createdAt.toISOString(), dataset.id],
  );
  return mapPage(page, ({ dataset, ...rest }) => ({ ...viewOf(dataset), ...rest }));
}

const ALIVE_SECONDS = 30;

/** Jobs of everyone, the newest first, with the queues and the workers there are. */
export async function listAllJobs(
  ctx: SignedInContext,
  input: z.infer<typeof adminJobsInput>,
): Promise<Page<AdminJobView> & { queues: QueueView[]; workers: WorkerView[] }> {
  requireAdmin(ctx);
  const { db } = ctx.database;
  const [page, queues, alive] = await Promise.all([
    pageOfRows(
      db,
      input,
      z.tuple([z.iso.datetime(), z.uuid()]),
      (before) =>
        db
          .select({ job: activities, datasetName: datasets.name, createdBy: users.name })
          .from(activities)
          .leftJoin(datasets, eq(datasets.id, activities.datasetId))
          .leftJoin(users, eq(users.id, activities.createdBy))
          .where(
            and(
              input.state === undefined ? undefined : eq(activities.state, input.state),
              input.kind === undefined ? undefined : eq(activities.kind, input.kind),
              before
                ? sql`(${activities.createdAt}, ${activities.id}) < (${before[0]}::timestamptz, ${before[1]}::uuid)`
                : undefined,
            ),
          )
          .orderBy(desc(activities.createdAt), desc(activities.id)),
      ({ job }) => [job.createdAt.toISOString(), job.id],
    ),
    db.execute<{ name: string; waiting: number; running: number; failed: number }>(sql`
      select q.name, count(*) filter (where j.state in ('created', 'retry'))::float8 as waiting,
        count(*) filter (where j.state = 'active')::float8 as running, count(*) filter (where j.state = 'failed')::float8 as failed
      from pgboss.queue q left join pgboss.job j on j.name = q.name where q.name not like '\\_\\_%' group by q.name order by q.name`),
    db
      .select()
      .from(workers)
      .where(gt(workers.seenAt, sql`now() - interval '1 day'`))
      .orderBy(desc(workers.seenAt))
      .limit(100),
  ]);
  return {
    ...mapPage(page, ({ job, datasetName, createdBy }) => ({
      ...jobView({ ...job, datasetName, yoursBefore: 0 }),
      createdBy,
    })),
    queues: [...queues],
    workers: alive.map(({ id, host, pid, startedAt, seenAt }) => ({
      id,
      host,
      pid,
      startedAt: startedAt.toISOString(),
      seenAt: seenAt.toISOString(),
      isAlive: seenAt.getTime() > Date.now() - ALIVE_SECONDS * 1000,
    })),
  };
}

type Amount = { objects: number; bytes: number };

/** What uses the storage, by the rows; orphaned objects come from the last integrity check. */
export async function reportStorage(ctx: SignedInContext): Promise<StorageReport> {
  requireAdmin(ctx);
  const { db } = ctx.database;
  const amountOf = async (query: ReturnType<typeof sql>): Promise<Amount> => {
    const [row] = await db.execute<{ objects: number; bytes: number }>(query);
    return { objects: row?.objects ?? 0, bytes: row?.bytes ?? 0 };
  };
  const amounts = (bytes: string) =>
    sql.raw(`count(*)::float8 as objects, coalesce(sum(${bytes}), 0)::float8 as bytes`);
  const totals = sql`coalesce(sum(num_files), 0)::float8 as objects, coalesce(sum(size_bytes), 0)::float8 as bytes`;
  const [owners, kinds, live, trash, history, thumbnails, backups, exports, uploads, orphans] = await Promise.all([
    db.execute<StorageReport['users'][number]>(sql`
      select d.owner_id as "userId", u.name, count(*)::float8 as datasets, sum(d.size_bytes)::float8 as bytes
      from datasets d left join users u on u.id = d.owner_id group by d.owner_id, u.name order by bytes desc limit 100`),
    db.execute<StorageReport['kinds'][number]>(sql`
      select k.key as kind, sum((k.value->>'files')::float8) as files, sum((k.value->>'bytes')::float8) as bytes
      from datasets d, jsonb_each(d.statistics->'kinds') k where d.statistics is not null group by k.key order by bytes desc`),
    amountOf(sql`select ${totals} from datasets where deleted_at is null`),
    amountOf(sql`select ${totals} from datasets where deleted_at is not null`),
    amountOf(
      sql`select ${amounts('size')} from (select distinct storage_key, size from dataset_files where storage_key like 'history/%') kept`,
    ),
    amountOf(sql`select ${amounts('size')} from thumbnails`),
    amountOf(sql`select ${amounts('size')} from backups where state = 'verified'`),
    amountOf(sql`select ${amounts('size')} from exports where state = 'completed'`),
    amountOf(sql`select ${amounts('"offset"')} from uploads where state in ('uploading', 'finished')`),
    db.execute<Amount & { checkedAt: Date }>(sql`
      select c.finished_at as "checkedAt", count(f.id)::float8 as objects, coalesce(sum(f.size), 0)::float8 as bytes
      from (select * from integrity_checks where dataset_id is null and finished_at is not null order by created_at desc limit 1) c
      left join integrity_findings f on f.check_id = c.id and f.repair is null and f.code in ('orphan_object', 'orphan_thumbnail', 'unknown_object', 'abandoned_upload')
      group by c.finished_at`),
  ]);
  const [orphan] = [...orphans];
  return {
    users: [...owners],
    kinds: [...kinds],
    live,
    trash,
    history,
    thumbnails,
    backups,
    exports,
    uploads,
    orphans: orphan
      ? { objects: orphan.objects, bytes: orphan.bytes, checkedAt: new Date(orphan.checkedAt).toISOString() }
      : null,
  };
}
