import { yoloDataset, zipOf } from './archives.ts';
import type { Client } from './client.ts';
import type { World } from './world.ts';

/** An account that owns an imported dataset, "pictures", beside a site admin. */
export interface OwnedDataset {
  granary: World;
  owner: Client;
  datasetId: string;
  imageId: number;
  importId: string;
  jobId: string;
}

export async function ownedDataset(granary: World): Promise<OwnedDataset> {
  await granary.person('admin');
  const owner = await granary.person('owner');
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
  const client = await granary.person(name);
  if (role)
    await granary.database
      .sql`insert into dataset_permissions (dataset_id, user_id, role) values (${datasetId}, ${client.id}, ${role})`;
  return client;
}
