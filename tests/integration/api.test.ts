import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import { Client } from '../support/client.ts';
import { startTestGranary, type TestGranary } from '../support/granary.ts';

let granary: TestGranary;
let owner: Client;
let datasetId: string;
let imageId: number;
let importId: string;
let jobId: string;

beforeAll(async () => {
  granary = await startTestGranary({ serverUrl: inject('serverUrl') });
  await new Client(granary.url).register('admin');
  owner = new Client(granary.url);
  await owner.register('owner');
  datasetId = await owner.createDataset('pictures');
  const upload = await owner.upload(datasetId, 'a.zip', await zipOf(await yoloDataset(5)));
  ({ importId, jobId } = await owner.startImport(datasetId, [upload]));
  await owner.waitForJob(jobId);
  imageId = (await owner.json('GET', `/api/v1/datasets/${datasetId}/images`)).body.items[0].id;
});
afterAll(() => granary.stop());

async function person(name: string, grant?: { role: string } | { visibility: string }): Promise<Client> {
  const client = new Client(granary.url);
  const { id } = await client.register(name);
  const { sql } = granary.database;
  if (grant && 'role' in grant)
    await sql`insert into dataset_permissions (dataset_id, user_id, role) values (${datasetId}, ${id}, ${grant.role})`;
  return client;
}

describe('accounts', () => {
  test('the first is site admin, later ones are not', async () => {
    const admin = new Client(granary.url);
    const answer = await admin.json('POST', '/api/v1/auth/login', {
      email: 'Admin@Example.org ',
      password: 'correct horse',
    });
    expect([answer.status, answer.body.isAdmin]).toEqual([200, true]);
    expect(answer.headers.get('set-cookie')).toMatch(/^granary_session=[^;]+;.*HttpOnly/);
    expect(answer.headers.get('set-cookie')).toMatch(/SameSite=Lax/i);
    expect(answer.headers.get('set-cookie')).not.toMatch(/Secure/);
    expect((await owner.json('GET', '/api/v1/auth/me')).body).toMatchObject({ name: 'owner', isAdmin: false });
  });

  test('the session token is not in the database', async () => {
    const token = owner.cookie.split('=')[1] ?? '';
    const rows = await granary.database.sql`select id from sessions`;
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.map((row) => row.id)).not.toContain(token);
  });

  test('mistakes are named by field', async () => {
    const answer = await new Client(granary.url).json('POST', '/api/v1/auth/register', {
      email: 'nobody',
      password: 'short',
      name: '',
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'invalid_input', message: expect.any(String), hint: expect.any(String) });
    expect(answer.body.issues.map((issue: { path: string }) => issue.path).sort()).toEqual([
      'email',
      'name',
      'password',
    ]);
    expect(JSON.stringify(answer.body)).not.toContain('stack');
  });

  test('an e-mail has one account', async () => {
    const answer = await new Client(granary.url).json('POST', '/api/v1/auth/register', {
      email: 'OWNER@example.org',
      password: 'correct horse',
      name: 'again',
    });
    expect([answer.status, answer.body.code]).toEqual([409, 'email_taken']);
  });

  test('signing out ends the session for whoever has its cookie', async () => {
    const client = await person('leaver');
    const { cookie } = client;
    await client.json('POST', '/api/v1/auth/logout');
    client.cookie = cookie;
    expect((await client.json('GET', '/api/v1/auth/me')).status).toBe(401);
  });

  test('guessing is slowed down, and says for how long', async () => {
    await person('victim');
    const guess = () =>
      new Client(granary.url).json('POST', '/api/v1/auth/login', {
        email: 'victim@example.org',
        password: 'wrong guess',
      });
    for (let i = 0; i < 10; i++) expect((await guess()).body.code).toBe('wrong_credentials');
    const answer = await guess();
    expect([answer.status, answer.body.code]).toEqual([429, 'too_many_attempts']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    const right = await new Client(granary.url).json('POST', '/api/v1/auth/login', {
      email: 'victim@example.org',
      password: 'correct horse',
    });
    expect(right.status).toBe(429);
  });
});

describe('changes asked for by other sites are refused', () => {
  test.each([
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://behind.a.proxy' }, 201],
    [{}, 201],
  ])('%j answers %i', async (headers, status) => {
    const answer = await owner.json(
      'POST',
      '/api/v1/datasets',
      { name: `csrf ${JSON.stringify(headers)}` },
      headers as Record<string, string>,
    );
    expect(answer.status).toBe(status);
    const trpc = await owner.raw(
      'POST',
      '/trpc/datasets.create',
      JSON.stringify({ name: `csrf2 ${JSON.stringify(headers)}` }),
      { 'content-type': 'application/json', ...(headers as Record<string, string>) },
    );
    expect(trpc.status).toBe(status === 403 ? 403 : 200);
  });
});

type Call = [name: string, kind: 'see' | 'edit' | 'manage', call: (client: Client) => Promise<{ status: number }>];
const calls: Call[] = [
  ['get', 'see', (c) => c.json('GET', `/api/v1/datasets/${datasetId}`)],
  ['files', 'see', (c) => c.json('GET', `/api/v1/datasets/${datasetId}/files`)],
  ['content', 'see', (c) => c.raw('GET', `/api/v1/datasets/${datasetId}/files/content?path=data.yaml`)],
  ['images', 'see', (c) => c.json('GET', `/api/v1/datasets/${datasetId}/images`)],
  ['image', 'see', (c) => c.json('GET', `/api/v1/datasets/${datasetId}/images/${imageId}`)],
  ['annotations', 'see', (c) => c.json('GET', `/api/v1/datasets/${datasetId}/images/${imageId}/annotations`)],
  ['thumbnail', 'see', (c) => c.raw('GET', `/api/v1/datasets/${datasetId}/images/${imageId}/thumbnail`)],
  ['imports', 'see', (c) => c.json('GET', `/api/v1/datasets/${datasetId}/imports`)],
  ['import', 'see', (c) => c.json('GET', `/api/v1/datasets/${datasetId}/imports/${importId}`)],
  ['job', 'see', (c) => c.json('GET', `/api/v1/jobs/${jobId}`)],
  ['job events', 'see', (c) => c.raw('GET', `/api/v1/jobs/${jobId}/events`)],
  ['statistics', 'see', (c) => c.json('GET', `/api/v1/datasets/${datasetId}/statistics`)],
  ['preview', 'see', (c) => c.json('GET', `/api/v1/datasets/${datasetId}/files/preview?path=data.yaml`)],
  ['jobs', 'see', (c) => c.json('GET', `/api/v1/jobs?datasetId=${datasetId}`)],
  ['uploads', 'edit', (c) => c.json('GET', `/api/v1/datasets/${datasetId}/uploads`)],
  ['update', 'edit', (c) => c.json('PATCH', `/api/v1/datasets/${datasetId}`, { description: 'changed' })],
  ['cancel', 'edit', (c) => c.json('POST', `/api/v1/datasets/${datasetId}/cancel`, {})],
  [
    'visibility',
    'manage',
    (c) =>
      c.json('PATCH', `/api/v1/datasets/${datasetId}`, { visibility: 'public' }).then(async (answer) => {
        if (answer.status === 200)
          await granary.database.sql`update datasets set visibility = 'private' where id = ${datasetId}`;
        return answer;
      }),
  ],
];

describe('who may do what', () => {
  const people: Record<string, Client> = {};
  beforeAll(async () => {
    people.anonymous = new Client(granary.url);
    people.stranger = await person('stranger');
    people.viewer = await person('viewer', { role: 'viewer' });
    people.editor = await person('editor', { role: 'editor' });
    people.owner = owner;
    const admin = new Client(granary.url);
    await admin.json('POST', '/api/v1/auth/login', { email: 'admin@example.org', password: 'correct horse' });
    people.admin = admin;
  });
  const rights: Record<string, string[]> = {
    anonymous: [],
    stranger: [],
    viewer: ['see'],
    editor: ['see', 'edit'],
    owner: ['see', 'edit', 'manage'],
    admin: ['see', 'edit', 'manage'],
  };

  test.each(Object.keys(rights).flatMap((who) => calls.map(([name, kind, call]) => ({ who, name, kind, call }))))(
    '$who: $name',
    async ({ who, kind, call }) => {
      const client = people[who];
      if (!client) throw new Error(who);
      const { status } = await call(client);
      const may = rights[who] ?? [];
      if (may.includes(kind)) expect(status).toBeLessThan(400);
      else expect(status).toBe(who === 'anonymous' ? 401 : may.includes('see') ? 403 : 404);
    },
  );

  test("uploads are refused to who may not add, and are one's own", async () => {
    for (const [who, status] of [
      ['anonymous', 401],
      ['stranger', 404],
      ['viewer', 403],
    ] as const) {
      await expect(people[who]?.createUpload(datasetId, 'x.zip', 10)).rejects.toThrow(String(status));
    }
    const upload = await owner.createUpload(datasetId, 'x.zip', 10);
    for (const who of ['stranger', 'editor', 'admin'] as const)
      expect((await people[who]?.patch(upload, 0, 'x'))?.status).toBe(404);
    expect((await people.anonymous?.patch(upload, 0, 'x'))?.status).toBe(401);
    expect((await owner.raw('DELETE', `/uploads/${upload}`, undefined, { 'tus-resumable': '1.0.0' })).status).toBe(204);
  });

  test('lists show what one may see', async () => {
    const names = async (who: string) =>
      (await people[who]?.json('GET', '/api/v1/datasets?search=pictures'))?.body.items.map(
        (item: { name: string }) => item.name,
      );
    expect(await names('stranger')).toEqual([]);
    expect(await names('viewer')).toEqual(['pictures']);
    expect(await names('admin')).toEqual(['pictures']);
    await granary.database.sql`update datasets set visibility = 'public' where id = ${datasetId}`;
    expect(await names('stranger')).toEqual(['pictures']);
    await granary.database.sql`update datasets set visibility = 'private' where id = ${datasetId}`;
  });
});

describe('many datasets at once', () => {
  test('are changed where one may, and named where one may not', async () => {
    const mine = await person('bulk');
    const ids = [await mine.createDataset('b1'), await mine.createDataset('b2')];
    await granary.database.sql`update datasets set visibility = 'public' where id = ${datasetId}`;
    const change = (body: object) => mine.json('POST', '/api/v1/datasets/bulk-update', body);
    const { status, body } = await change({ ids: [...ids, datasetId, 'missing'], addTags: ['x', 'y'] });
    expect([status, body.changed, body.numRefused]).toEqual([200, 2, 1]);
    expect(body.refused).toEqual([{ id: datasetId, name: 'pictures', reason: 'You may not change it.' }]);
    expect((await change({ ids, addTags: ['z'], removeTags: ['x'] })).body.changed).toBe(2);
    expect((await mine.dataset(ids[0] ?? '')).tags).toEqual(['y', 'z']);
    expect((await owner.dataset(datasetId)).tags).toEqual([]);
    const audit = await granary.database
      .sql`select count(*)::int as n from audit_log where dataset_id = ${ids[0] ?? ''} and action = 'updated'`;
    expect(audit[0]?.n).toBe(2);
    await granary.database.sql`update datasets set visibility = 'private' where id = ${datasetId}`;
  });

  test('by a filter, but some; visibility only by who manages', async () => {
    const mine = await person('filtering');
    const ids = await Promise.all(['f1', 'f2', 'f3'].map((name) => mine.createDataset(name)));
    const { body } = await mine.json('POST', '/api/v1/datasets/bulk-update', {
      filter: { scope: 'mine', search: 'f' },
      except: [ids[2]],
      visibility: 'public',
    });
    expect(body).toEqual({ changed: 2, refused: [], numRefused: 0 });
    expect((await mine.dataset(ids[2] ?? '')).visibility).toBe('private');
    const editor = new Client(granary.url);
    const { id } = await editor.register('bulkeditor');
    await granary.database
      .sql`insert into dataset_permissions (dataset_id, user_id, role) values (${ids[2] ?? ''}, ${id}, 'editor')`;
    const refused = await editor.json('POST', '/api/v1/datasets/bulk-update', { ids: [ids[2]], visibility: 'public' });
    expect(refused.body).toMatchObject({ changed: 0, numRefused: 1 });
    const tagged = await editor.json('POST', '/api/v1/datasets/bulk-update', { ids: [ids[2]], addTags: ['t'] });
    expect(tagged.body).toMatchObject({ changed: 1, numRefused: 0 });
    expect(
      (await new Client(granary.url).json('POST', '/api/v1/datasets/bulk-update', { ids, addTags: ['t'] })).status,
    ).toBe(401);
    for (const wrong of [{ ids }, { ids, filter: {}, addTags: ['t'] }, { addTags: ['t'] }])
      expect((await mine.json('POST', '/api/v1/datasets/bulk-update', wrong)).status).toBe(400);
  });
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
    expect((await (await person('jobless')).json('GET', '/api/v1/jobs')).body.items).toEqual([]);
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
    const client = await person(`lister-${sort.toLowerCase()}`);
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
