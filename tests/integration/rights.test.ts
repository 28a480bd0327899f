import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../support/client.ts';
import { type OwnedDataset, ownedDataset, personOf } from '../support/owned-dataset.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let world: OwnedDataset;
let owner: Client;
let datasetId: string;
let imageId: number;
let jobId: string;

beforeAll(async () => {
  world = await ownedDataset(granary);
  ({ owner, datasetId, imageId, jobId } = world);
});

type Call = [name: string, kind: 'see' | 'edit' | 'manage', call: (client: Client) => Promise<{ status: number }>];
/** What is no procedure, and one field that needs more than its procedure; all others are in matrix.test.ts. */
const calls: Call[] = [
  ['content', 'see', (c) => c.raw('GET', `/api/v1/datasets/${datasetId}/files/content?path=data.yaml`)],
  ['thumbnail', 'see', (c) => c.raw('GET', `/api/v1/datasets/${datasetId}/images/${imageId}/thumbnail`)],
  ['annotation file', 'see', (c) => c.raw('GET', `/api/v1/datasets/${datasetId}/annotations/download`)],
  ['job events', 'see', (c) => c.raw('GET', `/api/v1/jobs/${jobId}/events`)],
  ['audit export', 'manage', (c) => c.raw('GET', `/api/v1/datasets/${datasetId}/audit-log/export`)],
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
    people.anonymous = granary.nobody();
    people.stranger = await personOf(world, 'stranger');
    people.viewer = await personOf(world, 'viewer', 'viewer');
    people.editor = await personOf(world, 'editor', 'editor');
    people.owner = owner;
    const admin = await granary.signedIn('admin');
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
    const mine = await personOf(world, 'bulk');
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
    const mine = await personOf(world, 'filtering');
    const ids = await Promise.all(['f1', 'f2', 'f3'].map((name) => mine.createDataset(name)));
    const { body } = await mine.json('POST', '/api/v1/datasets/bulk-update', {
      filter: { scope: 'mine', search: 'f' },
      except: [ids[2]],
      visibility: 'public',
    });
    expect(body).toEqual({ changed: 2, refused: [], numRefused: 0 });
    expect((await mine.dataset(ids[2] ?? '')).visibility).toBe('private');
    const editor = await granary.person('bulkeditor');
    const { id } = editor;
    await granary.database
      .sql`insert into dataset_permissions (dataset_id, user_id, role) values (${ids[2] ?? ''}, ${id}, 'editor')`;
    const refused = await editor.json('POST', '/api/v1/datasets/bulk-update', { ids: [ids[2]], visibility: 'public' });
    expect(refused.body).toMatchObject({ changed: 0, numRefused: 1 });
    const tagged = await editor.json('POST', '/api/v1/datasets/bulk-update', { ids: [ids[2]], addTags: ['t'] });
    expect(tagged.body).toMatchObject({ changed: 1, numRefused: 0 });
    expect((await granary.nobody().json('POST', '/api/v1/datasets/bulk-update', { ids, addTags: ['t'] })).status).toBe(
      401,
    );
    for (const wrong of [{ ids }, { ids, filter: {}, addTags: ['t'] }, { addTags: ['t'] }])
      expect((await mine.json('POST', '/api/v1/datasets/bulk-update', wrong)).status).toBe(400);
  });
});
