import { assertQuota } from '@granary/core/access/quotas';
import { settleStatus } from '@granary/core/base/dataset-status';
import { announceJob } from '@granary/core/base/events';
import { AppError } from '@granary/core/errors/app-error';
import { JobFailure } from '@granary/core/errors/failures';
import { writeMeta } from '@granary/core/files/meta';
import { IMPORTS_OF_KIND, type ImportRequest, requestOf } from '@granary/core/imports/kinds';
import type { ImportOptions } from '@granary/core/imports/options';
import type { PayloadOf } from '@granary/core/queue/definitions';
import type { JobQueue } from '@granary/core/queue/queue';
import type { ImportKind } from '@granary/db';
import { type Override, REPAIR_CODES } from '@granary/formats';
import { csvOptions } from '@granary/tables';
import { z } from 'zod';
import type { Apart } from '../apart/apart.ts';
import type { ApartContext, WorkerContext } from '../context.ts';
import { forkInto } from '../forks/fork.ts';
import { stageMerge } from '../forks/merge.ts';
import { findAddition, readAddition } from '../import/addition.ts';
import { mergeClasses, numberingOf, stageClassNames } from '../import/class-map.ts';
import { type Committing, commitImport } from '../import/commit.ts';
import { isMendable, isResumable } from '../import/failure.ts';
import { type Reading, readDataset } from '../import/read.ts';
import type { Receiving } from '../import/receive.ts';
import { receive } from '../import/receivers.ts';
import { findReplaced, overridesThere } from '../import/replacing.ts';
import { discardStaged, dropUploads, settleMoves, sweepUnknown } from '../import/settle.ts';
import { type Changes, openSource } from '../import/source.ts';
import { type Plan, planRevert } from '../revisions/plan.ts';
import { commitRevert } from '../revisions/revert.ts';
import type { Handler, JobRun } from '../runner.ts';
import { type DatasetSession, openSession } from '../session.ts';
import { buildTables, dropMade } from '../tables/build.ts';
import { followTables } from '../tables/follow.ts';

/** How long undoing waits for whoever else writes to the dataset. */
const LOCK_WAIT_MS = 60_000;

type Payload = PayloadOf<'import'>;

/** Repairs and options of earlier imports, which hold for every reading. */
const keptConfig = z.looseObject({
  repairs: z.array(z.enum(REPAIR_CODES)).catch([]),
  classMap: z.record(z.string(), z.string()).catch({}),
  csv: csvOptions.optional().catch(undefined),
  overrides: z.array(z.object({ files: z.array(z.string()), over: z.array(z.string()) })).catch([]),
});

const withoutSame = (classMap: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(classMap).filter(([from, to]) => from !== to));

interface ImportRow {
  kind: ImportKind;
  options: unknown;
  phase: 'receiving' | 'committed' | 'settled';
  resume_at: { upload: number; entry: number };
  upload_ids: string[];
  created_by: string | null;
  /** Of the dataset. */
  config: unknown;
}

/**
 * The import: receive the entries of its uploads into the store, read the annotations, commit all of it at once, then
 * settle the objects. Each stage can be interrupted anywhere, and the next attempt resumes it.
 */
export function importHandler(context: WorkerContext, queue: JobQueue, apart: Apart): Handler<Payload> {
  return {
    async run(payload, run) {
      // An earlier attempt may have ended between the import's end and the job's.
      if (!(await isCompleted(context, payload))) await apart.run({ name: 'import', payload }, run);
      const result = await finish(context, payload, { state: 'completed' });
      await followTables(context, queue, payload);
      // A failure here does not undo the import; the job's schedule finds what is left to compare.
      await queue
        .askForComparison(payload.datasetId)
        .catch((error) => run.log.warn({ err: error }, 'comparison not asked for'));
      return result;
    },
    takeBack: (payload, outcome) => takeBack(context, payload, outcome),
  };
}

async function isCompleted({ database: { sql } }: WorkerContext, { importId }: Payload): Promise<boolean> {
  const [row] = await sql`select 1 from imports where id = ${importId} and state = 'completed'`;
  return row !== undefined;
}

/** What reads the uploads, until all of it is visible: done apart from the worker. */
export async function importUploads(context: ApartContext, payload: Payload, run: JobRun): Promise<void> {
  const session = await openSession(context.env.DATABASE_URL, payload.datasetId, run.signal, () =>
    run.progress(0, 'waiting_for_dataset'),
  );
  try {
    await runImport(context, session, payload, run);
  } finally {
    await session.close();
  }
}

async function runImport(context: ApartContext, session: DatasetSession, payload: Payload, run: JobRun): Promise<void> {
  const { store } = context;
  const { sql } = session;
  const { importId, datasetId } = payload;
  const [row] = await sql<ImportRow[]>`
    update imports set state = 'running', started_at = coalesce(started_at, now()) where id = ${importId} and state in ('queued', 'running')
    returning kind, options, phase, resume_at, upload_ids, created_by,
      (select config from datasets where id = ${datasetId}) as config`;
  if (!row) throw new JobFailure('import_gone', 'The import was ended by someone else.');
  await settleMoves(sql, store, datasetId);
  if (row.phase === 'receiving') {
    const asked = requestOf(row);
    const plan =
      asked.kind === 'undo' || asked.kind === 'rollback' ? await planRevert(session, datasetId, asked) : null;
    const committing: Committing = {
      ...{ session, store, run, createdBy: row.created_by, request: asked, importId, datasetId },
      labelsOnly: asked.labelsOnly,
      replacesAll: asked.labelsOnly && asked.replaceAll,
      remove: asked.kind === 'remove' ? asked.remove : undefined,
    };
    if (asked.kind === 'fork') await forkInto(committing, asked.fork);
    else if (plan?.isExact) {
      run.progress(50, 'placing');
      await commitRevert(committing, plan);
    } else {
      await readAnew({ context, session, run, payload, row }, asked, committing, plan);
    }
    await settleMoves(sql, store, datasetId);
  }
  await writeMeta(sql, store, datasetId);
  await dropUploads(sql, store, importId, 'imported');
}

interface Attempt {
  context: ApartContext;
  session: DatasetSession;
  run: JobRun;
  payload: Payload;
  row: ImportRow;
}

/** Receives what the import brings, reads the tree as it will be, and commits both. */
async function readAnew(
  { context, session, run, payload: { importId, datasetId, activityId }, row }: Attempt,
  asked: ImportRequest,
  committing: Committing,
  plan: Plan | null,
): Promise<void> {
  const { store } = context;
  const kept = keptConfig.parse(row.config);
  const reading = plan ? keptConfig.parse(plan.reading) : kept;
  const classMap = { ...reading.classMap, ...asked.classMap };
  const isAdopting = asked.kind === 'adopt';
  // Content that the dataset already has was adopted by an earlier attempt.
  const isInPlace = isAdopting && asked.paths === null;
  // Labels that come for all others replace them, whatever is asked of single files.
  const onConflict = isInPlace ? 'skip' : committing.replacesAll ? 'replace' : asked.onConflict;
  const csv = asked.csv ?? reading.csv;
  const options = { ...asked, onConflict, repairs: asked.repairs ?? reading.repairs, classMap, csv };
  const numbering = await numberingOf(session, datasetId, asked, kept.classMap);
  const receiving: Receiving = {
    session,
    store,
    run,
    importId,
    datasetId,
    options,
    numbering,
    isAdopting,
    isInPlace,
  };
  const writing = { session, store, tables: context.tables, run, importId, datasetId };
  const merged = asked.kind === 'merge' ? await stageMerge({ ...writing }, asked.merge) : null;
  const numImages = await receive({ context, receiving, writing, row }, asked);
  if (numbering) await stageClassNames(session, store, { importId, datasetId }, numbering);
  await assertRoom(context, session, { importId, datasetId, activityId });
  run.progress(80, 'detecting');
  const changes: Committing = { ...committing, isReverting: plan !== null || merged !== null };
  if (merged) changes.reverted = merged;
  if (plan) changes.reverted = { reverted: plan.reverted, conflicts: plan.conflicts };
  await dropMade(writing);
  let overrides: readonly Override[] = reading.overrides;
  if (changes.labelsOnly && !changes.replacesAll) {
    overrides = await findReplaced(session, store, changes, options, overrides, run);
    changes.hasSuperseded = true;
  }
  const read =
    (await readJoining(context, session, changes, options, run)) ??
    (await readAll(context, session, changes, { importId, options, numImages, overrides }, run));
  // Renumbered labels already use the classes of the dataset.
  const found = await mergeClasses(session, read, numbering ? {} : withoutSame(classMap));
  if (found.taskType === 'text') {
    changes.stale = await buildTables(writing, { csv: found.csv ?? null, report: found.findings });
    found.report = found.findings.build();
  }
  run.signal.throwIfAborted();
  run.progress(95, 'placing');
  await commitImport(changes, found);
}

/** Asks for the quota again, since archives unpack to more than their upload. */
async function assertRoom(
  { database, env }: ApartContext,
  { sql }: DatasetSession,
  { importId, datasetId }: Payload,
): Promise<void> {
  const [growth] = await sql<{ owner_id: string | null; bytes: number }[]>`
    select d.owner_id, (coalesce((select sum(s.size) from import_files s where s.import_id = ${importId}), 0)
      - coalesce((select sum(u.size) from uploads u join imports i on u.id = any(i.upload_ids) where i.id = ${importId}), 0))::float8 as bytes
    from datasets d where d.id = ${datasetId}`;
  if (!growth?.owner_id || growth.bytes <= 0) return;
  const { owner_id: ownerId, bytes } = growth;
  await database.db
    .transaction((tx) => assertQuota({ defaults: env }, tx, ownerId, { bytes, datasets: 0 }))
    .catch((error) => {
      throw error instanceof AppError ? new JobFailure('quota_exceeded', error.message) : error;
    });
}

/** Reads the dataset as it will be. */
async function readAll(
  { store }: ApartContext,
  session: DatasetSession,
  changes: Changes,
  what: Parameters<typeof readDataset>[2],
  run: JobRun,
): Promise<Reading> {
  const source = await openSource(session, store, changes);
  return readDataset(session, source, { ...what, overrides: await overridesThere(session, what.overrides) }, run);
}

/** Reads only the new files where that is enough; null where everything must be read. */
async function readJoining(
  { store }: ApartContext,
  session: DatasetSession,
  changes: Changes,
  options: ImportOptions,
  run: JobRun,
): Promise<Reading | null> {
  const joined = await findAddition(session, changes, options);
  if (!joined) return null;
  const source = await openSource(session, store, changes, 'addition');
  return readAddition(session, source, joined, changes.importId, run);
}

async function takeBack(
  context: WorkerContext,
  payload: Payload,
  outcome: { state: 'failed' | 'cancelled'; code: string; message: string },
): Promise<void> {
  const { database, store } = context;
  const [row] = await database.sql<{ phase: string; attempt: number; kind: ImportKind }[]>`
    select i.phase, a.attempt, i.kind from imports i join activities a on a.id = i.job_id where i.id = ${payload.importId}`;
  const keepsParts =
    row && IMPORTS_OF_KIND[row.kind].keepsParts && outcome.state === 'failed' && isResumable(outcome.code);
  if (row?.phase === 'receiving' && !keepsParts) {
    const session = await openSession(context.env.DATABASE_URL, payload.datasetId, AbortSignal.timeout(LOCK_WAIT_MS));
    try {
      await discardStaged(session.sql, store, payload.importId);
      if (row.attempt > 1) await sweepUnknown(session.sql, store, payload.datasetId, payload.importId);
    } finally {
      await session.close();
    }
  }
  if (!isMendable(outcome.code)) await dropUploads(database.sql, store, payload.importId, 'finished');
  await finish(context, payload, outcome);
}

/**
 * Ends the import and gives the dataset the status that follows: what had content stays ready when an import fails, and
 * a dataset with further imports in the queue stays in processing.
 */
async function finish(
  { database: { sql } }: WorkerContext,
  { importId, datasetId, activityId }: Payload,
  outcome: { state: 'completed' } | { state: 'failed' | 'cancelled'; code: string; message: string },
): Promise<unknown> {
  const error = outcome.state === 'failed' ? outcome : null;
  const [row] = await sql.begin(async (tx) => {
    await tx`select 1 from datasets where id = ${datasetId} for update`;
    await tx`
      update imports set state = ${outcome.state}, phase = case when ${outcome.state} = 'completed' then 'settled' else phase end,
        sealed_token = null, error_code = ${error?.code ?? null}, error_message = ${error?.message ?? null}, finished_at = now()
      where id = ${importId} and state in ('queued', 'running')`;
    await settleStatus(tx, datasetId, error);
    return tx<
      { counts: unknown; reverted: object | null }[]
    >`select counts, reverted from imports where id = ${importId}`;
  });
  await announceJob(sql, activityId);
  return { importId, ...(typeof row?.counts === 'object' ? row.counts : {}), ...row?.reverted };
}
