import { expect, test } from 'vitest';
import { make } from '../../packages/formats/fixtures/made.ts';
import { zipOf } from '../support/archives.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary(() => ({ env: { GRANARY_PUBLISH_AFTER: '1' } }));

test('edits are published by themselves, in the name of who made them', async () => {
  const client = await granary.person('owner');
  const id = await client.createDataset();
  await client.importArchive(id, 'a.zip', await zipOf(new Map(make('yolo', 2))));
  const [{ id: fileId }] = (await client.json('GET', `/api/v1/datasets/${id}/images`)).body.items;
  const image = `/api/v1/datasets/${id}/images/${fileId}`;
  const { etag } = (await client.json('GET', `${image}/editing`)).body;
  expect((await client.json('PUT', `${image}/annotations`, { basedOn: etag, annotations: [] })).status).toBe(200);
  await expect.poll(async () => (await client.dataset(id)).revision).toBe(2);
  expect((await client.dataset(id)).unpublishedEdits).toBe(0);
  const [newest] = (await client.json('GET', `/api/v1/datasets/${id}/revisions`)).body.items;
  expect(newest).toMatchObject({ kind: 'publish', createdBy: client.id, undoable: true });
});
