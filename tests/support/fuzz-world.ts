import { yoloDataset, zipOf } from './archives.ts';
import { Client } from './client.ts';
import type { Known } from './fuzz.ts';
import type { TestGranary } from './granary.ts';

/** People with something of everything, for requests that find something: made anew each time. */
export async function fuzzWorld(granary: TestGranary): Promise<{ clients: Record<string, Client>; known: Known }> {
  const [admin, owner, other] = [new Client(granary.url), new Client(granary.url), new Client(granary.url)];
  for (const client of [admin, owner, other]) await client.register();
  await granary.database.sql`update users set is_admin = true where id = ${admin.id}`;
  const datasetId = await owner.createDataset();
  const upload = await owner.upload(datasetId, 'a.zip', await zipOf(await yoloDataset(3)));
  const { importId, jobId } = await owner.startImport(datasetId, [upload]);
  await owner.waitForJob(jobId);
  const fileId = (await owner.json('GET', `/api/v1/datasets/${datasetId}/images`)).body.items[0].id;
  const organization = await owner.json('POST', '/api/v1/organizations', { name: `o${datasetId}` });
  const key = await owner.json('POST', '/api/v1/api-keys', { name: 'a key', scopes: ['read'] });
  const known = {
    datasets: datasetId,
    jobs: jobId,
    importId,
    fileId: String(fileId),
    organizations: organization.body.id,
    'api-keys': key.body.id,
    userId: other.id,
  };
  return { clients: { admin, owner, nobody: new Client(granary.url) }, known };
}
