import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { png, zipOf } from '../support/archives.ts';
import { Client } from '../support/client.ts';
import { startTestGranary, type TestGranary } from '../support/granary.ts';

let granary: TestGranary;
let client: Client;
beforeAll(async () => {
  granary = await startTestGranary({ serverUrl: inject('serverUrl') });
  client = new Client(granary.url);
  await client.register();
});
afterAll(() => granary.stop());

async function imported(files: Record<string, string | Buffer>): Promise<string> {
  const id = await client.createDataset();
  const contents = new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)]));
  const upload = await client.upload(id, 'data.zip', await zipOf(contents));
  const { jobId } = await client.startImport(id, [upload]);
  expect((await client.waitForJob(jobId)).state).toBe('completed');
  return id;
}

const imagesOf = async (id: string, query: string) =>
  (await client.json('GET', `/api/v1/datasets/${id}/images?${query}`)).body.items as {
    path: string;
    status: string;
    annotations: { state: string }[];
  }[];

test('an image whose labels were all refused is unlabeled, and no image without objects', async () => {
  const picture = await png(20, 10);
  const id = await imported({
    'images/good.png': picture,
    'images/empty.png': await png(21, 10),
    'images/lost.png': await png(22, 10),
    'labels/good.txt': '0 0.5 0.5 0.1 0.1\n',
    'labels/empty.txt': '',
    'labels/lost.txt': 'cat 0.5 0.5 0.1 0.1\n',
  });
  expect((await imagesOf(id, 'empty=true')).map(({ path }) => path)).toEqual(['images/empty.png']);
  expect((await imagesOf(id, 'labeled=true')).map(({ path }) => path)).toEqual(['images/empty.png', 'images/good.png']);
  const lost = await imagesOf(id, 'labelsLost=true');
  expect(lost.map(({ path, status }) => [path, status])).toEqual([['images/lost.png', 'labels_lost']]);
  expect(await imagesOf(id, 'labelsLost=false')).toHaveLength(2);
  // Once they can be read, they are lost no more.
  const mended = await zipOf(new Map([['labels/lost.txt', Buffer.from('0 0.5 0.5 0.1 0.1\n')]]));
  const { jobId } = await client.startImport(id, [await client.upload(id, 'labels.zip', mended)]);
  expect((await client.waitForJob(jobId)).state).toBe('completed');
  expect(await imagesOf(id, 'labelsLost=true')).toEqual([]);
  expect(await imagesOf(id, 'labeled=true')).toHaveLength(3);
});

test('predictions that nobody has confirmed are drafts, and their images unlabeled', async () => {
  const result = {
    type: 'rectanglelabels',
    original_width: 20,
    original_height: 10,
    value: { x: 10, y: 10, width: 50, height: 50, rectanglelabels: ['cat'] },
  };
  const tasks = [
    { id: 1, data: { image: 'a.png' }, annotations: [], predictions: [{ result: [result] }] },
    { id: 2, data: { image: 'b.png' }, annotations: [{ result: [result] }], predictions: [] },
  ];
  const id = await imported({
    'a.png': await png(20, 10),
    'b.png': await png(20, 10),
    'tasks.json': JSON.stringify(tasks),
  });
  const images = await imagesOf(id, 'withAnnotations=true');
  expect(images.map(({ path, status, annotations }) => [path, status, annotations.map(({ state }) => state)])).toEqual([
    ['a.png', 'not_started', ['draft']],
    ['b.png', 'completed', ['confirmed']],
  ]);
});
