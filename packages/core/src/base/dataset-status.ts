import type { Query } from './query.ts';

/**
 * Every way in which a dataset's status changes. Each is one guarded statement: from another status than those it is for,
 * nothing happens.
 */

/** Its first upload has begun: `pending`, `failed` → `uploading`. */
export async function beginUploading(query: Query, datasetId: string): Promise<void> {
  await query`update datasets set status = 'uploading', updated_at = now()
    where id = ${datasetId} and status in ('pending', 'failed')`;
}

/** The last upload that nobody imports is gone: `uploading` → `ready`, `pending`. */
export async function endUploading(query: Query, datasetId: string): Promise<void> {
  await query`update datasets set status = case when num_files > 0 then 'ready' else 'pending' end
    where id = ${datasetId} and status = 'uploading'
      and not exists (select 1 from uploads where dataset_id = ${datasetId} and state in ('uploading', 'finished'))`;
}

/** A job that changes it is in the queue: any status → `processing`. @returns false for what is in the trash */
export async function beginProcessing(query: Query, datasetId: string): Promise<boolean> {
  const rows = await query`update datasets
    set status = 'processing', progress = 0, error_code = null, error_message = null, updated_at = now()
    where id = ${datasetId} and deleted_at is null returning id`;
  return rows.length > 0;
}

/** Its content is fetched: any status but `uploading` → `downloading`. */
export async function beginDownloading(query: Query, datasetId: string): Promise<void> {
  await query`update datasets set status = 'downloading'
    where id = ${datasetId} and status in ('pending', 'processing', 'failed', 'ready')`;
}

/** All is fetched, and will be read: `downloading` → `processing`. */
export async function endDownloading(query: Query, datasetId: string): Promise<void> {
  await query`update datasets set status = 'processing' where id = ${datasetId} and status = 'downloading'`;
}

/**
 * Nothing is under way any more: `processing`, `downloading` → `ready`, `failed`, `pending`. What had content stays ready
 * when a job fails, and a dataset with further imports in the queue stays as it is.
 */
export async function settleStatus(
  query: Query,
  datasetId: string,
  failure: { code: string; message: string } | null = null,
): Promise<void> {
  await query`update datasets set updated_at = now(), progress = case when num_files > 0 then 100 else 0 end,
      status = case when num_files > 0 then 'ready' when ${failure !== null}::boolean then 'failed' else 'pending' end,
      error_code = case when num_files = 0 then ${failure?.code ?? null}::text end,
      error_message = case when num_files = 0 then ${failure?.message ?? null}::text end
    where id = ${datasetId} and status in ('processing', 'downloading')
      and not exists (select 1 from imports where dataset_id = ${datasetId} and state in ('queued', 'running'))`;
}
