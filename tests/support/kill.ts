import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.ts';
import type { TestGranary } from './granary.ts';
import { until } from './until.ts';

/** All that an import leaves behind, in a form that two imports of the same files can be compared by. */
export async function stateOf(granary: TestGranary, client: Client, datasetId: string) {
  const { sql } = granary.database;
  const { contentHash, numImages, numAnnotations, sizeBytes, splits, classNames, status, format } =
    await client.dataset(datasetId);
  const files = await sql`
    select path, size::float8 as size, sha256, kind, split, width, height, replace(storage_key, ${datasetId}, 'ID') as storage_key, added_in, removed_in
    from dataset_files where dataset_id = ${datasetId} order by path, added_in`;
  const annotations = await sql`
    select f.path, c.name, a.type, a.geometry::text as geometry, a.state from annotations a
    join dataset_files f on f.id = a.file_id left join annotation_classes c on c.id = a.class_id
    where f.dataset_id = ${datasetId} order by f.path, a.geometry::text, c.name`;
  const statuses = await sql`
    select f.path, s.state from image_annotation_status s join dataset_files f on f.id = s.file_id where f.dataset_id = ${datasetId} order by f.path`;
  const [staged] = await sql`
    with own as (select id from imports where dataset_id = ${datasetId})
    select (select count(*) from import_files where import_id in (select id from own))
      + (select count(*) from import_objects where import_id in (select id from own))
      + (select count(*) from import_moves where import_id in (select id from own)) as rows`;
  return {
    dataset: { contentHash, numImages, numAnnotations, sizeBytes, splits, classNames, status, format },
    files: [...files],
    annotations: [...annotations],
    statuses: [...statuses],
    stagedRows: Number(staged?.rows),
    keys: (await keysOf(granary, `datasets/${datasetId}/`)).map((key) => key.replace(datasetId, 'ID')),
    uploads: await keysOf(granary, 'uploads/'),
  };
}

export async function keysOf(granary: TestGranary, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<TestGranary['store']['list']>> = await granary.store.list(prefix, { cursor });
    keys.push(...page.objects.map((object) => object.key));
    cursor = page.cursor;
  } while (cursor);
  return keys;
}

/** Imports an archive while the worker is killed again and again: after so many milliseconds of work, or in mid-writing. */
export async function importWithKills(
  granary: TestGranary,
  client: Client,
  datasetId: string,
  archive: Buffer<ArrayBuffer>,
  moments: readonly (number | 'writing')[],
  options: object = {},
): Promise<{ job: { state: string }; kills: number }> {
  const upload = await client.upload(datasetId, 'data.zip', archive);
  const { jobId } = await client.startImport(datasetId, [upload], options);
  let kills = 0;
  for (const moment of moments) {
    await untilRunning(granary, jobId, kills);
    if (moment === 'writing') await untilWriting(granary, jobId);
    else await sleep(moment);
    const [row] = await granary.database.sql`select state from activities where id = ${jobId}`;
    if (row?.state !== 'running') break;
    await granary.worker.end('SIGKILL');
    kills++;
    await granary.worker.start();
  }
  return { job: await client.waitForJob(jobId, 180), kills };
}

async function untilRunning(granary: TestGranary, jobId: string, attempts: number): Promise<void> {
  await until(
    async () => (await granary.database.sql`select state, attempt from activities where id = ${jobId}`)[0],
    (row) =>
      row?.state === 'completed' || row?.state === 'failed' || (row?.state === 'running' && row.attempt > attempts),
  );
}

/** Until an import has some of its files in the store, and is far from its end. */
export async function untilWriting(granary: TestGranary, jobId: string): Promise<void> {
  const { sql } = granary.database;
  await until(
    async () => {
      const [journal] =
        await sql`select 1 from import_objects o join imports i on i.id = o.import_id where i.job_id = ${jobId} limit 1`;
      return journal !== undefined;
    },
    Boolean,
    { everyMs: 5 },
  );
}
