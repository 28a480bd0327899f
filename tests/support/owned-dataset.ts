import { yoloDataset, zipOf } from './archives.ts';
import { Client } from './client.ts';
import { startTestGranary, type TestGranary } from './granary.ts';

/** A Granary with a site admin, and someone who owns an imported dataset, "pictures". */
export interface OwnedDataset {
  granary: TestGranary;
  owner: Client;
  datasetId: string;
  imageId: number;
  importId: string;
  jobId: string;
}

export async function startWithDataset(serverUrl: string): Promise<OwnedDataset> {
  const granary = await startTestGranary({ serverUrl });
  await new Client(granary.url).register('admin');
  const owner = new Client(granary.url);
  await owner.register('owner');
  const datasetId = await owner.createDataset('pictures');
  const upload = await owner.upload(datasetId, 'a.zip', await zipOf(await yoloDataset(5)));
  const { importId, jobId } = await owner.startImport(datasetId, [upload]);
  await owner.waitForJob(jobId);
  const imageId = (await owner.json('GET', `/api/v1/datasets/${datasetId}/images`)).body.items[0].id;
  return { granary, owner, datasetId, imageId, importId, jobId };
}

/** Someone else, with a role in that dataset where one is given. */
export async function personOf(
  { granary, datasetId }: Pick<OwnedDataset, 'granary' | 'datasetId'>,
  name: string,
  role?: 'owner' | 'editor' | 'viewer',
): Promise<Client> {
  const client = new Client(granary.url);
  const { id } = await client.register(name);
  if (role)
    await granary.database
      .sql`insert into dataset_permissions (dataset_id, user_id, role) values (${datasetId}, ${id}, ${role})`;
  return client;
}
