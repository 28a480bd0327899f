import type { Sql } from '@granary/db';
import type { JobRun } from '../runner.ts';

const FILES = 5_000;
const ROWS = 20_000;

/**
 * Deletes the dataset's rows in the order in which they refer to each other, a batch in a transaction; the dataset's own
 * row is not among them.
 */
export async function dropRows(sql: Sql, datasetId: string, run: JobRun): Promise<void> {
  await dropFiles(sql, datasetId, run);
  const project = sql`project_id in (select id from annotation_projects where dataset_id = ${datasetId})`;
  const imported = sql`import_id in (select id from imports where dataset_id = ${datasetId})`;
  const own = sql`dataset_id = ${datasetId}`;
  const steps: [table: string, condition: typeof own][] = [
    ['thumbnails', own],
    ['exports', own],
    ['image_hashes', own],
    ['similar_hashes', own],
    ['duplicate_groups', own],
    ['import_files', imported],
    ['import_issues', imported],
    ['import_objects', imported],
    ['import_moves', imported],
    ['hub_files', imported],
    ['tokenizations', own],
    ['imports', own],
    ['upload_locks', sql`upload_id in (select id from uploads where dataset_id = ${datasetId})`],
    ['uploads', own],
    ['annotations', project],
    ['annotation_classes', project],
    ['annotation_projects', own],
    ['image_annotation_status', own],
    ['image_edits', own],
    ['predictions', own],
    ['image_assignments', own],
    ['comments', own],
    ['version_tags', own],
    ['dataset_versions', own],
    ['dataset_revisions', own],
    ['dataset_usages', own],
    ['dataset_permissions', own],
    ['invitations', own],
  ];
  for (const [index, [table, condition]] of steps.entries()) {
    run.progress(90 + (9 * index) / steps.length, 'deleting_rows');
    for (;;) {
      run.signal.throwIfAborted();
      const { count } = await sql`delete from ${sql(table)} where ctid = any(array(
        select ctid from ${sql(table)} where ${condition} limit ${ROWS}))`;
      if (count < ROWS) break;
    }
  }
}

/** Files with the rows that refer to them, in the order of an index that covers all of them. */
async function dropFiles(sql: Sql, datasetId: string, run: JobRun): Promise<void> {
  let after = '';
  for (;;) {
    run.signal.throwIfAborted();
    run.progress(80, 'deleting_rows');
    const files = await sql<{ id: string; sha256: string }[]>`
      select id, sha256 from dataset_files where dataset_id = ${datasetId} and sha256 >= ${after} order by sha256 limit ${FILES}`;
    if (files.length === 0) return;
    after = files.at(-1)?.sha256 ?? '';
    const ids = files.map(({ id }) => id);
    for (;;) {
      const { count } = await sql`delete from annotations where ctid = any(array(
        select ctid from annotations where file_id = any(${ids}::bigint[]) limit ${ROWS}))`;
      if (count < ROWS) break;
    }
    await sql`delete from image_annotation_status where file_id = any(${ids}::bigint[])`;
    await sql`delete from dataset_files where id = any(${ids}::bigint[])`;
  }
}
