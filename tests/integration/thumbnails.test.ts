import { beforeAll, expect, test } from 'vitest';
import { type OwnedDataset, ownedDataset } from '../support/owned-dataset.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let world: OwnedDataset;
beforeAll(async () => {
  world = await ownedDataset(granary);
});

async function imageAt(position: number): Promise<{ thumbnail: string; storageKey: string }> {
  const { owner, datasetId } = world;
  const { id } = (await owner.json('GET', `/api/v1/datasets/${datasetId}/images`)).body.items[position];
  const [file] = await granary.database.sql`select storage_key from dataset_files where id = ${id}`;
  return { thumbnail: `/api/v1/datasets/${datasetId}/images/${id}/thumbnail`, storageKey: file?.storage_key };
}

test('content that cannot be decoded is a damaged image', async () => {
  const { thumbnail, storageKey } = await imageAt(0);
  await granary.store.put(storageKey, Buffer.from('no image at all'));
  const { status, body } = await world.owner.json('GET', thumbnail);
  expect(status).toBe(422);
  expect(body.code).toBe('unprocessable_image');
});

test('content that the store does not give is no damaged image', async () => {
  const { thumbnail, storageKey } = await imageAt(1);
  await granary.store.delete([storageKey]);
  const { status, body } = await world.owner.json('GET', thumbnail);
  expect(status).toBe(500);
  expect(body.code).toBe('internal');
});

test('a thumbnail that the database refuses to keep is no damaged image', async () => {
  const { sql } = granary.database;
  const { thumbnail } = await imageAt(2);
  await sql`alter table thumbnails rename to thumbnails_gone`;
  try {
    const { status, body } = await world.owner.json('GET', thumbnail);
    expect(status).toBe(500);
    expect(body.code).toBe('internal');
  } finally {
    await sql`alter table thumbnails_gone rename to thumbnails`;
  }
});
