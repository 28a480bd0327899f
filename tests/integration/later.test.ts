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

  test('labels only: images stay, other labels go', async () => {
    const { id, files } = await imported(4);
    const images = new Map([...files].filter(([path]) => path.endsWith('.png')));
    const [first = ''] = images.keys();
    const label = first.replace('images/', 'labels/').replace('.png', '.txt');
    const labels = new Map([[label, Buffer.from('0 0.5 0.5 0.25 0.25\n')]]);
    await add(id, new Map([...labels, ['images/train/stray.png', await png()]]), { labelsOnly: true });
    await expectTree(id, new Map([...images, ...labels]));
    expect(await client.dataset(id)).toMatchObject({ numImages: 4, numAnnotations: 1 });
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
