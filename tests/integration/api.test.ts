import { beforeAll, describe, expect, test } from 'vitest';
import { uniqueJpegs, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { type OwnedDataset, ownedDataset, personOf } from '../support/owned-dataset.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let world: OwnedDataset;
let owner: Client;
let datasetId: string;
let jobId: string;

beforeAll(async () => {
  world = await ownedDataset(granary);
  ({ owner, datasetId, jobId } = world);
});

describe('the contract', () => {
  test('statistics count what the dataset holds', async () => {
    const { body } = await owner.json('GET', `/api/v1/datasets/${datasetId}/statistics`);
    const dataset = await owner.dataset(datasetId);
    const sum = (counts: number[]) => counts.reduce((a, b) => a + b, 0);
    expect(body.classes.map((item: { name: string }) => item.name)).toEqual(dataset.classNames);
    expect(sum(body.classes.map((item: { annotations: number }) => item.annotations))).toBe(dataset.numAnnotations);
    expect(sum(body.kinds.map((item: { bytes: number }) => item.bytes))).toBe(dataset.sizeBytes);
    expect(sum(body.kinds.map((item: { files: number }) => item.files))).toBe(dataset.numFiles);
    expect(body).toMatchObject({ labeledImages: 5, brokenImages: 0, sizes: [{ images: 5 }] });
  });

  test('images are filtered by labels and by problems', async () => {
    const count = async (query: string) =>
      (await owner.json('GET', `/api/v1/datasets/${datasetId}/images?${query}`)).body.items.length;
    expect([await count('labeled=true'), await count('labeled=false'), await count('issues=true')]).toEqual([5, 0, 0]);
  });

  test('a preview is the beginning of a text, and nothing of what is none', async () => {
    const preview = async (path: string) =>
      (await owner.json('GET', `/api/v1/datasets/${datasetId}/files/preview?path=${path}`)).body;
    expect((await preview('data.yaml')).text).toContain('names');
    const [image] = (await owner.json('GET', `/api/v1/datasets/${datasetId}/images`)).body.items;
    expect(await preview(image.path)).toMatchObject({ text: null, isCut: false });
    expect((await owner.json('GET', `/api/v1/datasets/${datasetId}/files/preview?path=nothing`)).status).toBe(404);
  });

  test('jobs list the newest first, and only those of datasets one may see', async () => {
    const { body } = await owner.json('GET', `/api/v1/jobs?datasetId=${datasetId}`);
    expect(body.items).toMatchObject([{ id: jobId, kind: 'import', state: 'completed' }]);
    expect((await owner.json('GET', '/api/v1/jobs?active=true')).body.items).toEqual([]);
    expect((await (await personOf(world, 'jobless')).json('GET', '/api/v1/jobs')).body.items).toEqual([]);
  });

  test('a job says what its dataset is called now, to who may see that', async () => {
    expect((await owner.json('GET', `/api/v1/jobs/${jobId}`)).body.datasetName).toBe(
      (await owner.dataset(datasetId)).name,
    );
    const [id, helper] = [await owner.createDataset('helped'), await personOf(world, 'helper')];
    const { email } = (await helper.json('GET', '/api/v1/auth/me')).body;
    const path = `/api/v1/datasets/${id}/permissions`;
    const granted = await owner.json('POST', path, { email, role: 'editor' });
    await helper.importArchive(id, 'a.zip', await zipOf(await uniqueJpegs(1)));
    const named = async () => (await helper.json('GET', '/api/v1/jobs')).body.items[0].datasetName;
    expect(await named()).toBe('helped');
    await owner.json('DELETE', `${path}/${granted.body.userId}`);
    expect(await named()).toBeNull();
  });

  test('a dataset answers all that clients compare', async () => {
    const dataset = await owner.dataset(datasetId);
    for (const key of 'id name description status progress format taskType numImages numAnnotations numClasses classNames splits sizeBytes version contentHash visibility tags labeled createdAt updatedAt'.split(
      ' ',
    )) {
      expect(dataset).toHaveProperty(key);
    }
  });

  test('names are unique per owner', async () => {
    const answer = await owner.json('POST', '/api/v1/datasets', { name: 'pictures' });
    expect([answer.status, answer.body.code]).toEqual([409, 'name_taken']);
    const other = await owner.createDataset('others');
    expect((await owner.json('PATCH', `/api/v1/datasets/${other}`, { name: 'pictures' })).body.code).toBe('name_taken');
  });

  test.each(['name', 'size', 'images', 'createdAt', 'updatedAt'])('lists page by %s without gaps', async (sort) => {
    const client = await personOf(world, `lister-${sort.toLowerCase()}`);
    for (let i = 0; i < 7; i++) await client.createDataset(`n${i}`);
    for (const order of ['asc', 'desc']) {
      const seen: string[] = [];
      let cursor = '';
      do {
        const { body } = await client.json(
          'GET',
          `/api/v1/datasets?sort=${sort}&order=${order}&limit=3&owner=me${cursor && `&cursor=${cursor}`}`,
        );
        seen.push(...body.items.map((item: { name: string }) => item.name));
        cursor = body.nextCursor ?? '';
      } while (cursor);
      expect([...seen].sort()).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6']);
      if (sort === 'name') expect(seen).toEqual(order === 'asc' ? [...seen].sort() : [...seen].sort().reverse());
    }
  });

  test('files list by prefix, level and page', async () => {
    const top = await owner.json('GET', `/api/v1/datasets/${datasetId}/files?delimiter=/`);
    expect(top.body).toMatchObject({
      folders: ['images/', 'labels/'],
      items: [{ path: 'data.yaml', kind: 'annotation' }],
    });
    const level = await owner.json('GET', `/api/v1/datasets/${datasetId}/files?prefix=images/&delimiter=/`);
    expect(level.body).toMatchObject({ folders: ['images/train/', 'images/val/'], items: [] });
    const paged = await owner.json('GET', `/api/v1/datasets/${datasetId}/files?delimiter=/&limit=1`);
    const next = await owner.json(
      'GET',
      `/api/v1/datasets/${datasetId}/files?delimiter=/&limit=1&cursor=${paged.body.nextCursor}`,
    );
    expect([paged.body.items.length + paged.body.folders.length, next.body.folders]).toEqual([1, ['images/']]);
    const labels = await owner.json('GET', `/api/v1/datasets/${datasetId}/files?prefix=labels/`);
    expect(
      labels.body.items.map((file: { path: string; kind: string; split: string }) => [
        file.path,
        file.kind,
        file.split,
      ])[0],
    ).toEqual(['labels/train/000000.txt', 'label', 'train']);
  });

  test('content answers ranges and what is unchanged', async () => {
    const path = `/api/v1/datasets/${datasetId}/files/content?path=data.yaml`;
    const whole = await (await owner.raw('GET', path)).text();
    const part = await owner.raw('GET', path, undefined, { range: 'bytes=6-14' });
    expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([
      206,
      whole.slice(6, 15),
      `bytes 6-14/${whole.length}`,
    ]);
    const tail = await owner.raw('GET', path, undefined, { range: 'bytes=-5' });
    expect(await tail.text()).toBe(whole.slice(-5));
    expect((await owner.raw('GET', path, undefined, { range: 'bytes=9999-' })).status).toBe(416);
    const etag = (await owner.raw('GET', path)).headers.get('etag') ?? '';
    expect((await owner.raw('GET', path, undefined, { 'if-none-match': etag })).status).toBe(304);
    for (const [bad, status] of [
      ['../secret', 404],
      ['nope.txt', 404],
      ['/etc/passwd', 404],
      ['data.yaml%00', 400],
    ] as const) {
      expect((await owner.raw('GET', `/api/v1/datasets/${datasetId}/files/content?path=${bad}`)).status, bad).toBe(
        status,
      );
    }
  });

  test('job events end with the end of the job', async () => {
    const answer = await owner.raw('GET', `/api/v1/jobs/${jobId}/events`);
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    expect(await answer.text()).toMatch(/^event: completed\nid: \d+\ndata: \{.*"state":"completed"/);
  });

  test('a running job says what it is at, in words and as a code, and a finished one no more', async () => {
    const many = await owner.createDataset('many');
    const notes = new Map(Array.from({ length: 8000 }, (_, i) => [`notes/${i}.md`, Buffer.from(`note ${i}`)]));
    const upload = await owner.upload(many, 'many.zip', await zipOf(notes));
    const { jobId: running } = await owner.startImport(many, [upload]);
    const events = await (await owner.raw('GET', `/api/v1/jobs/${running}/events`)).text();
    const views = [...events.matchAll(/^data: (\{.*\})$/gm)].map(([, json = '']) => JSON.parse(json));
    expect(views).toContainEqual(
      expect.objectContaining({
        state: 'running',
        message: 'Unpacking many.zip',
        step: { code: 'unpacking', subject: 'many.zip' },
      }),
    );
    expect(views.at(-1)).toMatchObject({ state: 'completed', message: 'Done', step: null });
  });

  test('an import of uploads that are missing, unfinished, or of another dataset is refused', async () => {
    const other = await owner.createDataset();
    const finished = await owner.upload(other, 'a.zip', Buffer.from('x'));
    const unfinished = await owner.createUpload(datasetId, 'a.zip', 10);
    const answers = await Promise.all(
      ['f'.repeat(32), finished, unfinished].map((id) =>
        owner.json('POST', `/api/v1/datasets/${datasetId}/imports`, { uploadIds: [id] }),
      ),
    );
    expect(answers.map((answer) => [answer.status, answer.body.code])).toEqual([
      [422, 'upload_unknown'],
      [422, 'upload_unknown'],
      [409, 'upload_not_ready'],
    ]);
  });

  test('OpenAPI 3.1 lists every procedure with a path', async () => {
    const { body } = await owner.json('GET', '/api/openapi.json');
    expect(body.openapi).toMatch(/^3\.1/);
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        '/auth/register',
        '/datasets',
        '/datasets/{id}',
        '/datasets/{id}/imports',
        '/datasets/{id}/images/{fileId}/annotations',
        '/jobs/{id}',
      ]),
    );
    expect((await owner.raw('GET', '/api/docs/')).status).toBe(200);
  });

  test('unknown paths and damaged bodies are answered as everything else', async () => {
    expect((await owner.json('GET', '/api/v1/nothing')).body).toMatchObject({
      code: 'not_found',
      message: expect.any(String),
    });
    const answer = await owner.raw('POST', '/api/v1/datasets', '{', { 'content-type': 'application/json' });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'invalid_input' });
  });

  test('health and readiness', async () => {
    expect([(await owner.raw('GET', '/healthz')).status, (await owner.raw('GET', '/readyz')).status]).toEqual([
      200, 200,
    ]);
  });
});
