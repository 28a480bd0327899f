import { beforeAll, expect, test } from 'vitest';
import { png, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let client: Client;
beforeAll(async () => {
  client = await granary.person('owner');
});

type Files = Map<string, Uint8Array>;
const text = (...lines: string[]) => Buffer.from(`${lines.join('\n')}\n`);

async function add(id: string, files: Files, options: object = {}) {
  const upload = await client.upload(id, 'more.zip', await zipOf(files));
  const { body } = await client.json('POST', `/api/v1/datasets/${id}/imports`, { uploadIds: [upload], ...options });
  return client.waitForJob(body.jobId);
}

/** Class names by image. */
async function classesOf(id: string): Promise<Record<string, string[]>> {
  const { body } = await client.json('GET', `/api/v1/datasets/${id}/images?withAnnotations=true`);
  return Object.fromEntries(
    body.items.map((image: { path: string; annotations: { className: string }[] }) => [
      image.path,
      image.annotations.map(({ className }) => className),
    ]),
  );
}

async function yolo(names: string, label: string): Promise<{ id: string }> {
  const id = await client.createDataset();
  const files: Files = new Map([
    ['data.yaml', text('# ours', 'path: .', 'train: images', 'nc: 2', `names: ${names}`)],
    ['images/a.png', await png()],
    ['labels/a.txt', text(label)],
  ]);
  await client.importArchive(id, 'a.zip', await zipOf(files));
  return { id };
}

const BOX = '0.5 0.5 0.25 0.25';

test.each(['[ant, bee]', '{0: ant, 1: bee}'])(
  'numbers of other labels become those of the dataset: names as %s',
  async (names) => {
    const { id } = await yolo(names, `1 ${BOX}`);
    const more: Files = new Map([
      ['data.yaml', text('names: [bee, Ameise, cat]')],
      ['images/b.png', await png(32, 32, 7)],
      ['notes.txt', text('2 people have labeled this', '1 day')],
      ['labels/b.txt', text(`0 ${BOX}`, `1 ${BOX}`, `2 ${BOX}`, `2 0.25 0.25 0.1 0.1`)],
    ]);
    const job = await add(id, more, { newClasses: ['bee', 'Ameise', 'cat'], classMap: { Ameise: 'ant' } });
    expect(job.state).toBe('completed');
    expect(await classesOf(id)).toEqual({ 'images/a.png': ['bee'], 'images/b.png': ['bee', 'ant', 'cat', 'cat'] });
    expect((await client.dataset(id)).classNames).toEqual(['ant', 'bee', 'cat']);
    expect((await client.content(id, 'labels/b.txt')).toString()).toBe(
      text(`1 ${BOX}`, `0 ${BOX}`, `2 ${BOX}`, `2 0.25 0.25 0.1 0.1`).toString(),
    );
    expect((await client.content(id, 'notes.txt')).toString()).toBe(
      text('2 people have labeled this', '1 day').toString(),
    );
    const config = (await client.content(id, 'data.yaml')).toString();
    expect(config).toContain('# ours');
    expect(config).toContain('nc: 3');
    expect(config).toMatch(/cat/);
  },
);

test('names that say the same become one class, now and whatever is read later', async () => {
  const id = await client.createDataset();
  const coco = (file: string, name: string) =>
    text(
      JSON.stringify({
        info: {},
        licenses: [],
        images: [{ id: 1, file_name: file, width: 64, height: 48 }],
        annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 1, 9, 9], area: 81, iscrowd: 0 }],
        categories: [{ id: 1, name }],
      }),
    );
  const first: Files = new Map([
    ['images/a.png', await png()],
    ['annotations/instances_a.json', coco('a.png', 'car')],
  ]);
  await client.importArchive(id, 'a.zip', await zipOf(first));
  const more: Files = new Map([
    ['images/b.png', await png(64, 48, 9)],
    ['annotations/instances_b.json', coco('b.png', 'automobile')],
  ]);
  expect((await add(id, more, { classMap: { automobile: 'car' } })).state).toBe('completed');
  expect(await classesOf(id)).toEqual({ 'images/a.png': ['car'], 'images/b.png': ['car'] });
  expect((await client.dataset(id)).classNames).toEqual(['car']);
  // Another import does not forget it; a class mapped to itself is its own again.
  expect((await add(id, new Map([['images/c.png', await png(64, 48, 10)]]))).state).toBe('completed');
  expect((await client.dataset(id)).classNames).toEqual(['car']);
  await add(id, new Map([['images/d.png', await png(64, 48, 11)]]), { classMap: { automobile: 'automobile' } });
  expect(await classesOf(id)).toMatchObject({ 'images/a.png': ['car'], 'images/b.png': ['automobile'] });
  expect((await client.dataset(id)).classNames).toEqual(['car', 'automobile']);
});
