import type { Client } from './client.ts';
import type { TestGranary } from './granary.ts';
import { keysOf } from './kill.ts';

type Json = ReturnType<typeof JSON.parse>;

export const nameOf = async (client: Client, id: string): Promise<string> => (await client.dataset(id)).name;

/** Into the trash, as its owner would. */
export async function trash(client: Client, id: string, query: Record<string, string> = {}): Promise<Json> {
  const answer = await deletion(client, id, { confirmName: await nameOf(client, id), ...query });
  if (answer.status !== 202) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

export const deletion = (client: Client, id: string, query: Record<string, string>) =>
  client.json('DELETE', `/api/v1/datasets/${id}?${new URLSearchParams(query)}`);

export async function purge(client: Client, id: string): Promise<Json> {
  const { body } = await client.json('POST', `/api/v1/datasets/${id}/purge`, { confirmName: await nameOf(client, id) });
  return client.waitForJob(body.jobId, 180);
}

/** The verified backup of a deletion that asked for one. */
export async function backupOf(client: Client, datasetId: string): Promise<Json> {
  const { body } = await client.json('GET', `/api/v1/datasets/${datasetId}/backups`);
  return body.items.find((item: Json) => item.state === 'verified');
}

/** A new dataset from a backup, when it is ready. */
export async function restoreBackup(client: Client, backupId: string, name?: string): Promise<Json> {
  const { status, body } = await client.json('POST', `/api/v1/backups/${backupId}/restore`, name ? { name } : {});
  if (status !== 202) throw new Error(`${status} ${JSON.stringify(body)}`);
  const job = await client.waitForJob(body.jobId, 180);
  if (job.state !== 'completed') throw new Error(JSON.stringify(job));
  return client.dataset(body.dataset.id);
}

/** All keys that carry a dataset's id, but for its backups. */
export async function keysWithId(granary: TestGranary, datasetId: string): Promise<string[]> {
  const prefixes = ['datasets', 'history', 'thumbnails', 'exports'].map((name) => `${name}/${datasetId}/`);
  return (await Promise.all(prefixes.map((prefix) => keysOf(granary, prefix)))).flat();
}

/** Names of the tables in which anything of the dataset is left, but for what outlives it. */
export async function rowsLeft({ database: { sql } }: TestGranary, datasetId: string): Promise<string[]> {
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.columns where table_schema = 'public' and column_name = 'dataset_id'`;
  const outliving = ['activities', 'audit_log', 'backups', 'integrity_checks', 'integrity_findings'];
  const left: string[] = [];
  for (const { name } of tables.filter((table) => !outliving.includes(table.name))) {
    const [row] = await sql`select 1 from ${sql(name)} where dataset_id = ${datasetId} limit 1`;
    if (row) left.push(name);
  }
  const [dataset] = await sql`select 1 from datasets where id = ${datasetId}`;
  return dataset ? [...left, 'datasets'] : left;
}

/** What the dataset says of its content and its annotations, without ids, to compare a restored one with its origin. */
export async function contentOf({ database: { sql } }: TestGranary, datasetId: string) {
  const files = await sql`
    select path, size::float8 as size, sha256, kind, split, class_name, width, height, problem, source
    from dataset_files where dataset_id = ${datasetId} and removed_in is null order by path`;
  const annotations = await sql`
    select f.path, p.task_type, c.name, c.index, a.type, a.geometry::text as geometry, a.attributes::text as attributes, a.state
    from annotations a join dataset_files f on f.id = a.file_id and f.removed_in is null
    join annotation_projects p on p.id = a.project_id and p.removed_in is null
    left join annotation_classes c on c.id = a.class_id and c.removed_in is null
    where f.dataset_id = ${datasetId} and a.removed_in is null order by f.path, a.geometry::text, c.name`;
  const [dataset] = await sql`
    select content_hash, num_files::float8 as files, num_images::float8 as images, num_annotations::float8 as annotations, size_bytes::float8 as bytes,
      format, task_type, class_names, splits, statistics, version, description, tags from datasets where id = ${datasetId}`;
  return { files: [...files], annotations: [...annotations], dataset: { ...dataset } };
}
