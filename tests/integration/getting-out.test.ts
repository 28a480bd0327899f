import { execFile, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { type AnnotatedImage, createClient, type GranaryClient } from '@granary/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { dropExpiredExports } from '../../apps/worker/src/jobs/retention.ts';
import { root } from '../../scripts/paths.ts';
import { contentHashOf, type Files, sha256, uniqueJpegs, yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { openCountedLink } from '../support/counted-link.ts';
import { testS3 } from '../support/granary.ts';
import { entriesOfTar, entriesOfZip } from '../support/unpack.ts';
import { useGranary } from '../support/world.ts';

const cli = join(root, 'packages/cli/dist/granary.mjs');
/** How often each of two pulls is killed, unless it ends before. */
const KILLS = 4;

type Json = ReturnType<typeof JSON.parse>;

const s3 = testS3('granary-out');
if (!s3) console.log('GRANARY_TEST_S3_ENDPOINT is not set: what leaves is tested on files only');

const lineOf = (hash: string, className: string | null, box: number[]): string =>
  `${hash} ${className} ${box.map((value) => value.toFixed(2))}`;

/** Small readers that share nothing with ours: what is on each image, by its content. */
const READERS: Record<string, (files: ReadonlyMap<string, Buffer>) => string[]> = {
  coco: (files) =>
    [...files].flatMap(([path, bytes]) => {
      if (!path.endsWith('.json') || path === 'granary.json') return [];
      const { images, annotations, categories }: Json = JSON.parse(String(bytes));
      return annotations.map(({ image_id, category_id, bbox }: Json) => {
        const { file_name } = images.find(({ id }: Json) => id === image_id);
        const { name } = categories.find(({ id }: Json) => id === category_id);
        return lineOf(sha256(files.get(file_name) ?? Buffer.alloc(0)), name, bbox);
      });
    }),
  pascal_voc: (files) =>
    [...files].flatMap(([path, bytes]) => {
      if (!path.endsWith('.xml')) return [];
      const text = String(bytes);
      const filename = /<filename>([^<]+)</.exec(text)?.[1] ?? '';
      const [, image] = [...files].find(([name]) => name.endsWith(`/${filename}`) && name.endsWith('.png')) ?? [];
      return [...text.matchAll(/<object>([\s\S]*?)<\/object>/g)].map(([, object = '']) => {
        const numberOf = (tag: string) => Number(new RegExp(`<${tag}>([^<]+)<`).exec(object)?.[1]);
        const [left, top] = [numberOf('xmin'), numberOf('ymin')];
        const box = [left, top, numberOf('xmax') - left, numberOf('ymax') - top];
        return lineOf(sha256(image ?? Buffer.alloc(0)), /<name>([^<]+)</.exec(object)?.[1] ?? null, box);
      });
    }),
};

describe.each([['files', {}] as const, ...(s3 ? [['S3', s3] as const] : [])])('on %s', (on, env) => {
  const granary = useGranary({ env });
  let owner: Client;
  let client: GranaryClient;
  let folder: string;
  let street: string;
  let files: Files;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'granary-out-'));
    owner = await granary.person('owner');
    const { body } = await owner.json('POST', '/api/v1/api-keys', { name: 'client', scopes: ['read'] });
    client = createClient({ url: granary.url, apiKey: body.secret });
    files = new Map([
      ...(await yoloDataset(9)),
      ['images/train/plain.png', (await yoloDataset(1)).values().toArray().at(1) ?? new Uint8Array()],
    ]);
    street = await owner.createDataset('street');
    await owner.importArchive(street, 'street.zip', await zipOf(files));
    await owner.json('PATCH', `/api/v1/datasets/${street}`, { license: 'CC-BY-4.0', citation: '@misc{street}' });
    await owner.json('POST', `/api/v1/datasets/${street}/versions`, { tags: ['prod'] });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Asks for an export, waits for it, and unpacks it. */
  async function exported(body: object, id = street, who = owner): Promise<{ view: Json; files: Map<string, Buffer> }> {
    const started = await who.json('POST', `/api/v1/datasets/${id}/exports`, body);
    expect(started, JSON.stringify(started.body)).toMatchObject({ status: 202 });
    expect(await who.waitForJob(started.body.jobId)).toMatchObject({ state: 'completed' });
    const view = (await who.json('GET', `/api/v1/exports/${started.body.exportId}`)).body;
    const bytes = await contentOf(who, view.id);
    expect(bytes.length).toBe(view.sizeBytes);
    expect(sha256(bytes)).toBe(view.sha256);
    const unpacked = view.container === 'zip' ? entriesOfZip(bytes) : entriesOfTar(bytes);
    expect(unpacked.size).toBe(view.numFiles);
    return { view, files: unpacked };
  }

  async function contentOf(who: Client, exportId: string): Promise<Buffer> {
    const answer = await who.raw('GET', `/api/v1/exports/${exportId}/content`);
    const location = answer.headers.get('location');
    const response = answer.status === 302 && location ? await fetch(location) : answer;
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  }

  /** Imports what was exported as another dataset, and answers its annotation stream. */
  async function again(name: string, unpacked: ReadonlyMap<string, Uint8Array>): Promise<AnnotatedImage[]> {
    const id = await owner.createDataset(name);
    const { job, report } = await owner.importArchive(id, 'again.zip', await zipOf(unpacked));
    expect(job, JSON.stringify(report)).toMatchObject({ state: 'completed' });
    return streamOf(id);
  }

  async function streamOf(id: string, options: object = {}): Promise<AnnotatedImage[]> {
    const images: AnnotatedImage[] = [];
    for await (const image of client.annotations(id, options)) images.push(image);
    return images;
  }

  /** What is on each image, by its content: paths change on the way. */
  const saidOf = (images: readonly AnnotatedImage[]): string[] =>
    images
      .map(({ sha256, split, annotations }) => {
        const shapes = annotations.map(({ className, type, geometry }) => {
          const numbers = [(geometry as Json).box ?? []].flat().map((value: number) => value.toFixed(2));
          return `${className} ${type} ${numbers}`;
        });
        return `${sha256} ${split}: ${shapes.sort().join('; ')}`;
      })
      .sort();

  test('the annotation stream has all images with what is on them, of any version, split and query', async () => {
    const all = await streamOf(street);
    expect(all.map(({ path }) => path)).toEqual([...files.keys()].filter((path) => path.endsWith('.png')).sort());
    const [first] = all;
    expect(first).toMatchObject({ width: 64, height: 48, split: 'train', labeled: true });
    expect(first?.sha256).toBe(sha256(files.get(first?.path ?? '') ?? new Uint8Array()));
    expect(first?.annotations).toMatchObject([
      { className: 'ant', classIndex: 0, type: 'bbox', geometry: { box: [24, 12, 16, 24] }, state: 'confirmed' },
      { className: 'bee', classIndex: 1, type: 'bbox', geometry: { box: [12, 9, 8, 6] } },
    ]);
    expect(all.find(({ path }) => path.endsWith('plain.png'))).toMatchObject({ labeled: false, annotations: [] });
    expect((await streamOf(street, { split: 'val' })).map(({ split }) => split)).toEqual(['val', 'val']);
    const cats = await streamOf(street, { version: 'prod', q: 'class:cat' });
    expect(cats.length).toBe(
      all.filter(({ annotations }) => annotations.some((one) => one.className === 'cat')).length,
    );
    const fetched = await owner.raw('GET', (all[0]?.url ?? '').replace(granary.url, ''));
    expect([200, 302]).toContain(fetched.status);
    await expect(streamOf(street, { q: 'colour:red' })).rejects.toThrow('not valid');
    await expect(streamOf('missing')).rejects.toThrow('does not exist');
  });

  test('a YOLO export works where it is unpacked, says the same as the stream, and comes back equal', async () => {
    const { view, files: unpacked } = await exported({ format: 'yolo', version: 'prod' });
    expect(view).toMatchObject({ version: 1, losses: [], filename: 'street-v1-yolo.zip', state: 'completed' });
    const config = parseYaml(String(unpacked.get('data.yaml')));
    expect(config).toMatchObject({
      path: '.',
      train: 'train.txt',
      val: 'val.txt',
      names: { 0: 'ant', 1: 'bee', 2: 'cat' },
    });
    const said = new Map<string, string[]>();
    for (const split of ['train', 'val']) {
      for (const line of String(unpacked.get(config[split])).trim().split('\n')) {
        const path = line.replace(/^\.\//, '');
        const image = unpacked.get(path) ?? Buffer.alloc(0);
        const labels = unpacked.get(path.replace('images/', 'labels/').replace('.png', '.txt'));
        said.set(
          sha256(image),
          String(labels ?? '')
            .trim()
            .split('\n')
            .filter(Boolean)
            .map((text) => {
              const [number, x = 0, y = 0, w = 0, h = 0] = text.split(' ').map(Number);
              const box = [(x - w / 2) * 64, (y - h / 2) * 48, w * 64, h * 48].map((value) => value.toFixed(2));
              return `${config.names[String(number)]} ${split} ${box}`;
            })
            .sort(),
        );
      }
    }
    const stream = await streamOf(street, { version: 'prod' });
    expect(said).toEqual(
      new Map(
        stream.map(({ sha256, split, annotations }) => [
          sha256,
          annotations
            .map(
              ({ className, geometry }) =>
                `${className} ${split} ${(geometry as Json).box.map((value: number) => value.toFixed(2))}`,
            )
            .sort(),
        ]),
      ),
    );
    const about = JSON.parse(String(unpacked.get('granary.json')));
    expect(about).toMatchObject({
      version: 1,
      license: 'CC-BY-4.0',
      citation: '@misc{street}',
      dataset: { id: street },
    });
    expect(saidOf(await again('yolo again', unpacked))).toEqual(saidOf(stream));
  });

  test.each(['coco', 'pascal_voc', 'hf_metadata', 'createml', 'datumaro'])(
    'a %s export comes back equal',
    async (format) => {
      const { files: unpacked } = await exported({ format, container: format === 'coco' ? 'tar' : 'zip' });
      const read = READERS[format]?.(unpacked);
      if (read) {
        const stream = await streamOf(street);
        const said = stream.flatMap(({ sha256, annotations }) =>
          annotations.map(({ className, geometry }) => lineOf(sha256, className, (geometry as Json).box)),
        );
        expect(read.sort()).toEqual(said.sort());
      }
      const labeled = (images: AnnotatedImage[]) => saidOf(images.filter(({ annotations }) => annotations.length > 0));
      expect(labeled(await again(`${format} again`, unpacked))).toEqual(labeled(await streamOf(street)));
    },
  );

  test('the original is the tree, byte for byte, also after the draft has changed', async () => {
    const id = await owner.createDataset('changing');
    const before = await yoloDataset(4);
    await owner.importArchive(id, 'a.zip', await zipOf(before));
    await owner.json('POST', `/api/v1/datasets/${id}/versions`, {});
    const after = new Map([...before].map(([path, bytes]) => [path, Buffer.concat([bytes, Buffer.from('\n')])]));
    await owner.importArchive(id, 'b.zip', await zipOf(after));
    for (const [version, tree] of [
      ['v1', before],
      ['draft', after],
    ] as const) {
      const { files: unpacked } = await exported({ format: 'original', version }, id);
      const about = JSON.parse(String(unpacked.get('granary.json')));
      unpacked.delete('granary.json');
      expect(contentHashOf(unpacked)).toBe(contentHashOf(tree));
      expect(about.contentHash).toBe(contentHashOf(tree));
    }
  });

  test('a part is exported: splits, a query, without images', async () => {
    const val = await exported({ format: 'coco', splits: ['val'] });
    const images = [...val.files.keys()].filter((path) => path.endsWith('.png'));
    expect(images.length).toBe(2);
    const cats = await exported({ format: 'yolo', q: 'class:cat', images: false });
    const listed = String(cats.files.get('images.jsonl'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const wanted = await streamOf(street, { q: 'class:cat' });
    expect(listed.map(({ sha256 }) => sha256).sort()).toEqual(wanted.map(({ sha256 }) => sha256).sort());
    expect([...cats.files.keys()].some((path) => path.endsWith('.png'))).toBe(false);
    const wrong = await owner.json('POST', `/api/v1/datasets/${street}/exports`, {
      format: 'coco',
      splits: ['nights'],
    });
    expect(wrong).toMatchObject({ status: 400, body: { issues: [{ path: 'splits' }] } });
    const rows = await owner.json('POST', `/api/v1/datasets/${street}/exports`, { format: 'jsonl' });
    expect(rows).toMatchObject({ status: 400, body: { issues: [{ path: 'format' }] } });
  });

  test('rows leave as JSON Lines, as CSV that no spreadsheet runs, and as Parquet', async () => {
    const id = await owner.createDataset('rows');
    const rows = [
      { text: '=cmd()', n: 1, list: [1, 2] },
      { text: 'plain, "quoted"', n: 2, list: [] },
    ];
    await owner.importArchive(
      id,
      'a.zip',
      await zipOf(new Map([['train.jsonl', Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))]])),
    );
    const lines = await exported({ format: 'jsonl' }, id);
    expect(
      String(lines.files.get('train.jsonl'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(rows);
    const csv = await exported({ format: 'csv' }, id);
    expect(String(csv.files.get('train.csv'))).toBe(`text,n,list\n'=cmd(),1,"[1,2]"\n"plain, ""quoted""",2,[]\n`);
    const parquet = await exported({ format: 'parquet' }, id);
    const [shard] = [...parquet.files].filter(([path]) => path.endsWith('.parquet'));
    expect(String(shard?.[1].subarray(0, 4))).toBe('PAR1');
  });

  test('training forms hold each image with what is on it: WebDataset, and Parquet as the Hub has it', async () => {
    const stream = await streamOf(street, { version: 'prod' });
    const boxesOf = ({ annotations }: AnnotatedImage) =>
      annotations.map(({ className, geometry }) => [className, (geometry as Json).box]);
    const expected = stream.map((image) => [image.path, image.sha256, boxesOf(image)]);
    const { files: shards } = await exported({ format: 'webdataset', version: 'prod' });
    const tars = [...shards].filter(([path]) => path.endsWith('.tar'));
    expect(tars.map(([path]) => path).sort()).toEqual(['train-000000.tar', 'val-000000.tar']);
    const samples = tars.flatMap(([, tar]) => {
      const members = entriesOfTar(tar);
      return [...members].flatMap(([name, bytes]) => {
        if (!name.endsWith('.json')) return [];
        const { path, annotations } = JSON.parse(String(bytes));
        const image = members.get(name.replace('.json', '.png')) ?? Buffer.alloc(0);
        return [[path, sha256(image), annotations.map((one: Json) => [one.class, one.box])]];
      });
    });
    expect(samples.sort()).toEqual(expected.toSorted());

    const { files: parquet } = await exported({ format: 'parquet', version: 'prod' });
    const paths = [...parquet.keys()].filter((path) => path.endsWith('.parquet')).sort();
    expect(paths).toEqual(['data/train-00000-of-00001.parquet', 'data/val-00000-of-00001.parquet']);
    mkdirSync(join(folder, 'parquet', 'data'), { recursive: true });
    for (const path of paths) writeFileSync(join(folder, 'parquet', path), parquet.get(path) ?? '');
    const connection = await (await DuckDBInstance.create()).connect();
    const at = join(folder, 'parquet/data/*.parquet');
    const rows = await connection.runAndReadAll(
      `select path, sha256(image.bytes), image.path, objects.category::json::text, objects.bbox::json::text from '${at}' order by path`,
    );
    const classes = ['ant', 'bee', 'cat'];
    const read = rows.getRowsJS().map(([path, hash, name, category, boxes]) => {
      expect(String(path).endsWith(String(name))).toBe(true);
      const shapes: number[][] = JSON.parse(String(boxes));
      return [
        path,
        hash,
        JSON.parse(String(category)).map((number: number, i: number) => [classes[number], shapes[i]]),
      ];
    });
    expect(read).toEqual(expected);
    const footer = await connection.runAndReadAll(
      `select decode(value) from parquet_kv_metadata('${at}') where decode(key) = 'huggingface' limit 1`,
    );
    const { info } = JSON.parse(String(footer.getRowsJS()[0]?.[0]));
    expect(info.features.image).toEqual({ _type: 'Image' });
    expect(info.features.objects.category.feature.names).toEqual(classes);
    connection.closeSync();
    const without = await owner.json('POST', `/api/v1/datasets/${street}/exports`, {
      format: 'parquet',
      images: false,
    });
    expect(without).toMatchObject({ status: 400, body: { issues: [{ path: 'images' }] } });
  });

  test('an equal export is made once, content has ranges and an ETag, and deletion takes the archive', async () => {
    const ask = () =>
      owner.json('POST', `/api/v1/datasets/${street}/exports`, { format: 'createml', splits: ['val', 'train'] });
    const both = await Promise.all([ask(), ask()]);
    expect(new Set(both.map(({ body }) => body.exportId)).size).toBe(1);
    expect(both.map(({ body }) => body.isNew).sort()).toEqual([false, true]);
    await owner.waitForJob(both[0]?.body.jobId);
    const { exportId } = both[0]?.body ?? {};
    const whole = await contentOf(owner, exportId);
    if (!('S3_ENDPOINT' in env)) {
      const part = await owner.raw('GET', `/api/v1/exports/${exportId}/content`, undefined, { range: 'bytes=10-19' });
      expect(part.status).toBe(206);
      expect(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(10, 20))).toBe(true);
      const etag = part.headers.get('etag') ?? '';
      expect(etag).toBe(`"${sha256(whole)}"`);
      const known = await owner.raw('GET', `/api/v1/exports/${exportId}/content`, undefined, { 'if-none-match': etag });
      expect(known.status).toBe(304);
    }
    const list = await owner.json('GET', `/api/v1/datasets/${street}/exports`);
    expect(list.body.items[0]).toMatchObject({ id: exportId, state: 'completed', mayDelete: true });
    const key = `exports/${street}/${exportId}.zip`;
    expect(await granary.store.head(key)).not.toBeNull();
    expect((await owner.json('DELETE', `/api/v1/exports/${exportId}`)).body).toEqual({
      id: exportId,
      outcome: 'deleted',
    });
    expect(await granary.store.head(key)).toBeNull();
    expect((await owner.raw('GET', `/api/v1/exports/${exportId}/content`)).status).toBe(404);
  });

  test('what a format loses is told before, and with the export', async () => {
    const losses = await owner.json('GET', `/api/v1/datasets/${street}/exports/losses?format=masks`);
    expect(losses.body.losses.length).toBeGreaterThan(0);
    const { view, files: unpacked } = await exported({ format: 'masks' });
    expect(view.losses).toEqual(losses.body.losses);
    expect(JSON.parse(String(unpacked.get('granary.json'))).losses).toEqual(losses.body.losses);
  });

  test('others who may see it export and download it, but do not delete what is not theirs', async () => {
    const stranger = await granary.person('stranger');
    expect((await stranger.json('POST', `/api/v1/datasets/${street}/exports`, { format: 'coco' })).status).toBe(404);
    await owner.json('PATCH', `/api/v1/datasets/${street}`, { visibility: 'public' });
    const { view } = await exported({ format: 'coco', q: 'class:bee' }, street, stranger);
    expect((await stranger.json('GET', `/api/v1/exports/${view.id}`)).body.mayDelete).toBe(true);
    const other = await granary.person('other');
    expect((await other.json('DELETE', `/api/v1/exports/${view.id}`)).status).toBe(403);
    expect((await contentOf(other, view.id)).length).toBe(view.sizeBytes);
    await owner.json('PATCH', `/api/v1/datasets/${street}`, { visibility: 'private' });
    expect((await stranger.raw('GET', `/api/v1/exports/${view.id}/content`)).status).toBe(404);
  });

  test('an export expires, is cancelled while it waits, and goes with its dataset', async () => {
    const id = await owner.createDataset('going');
    await owner.importArchive(id, 'a.zip', await zipOf(await yoloDataset(3)));
    const { view } = await exported({ format: 'coco' }, id);
    const { sql } = granary.database;
    await dropExpiredExports(granary);
    expect((await owner.raw('GET', `/api/v1/exports/${view.id}/content`)).status).not.toBe(409);
    await sql`update exports set expires_at = now() - interval '1 minute' where id = ${view.id}`;
    await dropExpiredExports(granary);
    const expired = await owner.json('GET', `/api/v1/exports/${view.id}/content`);
    expect(expired).toMatchObject({ status: 409, body: { code: 'export_expired' } });
    expect(await granary.store.head(`exports/${id}/${view.id}.zip`)).toBeNull();

    await granary.worker.end();
    const waiting = await owner.json('POST', `/api/v1/datasets/${id}/exports`, { format: 'dota' });
    const cancelled = await owner.json('DELETE', `/api/v1/exports/${waiting.body.exportId}`);
    expect(cancelled.body).toMatchObject({ outcome: 'cancelled' });
    expect((await owner.json('GET', `/api/v1/exports/${waiting.body.exportId}`)).body.state).toBe('cancelled');
    await granary.worker.start();

    await exported({ format: 'coco' }, id);
    const impact = await owner.json('GET', `/api/v1/datasets/${id}/deletion-impact`);
    expect(impact.body.prefixes.exports).toMatchObject({ objects: 1 });
    await owner.json('DELETE', `/api/v1/datasets/${id}?confirmName=going&createBackup=false`);
    const purge = await owner.json('POST', `/api/v1/datasets/${id}/purge`, { confirmName: 'going' });
    const job = await owner.waitForJob(purge.body.jobId);
    expect(job).toMatchObject({ state: 'completed', result: { objectsDeleted: impact.body.objects } });
    expect((await granary.store.list(`exports/${id}/`)).objects).toEqual([]);
    expect(await sql`select 1 from exports where dataset_id = ${id}`).toEqual([]);
  });

  // What is pulled is the same; how a store gives it out is seen above.
  describe.skipIf(on === 'S3')('a pull', () => {
    const treeOf = (dir: string): Map<string, Buffer> =>
      new Map(
        readdirSync(dir, { recursive: true, encoding: 'utf8' })
          .filter((path) => !path.startsWith('.granary') && statSync(join(dir, path)).isFile())
          .map((path) => [path, readFileSync(join(dir, path))]),
      );

    test('makes a folder what a version is, fetches what it lacks, and keeps what is of others', async () => {
      const id = await owner.createDataset('pulled');
      const before = await yoloDataset(6);
      await owner.importArchive(id, 'a.zip', await zipOf(before));
      await owner.json('POST', `/api/v1/datasets/${id}/versions`, { tags: ['first'] });
      const dir = join(folder, 'pulled');
      const cache = join(folder, 'cache');
      const first = await client.pull('pulled@first', dir, { cache });
      const contents = (tree: Files) => new Set([...tree.values()].map(sha256)).size;
      expect(first).toMatchObject({ datasetId: id, files: 13, fetchedFiles: contents(before), isUnchanged: false });
      expect(contentHashOf(treeOf(dir))).toBe(contentHashOf(before));
      expect(await client.pull('pulled@first', dir, { cache })).toMatchObject({ isUnchanged: true, fetchedBytes: 0 });

      const label = 'labels/train/000000.txt';
      const more = new Map<string, Uint8Array>([
        [label, Buffer.from('2 0.5 0.5 0.5 0.5\n')],
        ['extra.txt', Buffer.from('x')],
      ]);
      await owner.importArchive(id, 'b.zip', await zipOf(more));
      writeFileSync(join(dir, 'mine.txt'), 'of somebody else');
      writeFileSync(join(dir, 'data.yaml'), 'broken');
      const second = await client.pull('pulled', dir, { cache });
      expect(second).toMatchObject({ files: 14, fetchedFiles: 2, restoredFiles: 1, removedFiles: 0 });
      const now = new Map([...before, ...more]);
      expect(contentHashOf(treeOf(dir))).toBe(
        contentHashOf(new Map([...now, ['mine.txt', Buffer.from('of somebody else')]])),
      );
      const back = await client.pull('pulled@first', dir, { cache, delete: true });
      expect(back).toMatchObject({ fetchedFiles: 0, removedFiles: 2 });
      expect(contentHashOf(treeOf(dir))).toBe(contentHashOf(before));

      // The cache is not needed for what lies in the folder.
      rmSync(cache, { recursive: true, force: true });
      expect(await client.pull('pulled', dir, { cache, link: 'hard' })).toMatchObject({ fetchedFiles: 2 });
      expect(contentHashOf(treeOf(dir))).toBe(contentHashOf(now));
      const taken = join(folder, 'taken');
      mkdirSync(taken);
      writeFileSync(join(taken, 'a.txt'), 'a');
      await expect(client.pull('pulled', taken, { cache })).rejects.toThrow('has not put there');
      expect(treeOf(taken).size).toBe(1);
    });

    test('in a format fetches labels only, where the cache has the images', async () => {
      const cache = join(folder, 'formats');
      const tree = await client.pull('street@prod', join(folder, 'street-tree'), { cache });
      expect(tree.fetchedFiles).toBe(new Set([...files.values()].map(sha256)).size);
      const dir = join(folder, 'street-yolo');
      const yolo = await client.pull('street@prod', dir, { cache, format: 'yolo' });
      expect(yolo).toMatchObject({ files: treeOf(dir).size, fetchedFiles: 0 });
      const { files: unpacked } = await exported({ format: 'yolo', version: 'prod' });
      const pulled = treeOf(dir);
      // What an export says of itself tells whether images are in it.
      for (const tree of [unpacked, pulled]) tree.delete('granary.json');
      expect(contentHashOf(pulled)).toBe(contentHashOf(unpacked));
      expect(await client.pull('street@prod', dir, { cache, format: 'yolo' })).toMatchObject({ isUnchanged: true });
      const parquet = await client.pull('street@prod', join(folder, 'street-parquet'), { cache, format: 'parquet' });
      expect([...treeOf(parquet.dir).keys()].filter((path) => path.endsWith('.parquet')).length).toBe(2);
      const val = await client.pull('street@prod', join(folder, 'val'), { cache, split: 'val', query: 'class:ant' });
      expect([...treeOf(val.dir).keys()].every((path) => path.startsWith('images/val/'))).toBe(true);
    });

    test('from Python does the same, with nothing but its standard library', async () => {
      const { body: key } = await owner.json('POST', '/api/v1/api-keys', { name: 'python', scopes: ['read', 'write'] });
      const run = promisify(execFile)('python3', ['tests/test_granary.py', '-v'], {
        cwd: join(root, 'clients/python'),
        env: { ...process.env, GRANARY_URL: granary.url, GRANARY_API_KEY: key.secret, PYTHONDONTWRITEBYTECODE: '1' },
      });
      const { stderr } = await run;
      expect(stderr).toMatch(/Ran 4 tests[\s\S]*OK/);
    });

    test('is on the page for programs to copy: each does what it says, as it stands there', async () => {
      const page = await owner.raw('GET', `/datasets/${street}/exports?version=v1&format=yolo&splits=val&q=class:ant`);
      const html = await page.text();
      expect(page.status, html.slice(0, 500)).toBe(200);
      const shown = [...html.matchAll(/<pre[^>]*>([^<]*)<\/pre>/g)].map(([, text = '']) => unescaped(text));
      expect(shown.length).toBe(4);
      const { body: key } = await owner.json('POST', '/api/v1/api-keys', { name: 'copied', scopes: ['read'] });
      const { files: expected } = await exported({ format: 'yolo', version: 'v1', splits: ['val'], q: 'class:ant' });
      expected.delete('granary.json');
      mkdirSync(join(root, 'test-results'), { recursive: true });
      for (const text of shown) {
        // Where the packages of this checkout are found.
        const home = mkdtempSync(join(root, 'test-results', 'copied-'));
        writeFileSync(join(home, 'granary'), `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n`, { mode: 0o755 });
        const [command, args] = /^import granary/.test(text)
          ? ['python3', ['-c', text]]
          : /^import \{/.test(text)
            ? [process.execPath, [program(home, text)]]
            : ['sh', ['-c', text]];
        const { stdout } = await promisify(execFile)(command, args, {
          cwd: home,
          env: {
            ...process.env,
            HOME: home,
            PATH: `${home}:${process.env.PATH}`,
            PYTHONPATH: join(root, 'clients/python'),
            PYTHONDONTWRITEBYTECODE: '1',
            GRANARY_API_KEY: key.secret,
          },
        });
        if (text.startsWith('curl')) {
          const lines = stdout
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line));
          expect(lines).toEqual(await streamOf(street, { version: 'v1', split: 'val', q: 'class:ant' }));
        } else {
          const pulled = treeOf(join(home, 'data'));
          pulled.delete('granary.json');
          expect(contentHashOf(pulled), text).toBe(contentHashOf(expected));
        }
        rmSync(home, { recursive: true, force: true });
      }
    }, 60_000);

    function program(home: string, text: string): string {
      const file = join(home, 'program.ts');
      writeFileSync(file, text);
      return file;
    }

    const unescaped = (text: string): string =>
      text
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&#x27;', "'")
        .replaceAll('&amp;', '&');

    test('that is killed at any moment leaves the folder whole, and fetches little twice', async () => {
      const id = await owner.createDataset('killed');
      const pictures = await uniqueJpegs(40);
      const large = (name: string) => [name, Buffer.alloc(12_000_000, name)] as const;
      const before = new Map<string, Uint8Array>([...pictures, large('first.bin')]);
      await owner.importArchive(id, 'a.zip', await zipOf(before, { store: true }));
      await owner.json('POST', `/api/v1/datasets/${id}/versions`, {});
      const after = new Map<string, Uint8Array>([...before, large('second.bin'), large('third.bin')]);
      await owner.importArchive(id, 'b.zip', await zipOf(new Map([...after].slice(-2)), { store: true }));

      const link = await openCountedLink(granary.url, 24_000_000);
      const dir = join(folder, 'killed');
      const { body: key } = await owner.json('POST', '/api/v1/api-keys', { name: 'killed', scopes: ['read'] });
      const run = (ref: string, killAfterMs: number | null) => {
        const env = {
          ...process.env,
          GRANARY_URL: link.url,
          GRANARY_API_KEY: key.secret,
          GRANARY_CACHE_DIR: join(folder, 'killed-cache'),
        };
        const child = spawn(process.execPath, [cli, 'pull', `${id}@${ref}`, dir, '--json'], {
          env,
          stdio: ['ignore', 'ignore', 'inherit'],
        });
        if (killAfterMs !== null) setTimeout(() => child.kill('SIGKILL'), killAfterMs);
        return new Promise<number | null>((end) => child.on('exit', end));
      };
      let kills = 0;
      for (const [ref, tree, former] of [
        ['v1', before, null],
        ['draft', after, before],
      ] as const) {
        for (let code: number | null = null, tries = 0; code !== 0; tries++) {
          code = await run(ref, tries < KILLS ? 150 + Math.random() * 900 : null);
          if (code !== 0) kills++;
          const found = existsSync(dir) ? contentHashOf(treeOf(dir)) : null;
          const allowed = [contentHashOf(tree), former ? contentHashOf(former) : null];
          expect(allowed, `after ${kills} kills`).toContain(found);
        }
        expect(contentHashOf(treeOf(dir))).toBe(contentHashOf(tree));
      }
      expect(kills).toBeGreaterThan(0);
      const size = [...after.values()].reduce((sum, bytes) => sum + bytes.length, 0);
      // With the manifests of each attempt; S3 hands out bytes of its own.
      if (!('S3_ENDPOINT' in env)) expect(link.bytes() / size).toBeLessThan(1.1);
      expect(readdirSync(folder).filter((name) => name.startsWith('.killed'))).toEqual([]);
      await link.close();
    }, 180_000);
  });
});
