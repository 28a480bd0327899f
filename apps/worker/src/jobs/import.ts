import { type Archive, ImportFailure, openUpload, type UploadedFile } from '@granary/archives';
import { assertQuota } from '@granary/core/access/quotas';
import { announceJob } from '@granary/core/base/events';
import { AppError } from '@granary/core/errors/app-error';
import { type ImportOptions, keptOptions } from '@granary/core/imports/schemas';
import type { importJob } from '@granary/core/queue/definitions';
import type { JobQueue } from '@granary/core/queue/queue';
import { REPAIR_CODES } from '@granary/formats';
import { z } from 'zod';
import { receiveHub } from '../hub/receive.ts';
import { findAddition, readAddition } from '../import/addition.ts';
import { mergeClasses, numberingOf, stageClassNames } from '../import/class-map.ts';
import { commitImport } from '../import/commit.ts';
import { isMendable, isResumable } from '../import/failure.ts';
import { type Reading, readDataset } from '../import/read.ts';
import { type Receiving, receiveUpload } from '../import/receive.ts';
import { discardStaged, dropUploads, settleMoves, sweepUnknown, writeMeta } from '../import/settle.ts';
import { type Changes, openSource } from '../import/source.ts';
import { storedArchive } from '../import/stored.ts';
import type { Handler, JobRun } from '../runner.ts';
import { type DatasetSession, openSession } from '../session.ts';
import { buildTables, dropMade } from '../tables/build.ts';
import { followTables } from '../tables/follow.ts';
import { tokenize } from '../tokens/tokenize.ts';
import type { WorkerContext } from '../worker.ts';

/** How long taking back waits for whoever else writes to the dataset. */
const LOCK_WAIT_MS = 60_000;

type Payload = z.infer<typeof importJob.payload>;

/** What was asked for since the dataset was made, and holds for every reading. */
const keptConfig = z.looseObject({
  repairs: z.array(z.enum(REPAIR_CODES)).catch([]),
  classMap: z.record(z.string(), z.string()).catch({}),
});

const withoutSame = (classMap: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(classMap).filter(([from, to]) => from !== to));

interface ImportRow {
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
 * settle the objects. Each stage can be cut off anywhere and is gone on with by the next attempt.
 */
export function importHandler(
  context: WorkerContext,
  queue: JobQueue,
  askForComparison: (datasetId: string) => Promise<void>,
): Handler<Payload> {
  return {
    async run(payload, run) {
      const session = await openSession(context.env.DATABASE_URL, payload.datasetId, run.signal);
      try {
        await runImport(context, session, payload, run);
      } finally {
        await session.close();
      }
      const result = await finish(context, payload, { state: 'completed' });
      await followTables(context, queue, payload);
      // The import is done whatever becomes of this; the schedule of the job finds what is left to compare.
      await askForComparison(payload.datasetId).catch((error) =>
        run.log.warn({ err: error }, 'comparison not asked for'),
      );
      return result;
    },
    takeBack: (payload, outcome) => takeBack(context, payload, outcome),
  };
}

async function runImport(
  context: WorkerContext,
  session: DatasetSession,
  payload: Payload,
  run: JobRun,
): Promise<void> {
  const { store } = context;
  const { sql } = session;
  const { importId, datasetId } = payload;
  const [row] = await sql<ImportRow[]>`
    update imports set state = 'running', started_at = coalesce(started_at, now()) where id = ${importId} and state in ('queued', 'running')
    returning options, phase, resume_at, upload_ids, created_by,
      (select config from datasets where id = ${datasetId}) as config`;
  if (!row) throw new ImportFailure('import_gone', 'The import was ended by someone else.');
  await settleMoves(sql, store, datasetId);
  if (row.phase === 'receiving') {
    const asked = keptOptions.parse(row.options);
    const kept = keptConfig.parse(row.config);
    const classMap = { ...kept.classMap, ...asked.classMap };
    // What the dataset has already was adopted before.
    const onConflict = asked.adoptAll ? ('skip' as const) : asked.onConflict;
    const options = { ...asked, onConflict, repairs: asked.repairs ?? kept.repairs, classMap };
    const numbering = await numberingOf(session, datasetId, asked, kept.classMap);
    const isInPlace = asked.adoptAll ?? false;
    const isAdopting = asked.adopt !== undefined || isInPlace;
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
    const stored = storedArchive(session, store, datasetId, asked);
    const writing = { session, store, tables: context.tables, run, importId, datasetId };
    if (asked.hub) await receiveHub(context, writing, asked.hub);
    if (asked.tokenize) await tokenize(context, writing, asked.tokenize);
    const numImages = stored ? await receiveStored(receiving, stored, row) : await receiveAll(context, receiving, row);
    if (numbering) await stageClassNames(session, store, { importId, datasetId }, numbering);
    await assertRoom(context, session, payload);
    run.progress(80, 'detecting');
    const changes: Changes = { importId, datasetId, labelsOnly: options.labelsOnly, remove: options.remove };
    await dropMade(writing);
    const read =
      (await readJoining(context, session, changes, options, run)) ??
      (await readDataset(session, await openSource(session, store, changes), { importId, options, numImages }, run));
    // Renumbered labels say the classes of the dataset already.
    const reading = await mergeClasses(session, read, numbering ? {} : withoutSame(classMap));
    if (reading.taskType === 'text') changes.stale = await buildTables(writing);
    run.signal.throwIfAborted();
    run.progress(95, 'placing');
    await commitImport({ session, store, run, createdBy: row.created_by, putBack: asked.putBack, ...changes }, reading);
    await settleMoves(sql, store, datasetId);
  }
  await writeMeta(sql, store, datasetId);
  await dropUploads(sql, store, importId, 'imported');
}

/** Archives unpack to more than was asked about before the upload. */
async function assertRoom(
  { database, env }: WorkerContext,
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
      throw error instanceof AppError ? new ImportFailure('quota_exceeded', error.message) : error;
    });
}

/** Reads what only joins the dataset by itself; null where all must be read. */
async function readJoining(
  { store }: WorkerContext,
  session: DatasetSession,
  changes: Changes,
  options: ImportOptions,
  run: JobRun,
): Promise<Reading | null> {
  const joined = await findAddition(session, changes, options);
  if (!joined) return null;
  const source = await openSource(session, store, changes, true);
  return readAddition(session, source, joined, changes.importId, run);
}

/** @returns how many images were staged */
async function receiveAll(context: WorkerContext, receiving: Receiving, row: ImportRow): Promise<number> {
  const { env, store } = context;
  const { session, run, importId } = receiving;
  const uploads = await findUploads(session, row.upload_ids);
  const limits = {
    maxEntries: env.GRANARY_MAX_ENTRIES,
    maxBytes: env.GRANARY_MAX_IMPORT_BYTES,
    maxRatio: env.GRANARY_MAX_RATIO,
  };
  const totalBytes = uploads.reduce((sum, upload) => sum + upload.sizeBytes, 0) || 1;
  let doneBytes = 0;
  for (const [index, upload] of uploads.entries()) {
    if (index >= row.resume_at.upload) {
      const from = index === row.resume_at.upload ? row.resume_at.entry : 0;
      const archive = await openUpload(store, upload, limits);
      const report = () => {
        const share = (doneBytes + archive.position() * upload.sizeBytes) / totalBytes;
        run.progress(80 * share, 'unpacking', upload.filename);
      };
      const ticking = setInterval(report, 500);
      try {
        await receiveUpload(receiving, archive, index, from);
      } finally {
        clearInterval(ticking);
      }
    }
    doneBytes += upload.sizeBytes;
  }
  return uploads.length === 0 ? 0 : assertSomething(session, importId, uploads);
}

/** Files that lie in the store already. */
async function receiveStored(receiving: Receiving, archive: Archive, row: ImportRow): Promise<number> {
  const { session, importId, run } = receiving;
  run.progress(0, 'restoring');
  await receiveUpload(receiving, archive, 0, row.resume_at.entry);
  const [counts] = await session.sql<{ images: number }[]>`
    select (count(*) filter (where kind = 'image'))::float8 as images from import_files where import_id = ${importId}`;
  return counts?.images ?? 0;
}

async function findUploads({ sql }: DatasetSession, ids: readonly string[]): Promise<UploadedFile[]> {
  const rows = await sql<UploadedFile[]>`
    select id, filename, relative_path as "relativePath", kind, size::float8 as "sizeBytes" from uploads
    where id = any(${ids}) and state = 'finished'`;
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => {
    const upload = byId.get(id);
    if (!upload)
      throw new ImportFailure('upload_gone', 'An upload of this import has expired. Upload the files again.');
    return upload;
  });
}

/** An upload of which nothing could be used is a failure, not an empty success. */
async function assertSomething(
  { sql }: DatasetSession,
  importId: string,
  uploads: readonly UploadedFile[],
): Promise<number> {
  const [counts] = await sql<{ files: number; images: number }[]>`
    select count(*)::float8 as files, (count(*) filter (where kind = 'image'))::float8 as images from import_files where import_id = ${importId}`;
  if (counts && counts.files > 0) return counts.images;
  const issues = await sql<{ path: string; detail: string }[]>`
    select path, detail from import_issues where import_id = ${importId} and code <> 'kept_existing' order by upload, entry limit 3`;
  const [had] = await sql`select 1 from import_objects where import_id = ${importId}
    union all select 1 from import_issues where import_id = ${importId} and code = 'kept_existing' limit 1`;
  // Everything was there already, and was to stay.
  if (issues.length === 0 && had) return 0;
  const names = uploads.map((upload) => upload.filename).join(', ');
  const reasons = issues.map(({ path, detail }) => `${path} (${detail})`).join('; ');
  throw new ImportFailure(
    'nothing_to_import',
    reasons ? `Nothing in ${names} can be imported: ${reasons}.` : `There are no files in ${names}.`,
  );
}

async function takeBack(
  context: WorkerContext,
  payload: Payload,
  outcome: { state: 'failed' | 'cancelled'; code: string; message: string },
): Promise<void> {
  const { database, store } = context;
  const [row] = await database.sql<{ phase: string; attempt: number; kind: string }[]>`
    select phase, attempt, kind from imports join activities a on a.id = job_id where imports.id = ${payload.importId}`;
  const keepsParts = row?.kind === 'download' && outcome.state === 'failed' && isResumable(outcome.code);
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
    const done = await tx<{ counts: unknown }[]>`
      update imports set state = ${outcome.state}, phase = case when ${outcome.state} = 'completed' then 'settled' else phase end,
        sealed_token = null, error_code = ${error?.code ?? null}, error_message = ${error?.message ?? null}, finished_at = now()
      where id = ${importId} and state in ('queued', 'running') returning counts`;
    await tx`update datasets set progress = case when num_files > 0 then 100 else 0 end, updated_at = now(),
        status = case when num_files > 0 then 'ready' when ${error !== null} then 'failed' else 'pending' end,
        error_code = case when num_files > 0 then null else ${error?.code ?? null} end,
        error_message = case when num_files > 0 then null else ${error?.message ?? null} end
      where id = ${datasetId} and status in ('processing', 'downloading')
        and not exists (select 1 from imports where dataset_id = ${datasetId} and state in ('queued', 'running'))`;
    return done;
  });
  await announceJob(sql, activityId);
  return { importId, ...(typeof row?.counts === 'object' ? row.counts : {}) };
}
