import { beforeAll, describe, expect, test } from 'vitest';
import { png, yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let client: Client;
beforeAll(async () => {
  client = await granary.person('owner');
});

type Files = Map<string, Uint8Array>;

async function picture(number: number): Promise<Uint8Array> {
  return Buffer.concat([await png(64, 48, number % 200), Buffer.from(`picture ${number}`)]);
}

async function withPictures(paths: readonly string[], from = 0): Promise<Files> {
  return new Map(
    await Promise.all(paths.map(async (path, i): Promise<[string, Uint8Array]> => [path, await picture(from + i)])),
  );
}

/** COCO without a split, one box on each of the first `labeled` images. */
async function coco(count: number, labeled: number): Promise<Files> {
  const files = await withPictures(Array.from({ length: count }, (_, i) => `images/${i}.png`));
  const images = Array.from({ length: labeled }, (_, i) => ({
    id: i + 1,
    file_name: `${i}.png`,
    width: 64,
    height: 48,
  }));
  const annotations = images.map(({ id }) => ({
    id,
    image_id: id,
    category_id: 1,
    bbox: [1, 2, 10, 12],
    area: 120,
    iscrowd: 0,
  }));
  const json = { info: {}, licenses: [], images, annotations, categories: [{ id: 1, name: 'ant' }] };
  return files.set('annotations/instances.json', Buffer.from(JSON.stringify(json)));
}

async function add(id: string, files: Files, options: object = {}) {
  const upload = await client.upload(id, 'more.zip', await zipOf(files));
  const { body } = await client.json('POST', `/api/v1/datasets/${id}/imports`, { uploadIds: [upload], ...options });
  const job = await client.waitForJob(body.jobId);
  expect(job.state).toBe('completed');
  return (await client.json('GET', `/api/v1/datasets/${id}/imports/${body.importId}`)).body;
}

/** All that a dataset says, without what is different by nature. */
async function said(id: string, item: { report: { issues: { code: string; count: number; examples: unknown[] }[] } }) {
  const { sql } = granary.database;
  const files = await sql`
    select path, kind, sha256, split, class_name, width, height, source, s.state
    from dataset_files f left join image_annotation_status s on s.file_id = f.id and s.removed_in is null
    where f.dataset_id = ${id} and f.removed_in is null order by path`;
  const labels = await sql`
    select f.path, c.name, c.index, a.type, a.geometry, a.attributes, a.state from annotations a
    join dataset_files f on f.id = a.file_id and f.removed_in is null
    left join annotation_classes c on c.id = a.class_id and c.removed_in is null
    where f.dataset_id = ${id} and a.removed_in is null order by f.path, a.id`;
  const projects =
    await sql`select task_type, source from annotation_projects where dataset_id = ${id} and removed_in is null`;
  const { format, taskType, numImages, numAnnotations, numFiles, classNames, splits, contentHash, sizeBytes } =
    await client.dataset(id);
  const totals = { format, taskType, numImages, numAnnotations, numFiles, classNames, splits, contentHash, sizeBytes };
  const statistics = (await client.json('GET', `/api/v1/datasets/${id}/statistics`)).body;
  const issues = item.report.issues
    .map(({ examples, ...issue }) => ({
      ...issue,
      examples: examples.map((example) => JSON.stringify(example)).sort(),
    }))
    .sort((a, b) => a.code.localeCompare(b.code));
  return { files: [...files], labels: [...labels], projects: [...projects], totals, statistics, issues };
}

/** What is added to a dataset, by itself and with a reading of all. */
async function both(first: Files, more: Files, format: string) {
  const results = [];
  for (const options of [{}, { formatHint: format }]) {
    const id = await client.createDataset();
    await client.importArchive(id, 'a.zip', await zipOf(first));
    const item = await add(id, more, options);
    results.push({ said: await said(id, item), counts: item.counts });
  }
  const [joined, whole] = results;
  if (!joined || !whole) throw new Error('never');
  return { joined, whole };
}

describe('images that join a dataset are read by themselves, and it says the same as if all had been read', () => {
  const labelOf = (line: string) => Buffer.from(`${line}\n`);
  const cases: [
    name: string,
    format: string,
    first: () => Promise<Files>,
    more: () => Promise<Files>,
    annotations: number,
  ][] = [
    [
      'YOLO with label files',
      'yolo',
      () => yoloDataset(12),
      async () =>
        new Map<string, Uint8Array>([
          ...(await withPictures(['images/train/new.png', 'images/val/other.png'], 100)),
          ['labels/train/new.txt', labelOf('2 0.5 0.5 0.5 0.5')],
        ]),
      1,
    ],
    [
      'ImageFolder',
      'imagefolder',
      () => withPictures(['train/cat/1.png', 'train/dog/1.png', 'val/cat/2.png', 'val/dog/2.png']),
      () => withPictures(['train/dog/9.png', 'val/cat/8.png'], 100),
      2,
    ],
    [
      'MVTec AD',
      'mvtec',
      () =>
        withPictures([
          'train/good/0.png',
          'train/good/1.png',
          'test/good/0.png',
          'test/hole/0.png',
          'ground_truth/hole/0_mask.png',
        ]),
      () => withPictures(['train/good/7.png', 'test/hole/7.png'], 100),
      2,
    ],
    ['COCO, images without labels', 'coco', () => coco(5, 5), () => withPictures(['images/later.png'], 100), 0],
    ['COCO with a finding', 'coco', () => coco(5, 3), () => withPictures(['images/later.png'], 100), 0],
    ['images alone', 'images', () => withPictures(['1.png', '2.png']), () => withPictures(['3.png'], 100), 0],
  ];
  test.each(cases)('%s', async (_name, format, first, more, annotations) => {
    const { joined, whole } = await both(await first(), await more(), format);
    expect(joined.said).toEqual(whole.said);
    expect(joined.counts.annotations).toBe(annotations);
    if (whole.said.labels.length > annotations) expect(whole.counts.annotations).toBeGreaterThan(annotations);
  });
});

describe('all is read again', () => {
  const cases: [name: string, format: string, first: () => Promise<Files>, more: () => Promise<Files>][] = [
    [
      'when labels wait for the image',
      'coco',
      async () => {
        const files = await coco(4, 4);
        files.delete('images/3.png');
        return files;
      },
      () => withPictures(['images/3.png'], 3),
    ],
    ['when the image is called as another one', 'coco', () => coco(4, 4), () => withPictures(['images/1.jpg'], 100)],
    [
      'when there is a class of its own',
      'imagefolder',
      () => withPictures(['cat/1.png', 'dog/1.png']),
      () => withPictures(['ant/1.png'], 100),
    ],
    [
      'when a label names a class beyond the list',
      'yolo',
      () => yoloDataset(8),
      async () =>
        (await withPictures(['images/train/new.png'], 100)).set(
          'labels/train/new.txt',
          Buffer.from('7 0.5 0.5 0.5 0.5\n'),
        ),
    ],
    [
      'when the content is that of another split',
      'yolo',
      () => yoloDataset(8),
      async () =>
        new Map([['images/val/copy.png', (await yoloDataset(8)).get('images/train/000000.png') ?? Buffer.alloc(0)]]),
    ],
  ];
  test.each(cases)('%s', async (_name, format, first, more) => {
    const { joined, whole } = await both(await first(), await more(), format);
    expect(joined.said).toEqual(whole.said);
  });
});

test('labels in an upload of their own are taken with the images, and an upload named twice once', async () => {
  const id = await client.createDataset('two uploads');
  const files = await coco(3, 2);
  const labels = new Map([...files].filter(([path]) => path.startsWith('annotations/')));
  const images = new Map([...files].filter(([path]) => !labels.has(path)));
  const [first, second] = [
    await client.upload(id, 'images.zip', await zipOf(images)),
    await client.upload(id, 'labels.zip', await zipOf(labels)),
  ];
  const { body } = await client.json('POST', `/api/v1/datasets/${id}/imports`, {
    uploadIds: [first, second],
    annotationUploadId: second,
  });
  expect((await client.waitForJob(body.jobId)).state).toBe('completed');
  expect(await client.dataset(id)).toMatchObject({ format: 'coco', numImages: 3, numAnnotations: 2 });
  const alone = await client.createDataset('labels named apart');
  const others = [
    await client.upload(alone, 'images.zip', await zipOf(images)),
    await client.upload(alone, 'labels.zip', await zipOf(labels)),
  ] as const;
  const started = await client.json('POST', `/api/v1/datasets/${alone}/imports`, {
    uploadIds: [others[0]],
    annotationUploadId: others[1],
  });
  expect((await client.waitForJob(started.body.jobId)).state).toBe('completed');
  expect(await client.dataset(alone)).toMatchObject({ format: 'coco', numImages: 3, numAnnotations: 2 });
});
