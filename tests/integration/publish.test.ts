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
  test('says what was edited, and a fresh dataset of its files says the same', async () => {
    const id = await datasetOf(make(maker, 5));
    const images = await imagesOf(id);
    const before = await treeOf(id);
    const [first, second, third, fourth] = images as [Image, Image, Image, Image, Image];
    const className = first.annotations[0]?.className;
    const box = { type: 'bbox', className, geometry: { box: [3, 5, 17, 11] } };
    const saved = await edit(id, first.id, (all) => [...all, box]);
    const emptied = await edit(id, second.id, () => []);
    await edit(id, third.id, (all) => all.map((one) => ({ ...one, geometry: { box: [7, 9, 21, 13] } })));
    await edit(id, fourth.id, (all) => [...all, { ...box, className: 'novel' }]);
    expect((await client.dataset(id)).unpublishedEdits).toBe(emptied.isPublished ? 3 : 4);
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
