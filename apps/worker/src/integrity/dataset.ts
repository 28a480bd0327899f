import { createHash } from 'node:crypto';
import type { Sql } from '@granary/db';
import { keys, type ObjectInfo, type ObjectStore } from '@granary/storage';
import pLimit from 'p-limit';
import { hashTree } from '../import/totals.ts';
import type { JobRun } from '../runner.ts';
import { type Expected, expectedHistory, expectedThumbnails, expectedTree } from './expected.ts';
import type { Findings } from './findings.ts';

const PARALLEL_READS = 8;

interface Checking {
  sql: Sql;
  store: ObjectStore;
  run: JobRun;
  findings: Findings;
  isDeep: boolean;
}

/** Compares one dataset with the store, by prefix, and its totals with its rows. Nobody writes to it meanwhile. */
export async function checkDataset(context: Checking, datasetId: string): Promise<void> {
  const { sql } = context;
  const prefixes = keys.prefixes(datasetId);
  await comparePrefix(context, datasetId, prefixes.datasets, expectedTree(sql, datasetId));
  await comparePrefix(context, datasetId, prefixes.history, expectedHistory(sql, datasetId));
  await comparePrefix(context, datasetId, prefixes.thumbnails, expectedThumbnails(sql, datasetId));
  await checkTotals(context, datasetId);
}

/**
 * Goes along the rows and the listing side by side, since both are in the order of the keys' bytes. What one of them
 * lacks is looked for once more by itself: a thumbnail may come, and a listing may be a moment old.
 */
async function comparePrefix(
  context: Checking,
  datasetId: string,
  prefix: string,
  rows: AsyncGenerator<Expected>,
): Promise<void> {
  const { store, run, findings, isDeep } = context;
  const objects = store.walk(prefix)[Symbol.asyncIterator]();
  const limit = pLimit(PARALLEL_READS);
  const reading = new Set<Promise<void>>();
  let [row, object] = [await next(rows), await next(objects)];
  while (row || object) {
    run.signal.throwIfAborted();
    const order = row && object ? Buffer.compare(Buffer.from(row.key), Buffer.from(object.key)) : row ? -1 : 1;
    if (object && order > 0) {
      findings.objects++;
      await unknownObject(context, datasetId, prefix, object);
      object = await next(objects);
      continue;
    }
    if (row && order < 0) {
      findings.files++;
      await missingObject(context, datasetId, row);
      row = await next(rows);
      continue;
    }
    if (!row || !object) break;
    findings.files++;
    findings.objects++;
    const [expected, found] = [row, object];
    if (expected.sizeBytes !== null && expected.sizeBytes !== found.sizeBytes && expected.isNeeded) {
      const details = { expectedBytes: expected.sizeBytes, foundBytes: found.sizeBytes };
      await findings.add({
        code: 'wrong_size',
        datasetId,
        subject: expected.subject,
        storageKey: expected.key,
        details,
        sizeBytes: found.sizeBytes,
      });
    } else if (isDeep && expected.sha256 !== null) {
      const job = limit(() => compareHash(context, datasetId, expected, found));
      reading.add(job);
      job.then(
        () => reading.delete(job),
        () => {},
      );
      if (reading.size >= PARALLEL_READS * 2) await Promise.race(reading);
    }
    [row, object] = [await next(rows), await next(objects)];
  }
  await Promise.all(reading);
}

async function next<T>(iterator: AsyncIterator<T>): Promise<T | null> {
  const { value, done } = await iterator.next();
  return done ? null : value;
}

async function unknownObject(
  { sql, store, findings }: Checking,
  datasetId: string,
  prefix: string,
  { key }: ObjectInfo,
): Promise<void> {
  const info = await store.head(key);
  if (!info) return;
  const { datasets, thumbnails } = keys.prefixes(datasetId);
  if (prefix === thumbnails) {
    const [known] = await sql`select 1 from thumbnails where dataset_id = ${datasetId} and storage_key = ${key}`;
    if (!known)
      await findings.add({
        code: 'orphan_thumbnail',
        datasetId,
        subject: key,
        storageKey: key,
        sizeBytes: info.sizeBytes,
      });
    return;
  }
  const isFile = prefix === datasets && key !== keys.meta(datasetId);
  await findings.add({
    code: isFile ? 'unknown_object' : 'orphan_object',
    datasetId,
    subject: isFile ? key.slice(prefix.length) : key,
    storageKey: key,
    sizeBytes: info.sizeBytes,
  });
}

async function missingObject({ store, findings }: Checking, datasetId: string, row: Expected): Promise<void> {
  // A row may point to a passing key for a moment: what counts is that its object is there.
  if (!row.isNeeded || (await store.head(row.key))) return;
  const { subject, key, sizeBytes } = row;
  await findings.add({
    code: 'missing_object',
    datasetId,
    subject,
    storageKey: key,
    ...(sizeBytes === null ? {} : { sizeBytes }),
  });
}

async function compareHash(
  { store, run, findings }: Checking,
  datasetId: string,
  { key, subject, sha256 }: Expected,
  { sizeBytes }: ObjectInfo,
): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of await store.get(key, { signal: run.signal })) hash.update(chunk);
  const found = hash.digest('hex');
  if (found === sha256) return;
  const details = { expectedSha256: sha256, foundSha256: found };
  await findings.add({ code: 'wrong_hash', datasetId, subject, storageKey: key, sizeBytes, details });
}

interface Totals {
  files: number;
  images: number;
  bytes: number;
  annotations: number;
}

async function checkTotals({ sql, findings }: Checking, datasetId: string): Promise<void> {
  const [dataset] = await sql<(Totals & { name: string; content_hash: string | null })[]>`
    select name, num_files::float8 as files, num_images::float8 as images, size_bytes::float8 as bytes, num_annotations::float8 as annotations, content_hash
    from datasets where id = ${datasetId}`;
  if (!dataset) return;
  const [counted] = await sql<Totals[]>`
    select count(*)::float8 as files, (count(*) filter (where kind = 'image' and problem is null))::float8 as images, coalesce(sum(size), 0)::float8 as bytes,
      (select count(*) from annotations a join annotation_projects p on p.id = a.project_id and p.removed_in is null
        where p.dataset_id = ${datasetId} and a.removed_in is null)::float8 as annotations
    from dataset_files where dataset_id = ${datasetId} and removed_in is null`;
  const totals = ['files', 'images', 'bytes', 'annotations'] as const;
  const wrong = totals.filter((name) => dataset[name] !== counted?.[name]);
  if (wrong.length > 0) {
    const details = Object.fromEntries(
      wrong.map((name) => [name, `${dataset[name]}, but ${counted?.[name]} are there`]),
    );
    await findings.add({ code: 'wrong_totals', datasetId, subject: dataset.name, details });
  }
  const hash = await sql.begin((tx) => hashTree(tx, datasetId));
  if (dataset.content_hash !== null && dataset.content_hash !== hash) {
    const details = { kept: dataset.content_hash, computed: hash };
    await findings.add({ code: 'wrong_content_hash', datasetId, subject: dataset.name, details });
  }
}
