import { beforeAll, describe, expect, test } from 'vitest';
import { make } from '../../packages/formats/fixtures/made.ts';
import { zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary(() => ({ env: { GRANARY_PUBLISH_AFTER: '3600' } }));
let client: Client;
beforeAll(async () => {
  client = await granary.person('owner');
});

interface Shown {
  id: number;
  type: string;
  className: string | null;
  geometry: Record<string, unknown>;
  attributes: Record<string, unknown>;
  createdBy: string | null;
}
interface Image {
  id: number;
  path: string;
  split: string | null;
  status: string;
  annotations: Shown[];
}

const datasetOf = async (files: ReadonlyMap<string, Uint8Array>) => {
  const id = await client.createDataset();
  await client.importArchive(id, 'a.zip', await zipOf(new Map(files)));
  return id;
};
const imagesOf = async (id: string): Promise<Image[]> =>
  (await client.json('GET', `/api/v1/datasets/${id}/images?withAnnotations=true&limit=100`)).body.items;
const editing = async (id: string, fileId: number) =>
  (await client.json('GET', `/api/v1/datasets/${id}/images/${fileId}/editing`)).body;
const sent = (annotations: Shown[]) =>
  annotations.map(({ id, type, className, geometry, attributes }) => ({ id, type, className, geometry, attributes }));

async function edit(id: string, fileId: number, change: (annotations: Shown[]) => object[], more: object = {}) {
  const { etag, annotations } = await editing(id, fileId);
  const answer = await client.json('PUT', `/api/v1/datasets/${id}/images/${fileId}/annotations`, {
    basedOn: etag,
    annotations: change(sent(annotations) as Shown[]),
    ...more,
  });
  expect(answer).toMatchObject({ status: 200 });
  return answer.body;
}

async function publish(id: string, body: object = {}) {
  const started = await client.json('POST', `/api/v1/datasets/${id}/publish`, body);
  expect(started.status).toBe(202);
  return client.waitForJob(started.body.jobId);
}

async function treeOf(id: string): Promise<Map<string, string>> {
  const { body } = await client.json('GET', `/api/v1/datasets/${id}/files?limit=100`);
  return new Map(body.items.map(({ path, sha256 }: { path: string; sha256: string }) => [path, sha256]));
}

const rounded = (value: unknown) =>
  JSON.parse(JSON.stringify(value), (_, v) => (typeof v === 'number' ? Math.round(v * 1e3) / 1e3 : v));
/** What images say, by their names: shapes, classes and splits. */
const meaningOf = (images: Image[], withIds = false) =>
  Object.fromEntries(
    images.map(({ path, split, annotations }) => [
      path.replace(/^.*\//, ''),
      {
        split,
        annotations: annotations
          .map(({ id, type, className, geometry }) => {
            const { box, ...shape } = geometry;
            return JSON.stringify(rounded([withIds ? id : 0, type, className, type === 'bbox' ? box : shape]));
          })
          .sort(),
      },
    ]),
  );

const BY_IMAGE = ['yolo', 'yolo beside images', 'pascal_voc', 'labelme', 'kitti', 'dota'];
const BOXES = [
  ...BY_IMAGE.slice(0, 5),
  'coco',
  'coco, a file per image',
  'csv',
  'cvat',
  'label_studio',

  'via',
  'datumaro',

  'hf_metadata',
];

describe.each(BOXES)('%s', (maker) => {
  test.concurrent('says what was edited, and a fresh dataset of its files says the same', async () => {
    const id = await datasetOf(make(maker, 5));
    const images = await imagesOf(id);
    const before = await treeOf(id);
    const [first, second, third, fourth] = images as [Image, Image, Image, Image, Image];
    const className = first.annotations[0]?.className;
    const box = { type: 'bbox', className, geometry: { box: [3, 5, 17, 11] } };
    const saved = await edit(id, first.id, (all) => [...all, box]);
    const emptied = await edit(id, second.id, () => []);
    const shifted = await edit(id, third.id, (all) =>
      all.map((one) => ({ ...one, geometry: { box: [7, 9, 21, 13] } })),
    );
    await edit(id, fourth.id, (all) => [...all, { ...box, className: 'novel' }]);
    expect((await client.dataset(id)).unpublishedEdits).toBe(
      2 + [emptied, shifted].filter(({ isPublished }) => !isPublished).length,
    );
    const expected = meaningOf(await imagesOf(id), true);
    const job = await publish(id);
    expect(job).toMatchObject({ state: 'completed', result: { conflicts: [] } });
    const dataset = await client.dataset(id);
    expect(dataset.unpublishedEdits).toBe(0);
    const after = await imagesOf(id);
    expect(meaningOf(after, true)).toEqual(expected);
    expect(await editing(id, first.id)).toMatchObject({ etag: saved.etag, isPublished: true, editedBy: client.id });
    expect(dataset.classNames.slice(0, 2)).toEqual(['ant', 'bee']);
    expect(dataset.classNames).toContain('novel');
    const tree = await treeOf(id);
    const changed = [...tree].filter(([path, sha256]) => before.get(path) !== sha256).map(([path]) => path);
    if (BY_IMAGE.includes(maker)) {
      const names = [first, second, third, fourth].map(({ path }) => path.replace(/^.*\/|\.png$/g, ''));
      const others = changed.filter((path) => !names.includes(path.replace(/^.*\/|\.\w+$/g, '')));
      expect(others.filter((path) => !/\.(ya?ml|names|txt)$/.test(path))).toEqual([]);
      expect(others.length).toBeLessThanOrEqual(1);
    }
    const files = new Map<string, Uint8Array>();
    for (const path of tree.keys()) files.set(path, await client.content(id, path));
    const fresh = await datasetOf(files);
    expect(meaningOf(await imagesOf(fresh))).toEqual(meaningOf(after));
    const again = await client.dataset(fresh);
    expect([...again.classNames].sort()).toEqual([...dataset.classNames].sort());
    expect(again.splits).toEqual(dataset.splits);
    const undone = await client.json('POST', `/api/v1/datasets/${id}/revisions/${dataset.revision}/undo`);
    await client.waitForJob(undone.body.jobId);
    expect(await treeOf(id)).toEqual(before);
    expect(meaningOf(await imagesOf(id), true)).toEqual(meaningOf(images, true));
  });
});

/** What a fresh dataset says of the files. */
async function freshOf(id: string): Promise<string> {
  const files = new Map<string, Uint8Array>();
  for (const path of (await treeOf(id)).keys()) files.set(path, await client.content(id, path));
  return datasetOf(files);
}

async function change(id: string, method: string, path: string, body?: object) {
  const started = await client.json(method, `/api/v1/datasets/${id}/${path}`, body);
  expect(started).toMatchObject({ status: 202 });
  const job = await client.waitForJob(started.body.jobId);
  expect(job).toMatchObject({ state: 'completed' });
}

const classesOf = async (id: string): Promise<{ id: number; index: number; name: string; numAnnotations: number }[]> =>
  (await client.json('GET', `/api/v1/datasets/${id}/classes`)).body.items;

// One of each kind: a file per image, one for all, rows, XML of one file.
describe.each(['yolo', 'pascal_voc', 'coco', 'csv', 'cvat'])('classes and splits of %s', (maker) => {
  test.concurrent('change in rows and files, and come back by an undo', async () => {
    const id = await datasetOf(make(maker, 6));
    const before = await imagesOf(id);
    const tree = await treeOf(id);
    const [ant, bee] = await classesOf(id);
    await change(id, 'PATCH', `classes/${ant?.id}`, { name: 'termite' });
    expect((await classesOf(id)).map(({ id, name }) => [id, name])).toEqual([
      [ant?.id, 'termite'],
      [bee?.id, 'bee'],
    ]);
    expect((await imagesOf(id)).flatMap(({ annotations }) => annotations.map((one) => one.id))).toEqual(
      before.flatMap(({ annotations }) => annotations.map((one) => one.id)),
    );
    const taken = await client.json('PATCH', `/api/v1/datasets/${id}/classes/${bee?.id}`, { name: 'termite' });
    expect(taken).toMatchObject({ status: 409, body: { code: 'name_taken' } });
    const fresh = await freshOf(id);
    expect(meaningOf(await imagesOf(fresh))).toEqual(meaningOf(await imagesOf(id)));
    await change(id, 'POST', 'classes/merge', { from: [ant?.id], into: bee?.id });
    const merged = await imagesOf(id);
    expect(new Set(merged.flatMap(({ annotations }) => annotations.map((one) => one.className)))).toEqual(
      new Set(['bee']),
    );
    expect((await classesOf(id)).find(({ name }) => name === 'bee')).toMatchObject({ id: bee?.id });
    expect(meaningOf(await imagesOf(await freshOf(id)))).toEqual(meaningOf(merged));
    const shares = { train: 0.5, val: 0.25, test: 0.25, seed: 3 };
    const preview = (await client.json('POST', `/api/v1/datasets/${id}/splits/preview`, shares)).body;
    await change(id, 'POST', 'splits', shares);
    expect(preview.splits).toEqual((await client.dataset(id)).splits);
    expect(preview.classes).toEqual([{ className: 'bee', images: preview.splits }]);
    const divided = await imagesOf(id);
    expect((await client.dataset(id)).splits).toEqual({ train: 3, val: 1, test: 2 });
    expect(meaningOf(await imagesOf(await freshOf(id)))).toEqual(meaningOf(divided));
    const { revision } = await client.dataset(id);
    await change(id, 'POST', `revisions/${revision}/undo`);
    expect(meaningOf(await imagesOf(id))).toEqual(meaningOf(merged));
    await change(id, 'POST', 'rollback', { to: 'r1' });
    expect(await treeOf(id)).toEqual(tree);
    expect(meaningOf(await imagesOf(id), true)).toEqual(meaningOf(before, true));
  });
});

test('an image of a folder of classes moves with its class', async () => {
  const id = await datasetOf(make('imagefolder', 6));
  const images = await imagesOf(id);
  const [first] = images as [Image];
  const [annotation] = first.annotations;
  const other = annotation?.className === 'ant' ? 'bee' : 'ant';
  await edit(id, first.id, (all) => all.map((one) => ({ ...one, className: other })));
  expect(await publish(id)).toMatchObject({ state: 'completed' });
  const name = first.path.replace(/^.*\//, '');
  const moved = (await imagesOf(id)).find(({ path }) => path.endsWith(`/${name}`));
  expect(moved?.path.split('/')).toContain(other);
  expect(moved?.annotations).toMatchObject([{ id: annotation?.id, className: other }]);
  expect(await treeOf(id)).not.toHaveProperty(first.path);
  expect(meaningOf(await imagesOf(await freshOf(id)))).toEqual(meaningOf(await imagesOf(id)));
});

test.each(['plain', 'visdrone'])(
  'edits of a dataset that has no labels that can be written become COCO: %s',
  async (kind) => {
    const made = make(kind === 'plain' ? 'coco' : kind, 4);
    const id = await datasetOf(new Map([...made].filter(([path]) => kind !== 'plain' || path.endsWith('.png'))));
    const [first, second] = (await imagesOf(id)) as [Image, Image];
    const was = await client.dataset(id);
    await edit(id, first.id, (all) => [
      ...all,
      { type: 'bbox', className: 'novel', geometry: { box: [3, 5, 17, 11] } },
    ]);
    if (kind === 'plain')
      await edit(id, second.id, () => [{ type: 'classification', className: 'novel', geometry: {} }] as object[]);
    expect(await publish(id)).toMatchObject({ state: 'completed' });
    expect(await client.dataset(id)).toMatchObject({
      format: 'coco',
      numAnnotations: was.numAnnotations + (kind === 'plain' ? 2 : 1),
    });
    expect([...(await treeOf(id)).keys()].filter((path) => !path.endsWith('.png'))).toEqual([
      'annotations/instances.json',
    ]);
    expect(meaningOf(await imagesOf(await freshOf(id)))).toEqual(meaningOf(await imagesOf(id)));
  },
);

test('labels are converted to another format, and back by an undo', async () => {
  const id = await datasetOf(make('yolo', 5));
  const before = await imagesOf(id);
  const tree = await treeOf(id);
  expect(await publish(id, { format: 'pascal_voc' })).toMatchObject({ state: 'completed' });
  const after = await imagesOf(id);
  expect(await client.dataset(id)).toMatchObject({ format: 'pascal_voc', numAnnotations: 5 });
  const ids = (images: Image[]) => images.flatMap(({ annotations }) => annotations.map((one) => one.id)).sort();
  expect(ids(after)).toEqual(ids(before));
  expect([...(await treeOf(id)).keys()].filter((path) => path.endsWith('.txt'))).toEqual([]);
  expect(meaningOf(await imagesOf(await freshOf(id)))).toEqual(meaningOf(after));
  const { revision } = await client.dataset(id);
  await change(id, 'POST', `revisions/${revision}/undo`);
  expect(await treeOf(id)).toEqual(tree);
  expect(meaningOf(await imagesOf(id), true)).toEqual(meaningOf(before, true));
});

test('many images change at once, by a query whose number was confirmed', async () => {
  const id = await datasetOf(make('yolo', 6));
  const bulk = (confirmCount: number, what: object) =>
    client.json('POST', `/api/v1/datasets/${id}/images/bulk`, { q: 'class:ant', confirmCount, do: what });
  expect((await bulk(2, { state: 'accepted' })).body.code).toBe('not_confirmed');
  const before = await imagesOf(id);
  for (const what of [{ state: 'accepted' }, { split: 'val' }]) {
    const started = await bulk(3, what);
    expect(await client.waitForJob(started.body.jobId)).toMatchObject({ state: 'completed' });
  }
  const ants = (await imagesOf(id)).filter(({ annotations }) => annotations[0]?.className === 'ant');
  expect(ants.map(({ split, status }) => [split, status])).toEqual(ants.map(() => ['val', 'accepted']));
  const removed = await bulk(3, { remove: true });
  expect(await client.waitForJob(removed.body.jobId)).toMatchObject({ state: 'completed' });
  expect((await imagesOf(id)).map(({ path }) => path)).toEqual(
    before.filter(({ annotations }) => annotations[0]?.className !== 'ant').map(({ path }) => path),
  );
  expect([...(await treeOf(id)).keys()].filter((path) => /labels\//.test(path))).toHaveLength(3);
});
