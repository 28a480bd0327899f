import { beforeAll, describe, expect, test } from 'vitest';
import { contentHashOf, png, sha256, yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { keysOf } from '../support/kill.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let client: Client;
beforeAll(async () => {
  client = await granary.person('owner');
});

/** A dataset of some images with labels. */
async function imported(count: number): Promise<{ id: string; files: Map<string, Uint8Array> }> {
  const id = await client.createDataset();
  const files = await yoloDataset(count);
  await client.importArchive(id, 'a.zip', await zipOf(files));
  return { id, files };
}

async function add(id: string, files: ReadonlyMap<string, Uint8Array>, options: object) {
  const upload = await client.upload(id, 'more.zip', await zipOf(files));
  const { body } = await client.json('POST', `/api/v1/datasets/${id}/imports`, { uploadIds: [upload], ...options });
  return client.waitForJob(body.jobId);
}

async function remove(id: string, what: object, as = client) {
  const answer = await as.json('POST', `/api/v1/datasets/${id}/files/remove`, what);
  return answer.status === 202
    ? { ...answer, job: await client.waitForJob(answer.body.jobId) }
    : { ...answer, job: null };
}

/** The tree, its hash, its totals and its objects agree with the files. */
async function expectTree(id: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  expect(await client.tree(id)).toEqual(new Map([...files].map(([path, bytes]) => [path, sha256(bytes)])));
  const dataset = await client.dataset(id);
  const sizeBytes = [...files.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  expect(dataset).toMatchObject({ contentHash: contentHashOf(files), sizeBytes });
  expect((await keysOf(granary, `datasets/${id}/`)).sort()).toEqual(
    [...files.keys(), 'meta.json'].map((path) => `datasets/${id}/${path}`).sort(),
  );
  const meta = JSON.parse(
    Buffer.from(
      await (await granary.store.get(`datasets/${id}/meta.json`)).toArray().then((chunks) => Buffer.concat(chunks)),
    ).toString(),
  );
  expect(meta).toMatchObject({ content_hash: dataset.contentHash, num_images: dataset.numImages });
}

describe('adding later', () => {
  test('more images, with the same labels as before', async () => {
    const { id, files } = await imported(4);
    const more = new Map([
      ['images/train/new.png', await png(30, 20)],
      ['labels/train/new.txt', Buffer.from('0 0.5 0.5 0.5 0.5\n')],
    ]);
    await add(id, more, {});
    await expectTree(id, new Map([...files, ...more]));
    expect(await client.dataset(id)).toMatchObject({ numImages: 5 });
  });

  test.each(['replace', 'skip', 'keep_both', 'fail'])('a path that is taken: %s', async (onConflict) => {
    const { id, files } = await imported(3);
    const [path = ''] = [...files.keys()].filter((name) => name.endsWith('.png'));
    const other = await png(33, 22, 10);
    const same = [...files].find(([name]) => name === 'data.yaml') ?? ['', Buffer.alloc(0)];
    const job = await add(id, new Map([[path, other], same]), { onConflict });
    expect(job.state).toBe(onConflict === 'fail' ? 'failed' : 'completed');
    const after = new Map(files);
    if (onConflict === 'replace') after.set(path, other);
    if (onConflict === 'keep_both') after.set(path.replace('.png', ' (2).png'), other);
    await expectTree(id, after);
    if (onConflict !== 'keep_both') return;
    await add(id, new Map([[path, await png(33, 22, 99)]]), { onConflict });
    expect([...(await client.tree(id)).keys()]).toContain(path.replace('.png', ' (3).png'));
  });

  test.each([false, true])('labels take the place of those of their images; replacing all: %s', async (replaceAll) => {
    const { id, files } = await imported(4);
    const [first = ''] = [...files.keys()].filter((path) => path.endsWith('.png'));
    const own = first.replace('images/', 'labels/').replace('.png', '.txt');
    // Not where the old one is.
    const label = `corrected/${own.split('/').at(-1)}`;
    const labels = new Map([[label, Buffer.from('0 0.5 0.5 0.25 0.25\n')]]);
    const options = { labelsOnly: true, replaceAll };
    const before = await client.dataset(id);
    await add(id, new Map([...labels, ['images/train/stray.png', await png()]]), options);
    const kept = new Map([...files].filter(([path]) => (replaceAll ? path.endsWith('.png') : path !== own)));
    await expectTree(id, new Map([...kept, ...labels]));
    const { body } = await client.json('GET', `/api/v1/datasets/${id}/images?withAnnotations=true&path=${first}`);
    expect(body.items[0].annotations).toMatchObject([{ geometry: { box: [24, 18, 16, 12] } }]);
    const others = [...files].filter(([path]) => path.startsWith('labels/') && path !== own);
    const numOthers = others.reduce((sum, [, text]) => sum + Buffer.from(text).toString().trim().split('\n').length, 0);
    expect((await client.dataset(id)).numAnnotations).toBe(replaceAll ? 1 : numOthers + 1);
    expect(before.numAnnotations).toBeGreaterThan(1);
  });

  test('labels that are brought to loose images attach, and a file for some stands over one for all', async () => {
    const id = await client.createDataset();
    const pictures = new Map<string, Uint8Array>();
    for (const name of ['a', 'b', 'c']) pictures.set(`photos/2024/${name}.png`, await png(20, 10, name.charCodeAt(0)));
    await client.importArchive(id, 'images.zip', await zipOf(pictures));
    const coco = (names: readonly string[], x: number) => {
      const images = names.map((name, i) => ({ id: i + 1, file_name: `${name}.png`, width: 20, height: 10 }));
      const annotations = images.map(({ id: of }) => ({ id: of, image_id: of, category_id: 1, bbox: [x, 1, 5, 5] }));
      return Buffer.from(JSON.stringify({ info: {}, images, annotations, categories: [{ id: 1, name: 'cat' }] }));
    };
    const boxes = async () => {
      const { body } = await client.json('GET', `/api/v1/datasets/${id}/images?withAnnotations=true`);
      return body.items.map((image: { annotations: { geometry: { box: number[] } }[] }) =>
        image.annotations.map(({ geometry }) => geometry.box[0]),
      );
    };
    const old = coco(['a', 'b', 'c'], 1);
    await add(id, new Map([['annotations.json', old]]), {});
    expect(await boxes()).toEqual([[1], [1], [1]]);
    const some = coco(['b'], 9);
    await add(id, new Map([['annotations.json', some]]), { labelsOnly: true });
    expect(await boxes()).toEqual([[1], [9], [1]]);
    await expectTree(id, new Map([...pictures, ['annotations.json', old], ['annotations (2).json', some]]));
    // Whatever makes the dataset be read again.
    await add(id, new Map([['notes.csv', Buffer.from('nothing of use\n')]]), {});
    expect(await boxes()).toEqual([[1], [9], [1]]);
    const failed = await add(id, new Map([['labels/a.txt', Buffer.from('0 0.5 0.5 0.1 0.1\n')]]), { labelsOnly: true });
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'labels_of_other_format' } });
    expect(await boxes()).toEqual([[1], [9], [1]]);
  });

  test('what is there already is told by its hash', async () => {
    const { id, files } = await imported(2);
    const { body } = await client.json('POST', `/api/v1/datasets/${id}/files/check`, {
      paths: ['.\\data.yaml', 'nothing', '../x'],
    });
    const bytes = files.get('data.yaml') ?? Buffer.alloc(0);
    expect(body.existing).toEqual([
      { given: '.\\data.yaml', path: 'data.yaml', size: bytes.length, sha256: sha256(bytes) },
    ]);
  });
});

describe('removing files', () => {
  test('takes files and folders away with what was said of them, and their objects', async () => {
    const { id, files } = await imported(6);
    const [path = ''] = [...files.keys()].filter((name) => name.startsWith('images/train/'));
    const before = await client.dataset(id);
    const { job } = await remove(id, { paths: [path], folders: ['images/val/'] });
    expect(job).toMatchObject({ kind: 'remove', state: 'completed' });
    const after = new Map([...files].filter(([name]) => name !== path && !name.startsWith('images/val/')));
    await expectTree(id, after);
    const dataset = await client.dataset(id);
    expect(dataset.numImages).toBeLessThan(before.numImages);
    expect(dataset.numAnnotations).toBeLessThan(before.numAnnotations);
    const audit = await granary.database
      .sql`select details from audit_log where dataset_id = ${id} and action = 'removed'`;
    expect(audit[0]?.details.remove).toEqual({ paths: [path], folders: ['images/val/'] });
  });

  test('a dataset may be emptied, and filled again', async () => {
    const { id, files } = await imported(2);
    await remove(id, { folders: ['images/', 'labels/'], paths: ['data.yaml'] });
    expect(await client.dataset(id)).toMatchObject({ numFiles: 0, numImages: 0, numAnnotations: 0, status: 'pending' });
    expect(await keysOf(granary, `datasets/${id}/`)).toEqual([`datasets/${id}/meta.json`]);
    await add(id, files, {});
    await expectTree(id, files);
  });

  test('is refused for what is not there, for nothing, and to who may not', async () => {
    const { id, files } = await imported(2);
    expect((await remove(id, { paths: ['nothing'] })).status).toBe(404);
    expect((await remove(id, {})).status).toBe(400);
    expect((await remove(id, { folders: ['images'] })).status).toBe(400);
    const viewer = await granary.person('viewer');
    const { id: userId } = viewer;
    expect((await remove(id, { paths: ['data.yaml'] }, viewer)).status).toBe(404);
    await granary.database
      .sql`insert into dataset_permissions (dataset_id, user_id, role) values (${id}, ${userId}, 'viewer')`;
    expect((await remove(id, { paths: ['data.yaml'] }, viewer)).status).toBe(403);
    await expectTree(id, files);
  });
});
