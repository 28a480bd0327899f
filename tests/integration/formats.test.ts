import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { beforeAll, describe, expect, test } from 'vitest';
import { readWild } from '../../packages/formats/fixtures/read-wild.ts';
import { WILD } from '../../packages/formats/fixtures/wild-table.ts';
import { contentHashOf, numberedDataset, png, yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { fixture, hasFixtures } from '../support/fixtures.ts';
import { readFolder } from '../support/folder.ts';
import { importedAndStated } from '../support/wild-images.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let client: Client;
beforeAll(async () => {
  client = await granary.person();
});

const cases = hasFixtures
  ? readdirSync(fixture(''), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((format) => readdirSync(fixture(format.name)).map((name) => `${format.name}/${name}`))
  : [];

/** The facts of an expected.json that a dataset answers; the rest says where the case comes from. */
function factsOf(name: string) {
  const { origin, license, note, firstClasses, ...facts } = JSON.parse(
    readFileSync(fixture(join(name, 'expected.json')), 'utf8'),
  );
  return facts;
}

describe.skipIf(!hasFixtures)('real datasets', () => {
  test.each(cases)('%s is what its facts say, before and after the import', async (name) => {
    const id = await client.createDataset();
    const files = readFolder(fixture(`${name}/data`));
    const upload = await client.upload(id, 'data.zip', await zipOf(files));
    const { format, taskType, numAnnotations, numImages, classNames, splits } = factsOf(name);
    const analyzed = await client.json('POST', '/api/v1/datasets/analyze', { uploadIds: [upload] });
    expect(analyzed.status).toBe(200);
    expect(analyzed.body).toMatchObject({
      format,
      taskType,
      ...(splits ? { splits } : {}),
      ...(classNames ? { classes: classNames } : {}),
      counts: {
        files: files.size,
        images: numImages,
        ...(numAnnotations === undefined ? {} : { annotations: numAnnotations }),
      },
    });
    expect(analyzed.body.confidence).toBeGreaterThan(0);
    const { importId, jobId } = await client.startImport(id, [upload]);
    expect((await client.waitForJob(jobId)).state).toBe('completed');
    expect(await client.dataset(id)).toMatchObject(factsOf(name));
    const { body } = await client.json('GET', `/api/v1/datasets/${id}/imports/${importId}`);
    expect(body.report.issues.filter((issue: { severity: string }) => issue.severity === 'error')).toEqual([]);
    // The masks of one dataset are kept as files, and are no annotations.
    const isWritten = body.report.lossless !== null && !name.endsWith('voc1');
    if (isWritten) expect(body.report.lossless).toBe(true);
  });
});

/** Of each format the first, and those that are about names of files and folders. */
const UPLOADED = WILD.filter(
  ({ name, format }, i) =>
    WILD.findIndex((other) => other.format === format) === i || /korean|macos|same-names|windows/.test(name),
);

test('shapes that people really bring are imported as they are read', async () => {
  const limit = pLimit(8);
  const looks = UPLOADED.map((wild) =>
    limit(async () => ({
      name: wild.name,
      ...(await importedAndStated(client, wild, await zipOf(readWild(wild.name)))),
    })),
  );
  for (const { name, found, stated } of await Promise.all(looks)) expect.soft(found, name).toEqual(stated);
});

test('a listing alone tells the format by its names, and with a few texts also the classes', async () => {
  const files = await yoloDataset(8);
  const listing = [...files].map(([path, bytes]) => ({
    path: `set\\${path.replaceAll('/', '\\')}`,
    size: bytes.length,
  }));
  const bare = await client.json('POST', '/api/v1/datasets/analyze', { listing });
  expect(bare.body).toMatchObject({
    format: 'yolo',
    counts: { files: 17, images: 8, annotations: 0 },
    splits: { train: 6, val: 2 },
  });
  const withTexts = listing.map((file) => {
    const bytes = files.get(file.path.slice(4).replaceAll('\\', '/'));
    return file.path.endsWith('.png') ? file : { ...file, text: Buffer.from(bytes ?? []).toString() };
  });
  const told = await client.json('POST', '/api/v1/datasets/analyze', { listing: withTexts });
  expect(told.body).toMatchObject({
    format: 'yolo',
    taskType: 'object_detection',
    classes: ['ant', 'bee', 'cat'],
    counts: { images: 8, annotations: 16 },
  });
  expect((await client.json('POST', '/api/v1/datasets/analyze', {})).body).toMatchObject({ code: 'invalid_input' });
  const hinted = await client.json('POST', '/api/v1/datasets/analyze', { listing, formatHint: 'images' });
  expect(hinted.body).toMatchObject({ format: 'images', taskType: null });
});

test('names that are numbers are seen, explained, repaired by one call, and taken back', async () => {
  const id = await client.createDataset();
  const files = await numberedDataset();
  const upload = await client.upload(id, 'det.zip', await zipOf(files));
  const { importId, jobId } = await client.startImport(id, [upload]);
  expect((await client.waitForJob(jobId)).state).toBe('completed');
  expect(await client.dataset(id)).toMatchObject({ format: 'dice', numImages: 5, numAnnotations: 0, taskType: null });
  const before = (await client.json('GET', `/api/v1/datasets/${id}/imports/${importId}`)).body;
  expect(before.report.issues).toMatchObject([
    {
      code: 'unmatched_image',
      count: 5,
      examples: [{ path: 'annotations.json', pointer: 'images[0].file_name' }, {}, {}, {}, {}],
    },
    { code: 'unplaced_annotation', count: 5 },
  ]);
  expect(before.report.repairs).toMatchObject([
    {
      code: 'match_by_id',
      safe: true,
      affects: 5,
      preview: [{ from: '1', to: 'images/bottle/broken/002.png' }, {}, {}, {}, {}],
    },
  ]);

  const repaired = await client.json('POST', `/api/v1/datasets/${id}/imports/${importId}/repairs`, { codes: 'safe' });
  expect(repaired.status).toBe(202);
  const job = await client.waitForJob(repaired.body.jobId);
  expect(job).toMatchObject({ kind: 'repair', state: 'completed' });
  expect(await client.dataset(id)).toMatchObject({
    numAnnotations: 5,
    taskType: 'object_detection',
    status: 'ready',
    contentHash: contentHashOf(files),
  });
  const images = (await client.json('GET', `/api/v1/datasets/${id}/images?withAnnotations=true`)).body.items;
  const natural = [
    'bottle/broken/002.png',
    'bottle/broken/010.png',
    'bottle/good/001.png',
    'cable/bent/3.png',
    'cable/bent/20.png',
  ];
  for (const image of images) {
    const i = natural.indexOf(image.path.slice('images/'.length));
    expect(image.annotations).toMatchObject([{ className: 'defect', geometry: { box: [i, 1, 5, 5] } }]);
  }
  const after = (await client.json('GET', `/api/v1/datasets/${id}/imports/${repaired.body.importId}`)).body;
  expect(after.report).toEqual({ issues: [], repairs: [], lossless: true });

  // The repaired file names the files; the original is still there.
  const download = await client.raw('GET', `/api/v1/datasets/${id}/annotations/download`);
  expect(download.headers.get('content-disposition')).toContain('annotations.json');
  const json = JSON.parse(await download.text());
  expect(json.images.map((image: { file_name: string }) => image.file_name).sort()).toEqual(
    natural.map((name) => `images/${name}`).sort(),
  );
  expect(Object.keys(json)).toEqual(['images', 'annotations', 'categories']);
  expect((await client.content(id, 'annotations.json')).equals(Buffer.from(files.get('annotations.json') ?? []))).toBe(
    true,
  );

  // What is added later is read with the same repairs.
  await client.importArchive(id, 'note.zip', await zipOf(new Map([['notes/a.txt', Buffer.from('hello')]])));
  expect(await client.dataset(id)).toMatchObject({ numAnnotations: 5 });

  const stale = await client.json('POST', `/api/v1/datasets/${id}/imports/${importId}/repairs`, { codes: 'safe' });
  expect(stale).toMatchObject({ status: 409, body: { code: 'wrong_state' } });
  const newest = (await client.json('GET', `/api/v1/datasets/${id}/imports`)).body.items[0].id;
  const unknown = await client.json('POST', `/api/v1/datasets/${id}/imports/${newest}/repairs`, {
    codes: ['clip_boxes'],
  });
  expect(unknown).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
  const undone = await client.json('POST', `/api/v1/datasets/${id}/imports/${newest}/repairs`, { codes: [] });
  await client.waitForJob(undone.body.jobId);
  expect(await client.dataset(id)).toMatchObject({
    numAnnotations: 0,
    contentHash: (await client.dataset(id)).contentHash,
  });
});

test('who may not edit may not repair, analyse uploads or download', async () => {
  const id = await client.createDataset();
  const upload = await client.upload(id, 'det.zip', await zipOf(await numberedDataset()));
  const other = await granary.person();
  const { id: otherId } = other;
  expect((await other.json('POST', '/api/v1/datasets/analyze', { uploadIds: [upload] })).status).toBe(422);
  const { importId, jobId } = await client.startImport(id, [upload]);
  await client.waitForJob(jobId);
  const repair = () => other.json('POST', `/api/v1/datasets/${id}/imports/${importId}/repairs`, { codes: 'safe' });
  const losses = () => other.json('GET', `/api/v1/datasets/${id}/annotations/losses?format=yolo`);
  expect([(await repair()).status, (await losses()).status]).toEqual([404, 404]);
  expect((await other.raw('GET', `/api/v1/datasets/${id}/annotations/download`)).status).toBe(404);
  await granary.database
    .sql`insert into dataset_permissions (dataset_id, user_id, role) values (${id}, ${otherId}, 'viewer')`;
  expect([(await repair()).status, (await losses()).status]).toEqual([403, 200]);
  expect((await granary.nobody().json('POST', '/api/v1/datasets/analyze', { uploadIds: [upload] })).status).toBe(401);
});

test('annotations are downloaded in another format, with what it cannot hold said before', async () => {
  const id = await client.createDataset();
  const json = {
    info: {},
    images: [{ id: 1, file_name: 'a.png', width: 40, height: 30 }],
    annotations: [
      {
        id: 1,
        image_id: 1,
        category_id: 1,
        bbox: [1, 2, 10, 10],
        segmentation: [[1, 2, 11, 2, 11, 12]],
        iscrowd: 1,
        area: 50,
      },
    ],
    categories: [{ id: 1, name: 'cat' }],
  };
  const files = new Map<string, Uint8Array>([
    ['a.png', await png(40, 30)],
    ['instances.json', Buffer.from(JSON.stringify(json))],
  ]);
  await client.importArchive(id, 'a.zip', await zipOf(files));
  const { body } = await client.json('GET', `/api/v1/datasets/${id}/annotations/losses?format=yolo`);
  expect(body.losses.map((loss: { message: string }) => loss.message)).toContain('the attribute "iscrowd" is left out');
  const download = await client.raw('GET', `/api/v1/datasets/${id}/annotations/download?format=yolo`);
  expect(download.headers.get('content-type')).toBe('application/zip');
  expect(
    Buffer.from(await download.arrayBuffer())
      .subarray(0, 2)
      .toString(),
  ).toBe('PK');
  const refused = await client.json('GET', `/api/v1/datasets/${id}/annotations/download?format=bdd100k`);
  expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
});
