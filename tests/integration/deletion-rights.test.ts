import { beforeAll, describe, expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { deletion, keysWithId, purge, trash } from '../support/life.ts';
import { type OwnedDataset, ownedDataset, personOf } from '../support/owned-dataset.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let world: OwnedDataset;
let owner: Client;
const people: Record<string, Client> = {};

beforeAll(async () => {
  world = await ownedDataset(granary);
  ({ owner } = world);
  people.anonymous = granary.nobody();
  people.stranger = await personOf(world, 'stranger');
  people.viewer = await personOf(world, 'viewer');
  people.editor = await personOf(world, 'editor');
  people['co-owner'] = await personOf(world, 'coowner');
  people.owner = owner;
  people['read key'] = await withKey({ name: 'reader', scopes: ['read'] });
  people['write key'] = await withKey({ name: 'writer', scopes: ['read', 'write'] });
  people.admin = await granary.signedIn('admin');
});

/** The owner's, by an API key. */
async function withKey(input: object): Promise<Client> {
  const { status, body } = await owner.json('POST', '/api/v1/api-keys', input);
  if (status !== 201) throw new Error(JSON.stringify(body));
  const client = granary.nobody();
  client.key = body.secret;
  return client;
}

const ROLES: Record<string, string> = { viewer: 'viewer', editor: 'editor', 'co-owner': 'owner' };

/** A dataset in which the people have their roles. */
async function shared(): Promise<string> {
  const id = await owner.createDataset();
  for (const [name, role] of Object.entries(ROLES)) {
    await granary.database.sql`insert into dataset_permissions (dataset_id, user_id, role)
      select ${id}, id, ${role} from users where name = ${name.replace('-', '')}`;
  }
  return id;
}

/** Each call on a fresh dataset in the state that it needs; what managers are answered. */
const live = { needs: 'live' };
const trashed = { needs: 'trash' };
type Call = (client: Client, id: string, name: string) => Promise<{ status: number }>;
const calls: Record<string, { needs: string; call: Call }> = {
  'deletion impact': { ...live, call: (c, id) => c.json('GET', `/api/v1/datasets/${id}/deletion-impact`) },
  delete: { ...live, call: (c, id, name) => deletion(c, id, { confirmName: name, createBackup: 'false' }) },
  'make a backup': { ...live, call: (c, id) => c.json('POST', `/api/v1/datasets/${id}/backups`, {}) },
  backups: { ...live, call: (c, id) => c.json('GET', `/api/v1/datasets/${id}/backups`) },
  'audit log': { ...live, call: (c, id) => c.json('GET', `/api/v1/datasets/${id}/audit-log`) },
  'audit export': { ...live, call: (c, id) => c.raw('GET', `/api/v1/datasets/${id}/audit-log/export?format=csv`) },
  'integrity check': {
    ...live,
    call: (c, id) => c.json('POST', '/api/v1/integrity-checks', { datasetId: id }),
  },
  'integrity checks': { ...live, call: (c, id) => c.json('GET', `/api/v1/integrity-checks?datasetId=${id}`) },
  'look at it in the trash': { ...trashed, call: (c, id) => c.json('GET', `/api/v1/datasets/${id}`) },
  'files in the trash': { ...trashed, call: (c, id) => c.json('GET', `/api/v1/datasets/${id}/files`) },
  restore: { ...trashed, call: (c, id) => c.json('POST', `/api/v1/datasets/${id}/restore`, {}) },
  purge: { ...trashed, call: (c, id, name) => c.json('POST', `/api/v1/datasets/${id}/purge`, { confirmName: name }) },
};
const MANAGERS = ['co-owner', 'owner', 'admin', 'write key'];
/** Calls that change nothing: a key with the scope of reading may. */
const READS = ['deletion impact', 'backups', 'audit log', 'audit export', 'integrity checks'];
const SEES = ['viewer', 'editor'];

describe('who may delete, and what follows', () => {
  const rows = Object.keys(calls).flatMap((name) =>
    ['anonymous', 'stranger', 'viewer', 'editor', 'read key', ...MANAGERS].map((who) => ({ who, name })),
  );
  test.each(rows)('$who: $name', async ({ who, name }) => {
    const { needs, call } = calls[name] ?? { needs: '', call: () => Promise.reject(new Error(name)) };
    const id = await shared();
    const { body } = await owner.json('GET', `/api/v1/datasets/${id}`);
    if (needs === 'trash') await trash(owner, id, { createBackup: 'false' });
    const client = people[who];
    if (!client) throw new Error(who);
    const { status } = await call(client, id, body.name);
    const isReading = READS.includes(name) || name.includes('in the trash');
    if (MANAGERS.includes(who)) expect(status).toBeLessThan(300);
    else if (who === 'read key') expect(status).toBe(isReading ? 200 : 403);
    else if (who === 'anonymous') expect(status).toBe(401);
    else expect(status).toBe(SEES.includes(who) && needs === 'live' ? 403 : 404);
  });

  test('what is in the trash can be looked at, and nothing else', async () => {
    const { datasetId } = world;
    const upload = await owner.createUpload(datasetId, 'x.zip', 10);
    await trash(owner, datasetId, { createBackup: 'false' });
    const refusals = [
      owner.json('PATCH', `/api/v1/datasets/${datasetId}`, { description: 'x' }),
      owner.json('POST', `/api/v1/datasets/${datasetId}/files/remove`, { paths: ['data.yaml'] }),
      owner.json('POST', `/api/v1/datasets/${datasetId}/imports`, { uploadIds: ['x'] }),
      owner.json('POST', `/api/v1/datasets/${datasetId}/cancel`, {}),
      deletion(owner, datasetId, { confirmName: 'pictures' }),
      owner.patch(upload, 0, 'x'),
    ];
    for (const refusal of refusals) expect((await refusal).status).toBe(409);
    await expect(owner.createUpload(datasetId, 'y.zip', 10)).rejects.toThrow(/409.*in the trash/);
    for (const path of ['', '/files', '/images', '/statistics', '/imports', '/files/content?path=data.yaml']) {
      expect((await owner.raw('GET', `/api/v1/datasets/${datasetId}${path}`)).status).toBe(200);
    }
    for (const path of ['/api/v1/datasets', '/api/v1/datasets?scope=mine&search=pictures'])
      expect(JSON.stringify((await owner.json('GET', path)).body)).not.toContain(datasetId);
    const listed = await owner.json('GET', '/api/v1/trash?search=pictures');
    expect(listed.body.items).toMatchObject([
      { id: datasetId, name: 'pictures', deletedBy: 'owner', isBeingDestroyed: false },
    ]);
    const strangers = await people.stranger?.json('GET', '/api/v1/trash');
    expect(strangers?.body.items).toEqual([]);
    expect((await owner.json('POST', `/api/v1/datasets/${datasetId}/restore`, {})).status).toBe(200);
  });

  test('a public dataset in the trash is nobody else’s', async () => {
    const id = await owner.createDataset();
    await owner.json('PATCH', `/api/v1/datasets/${id}`, { visibility: 'public' });
    expect((await people.stranger?.json('GET', `/api/v1/datasets/${id}`))?.status).toBe(200);
    await trash(owner, id, { createBackup: 'false' });
    expect((await people.stranger?.json('GET', `/api/v1/datasets/${id}`))?.status).toBe(404);
  });

  test('backups of a dataset that is gone are for who owned it', async () => {
    const id = await shared();
    await trash(owner, id);
    expect(await purge(owner, id)).toMatchObject({ state: 'completed' });
    const { body } = await owner.json('GET', '/api/v1/backups');
    const backup = body.items.find((item: { datasetId: string }) => item.datasetId === id);
    expect(backup).toMatchObject({ state: 'verified', isDatasetGone: true });
    for (const [who, status] of [
      ['anonymous', 401],
      ['stranger', 404],
      ['viewer', 404],
      ['co-owner', 404],
      ['owner', 200],
      ['admin', 200],
    ] as const) {
      expect((await people[who]?.raw('GET', `/api/v1/backups/${backup.id}/content`))?.status).toBe(status);
      if (status !== 200)
        expect((await people[who]?.json('POST', `/api/v1/backups/${backup.id}/restore`, {}))?.status).toBe(status);
    }
  });

  test('the receipt stays with who purged', async () => {
    const id = await owner.createDataset();
    await trash(owner, id, { createBackup: 'false' });
    const job = await purge(owner, id);
    expect((await owner.json('GET', `/api/v1/jobs/${job.id}`)).body.result).toMatchObject({ objectsLeft: 0 });
    expect((await people.admin?.json('GET', `/api/v1/jobs/${job.id}`))?.status).toBe(200);
    expect((await people.stranger?.json('GET', `/api/v1/jobs/${job.id}`))?.status).toBe(404);
  });
});

describe('a deletion is confirmed, and refused where it must be', () => {
  test('by the name, exactly', async () => {
    const id = await owner.createDataset('Exactly This');
    for (const confirmName of ['exactly this', 'Exactly This ', 'Exactly']) {
      expect(await deletion(owner, id, { confirmName })).toMatchObject({
        status: 400,
        body: { code: 'not_confirmed' },
      });
    }
    expect((await deletion(owner, id, {})).status).toBe(400);
    expect((await deletion(owner, id, { confirmName: '' })).status).toBe(400);
    await trash(owner, id, { createBackup: 'false' });
    const wrong = await owner.json('POST', `/api/v1/datasets/${id}/purge`, { confirmName: 'Exactly' });
    expect(wrong).toMatchObject({ status: 400, body: { code: 'not_confirmed' } });
  });

  test('live usages refuse it with the list, unless a site admin forces it', async () => {
    const id = await owner.createDataset();
    const { name } = (await owner.json('GET', `/api/v1/datasets/${id}`)).body;
    await granary.database
      .sql`insert into dataset_usages (dataset_id, service, external_id) values (${id}, 'trainer', 'run-7')`;
    const refused = await deletion(owner, id, { confirmName: name });
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'in_use', issues: [{ path: 'trainer', message: 'run-7' }] },
    });
    const { body } = await owner.json('GET', `/api/v1/datasets/${id}/deletion-impact`);
    expect(body).toMatchObject({ usages: 1, liveUsages: [{ service: 'trainer', externalId: 'run-7' }] });
    expect((await deletion(owner, id, { confirmName: name, force: 'true' })).status).toBe(403);
    const forced = await deletion(people.admin ?? owner, id, {
      confirmName: name,
      force: 'true',
      createBackup: 'false',
    });
    expect(forced.status).toBe(202);
    await granary.database.sql`update dataset_usages set released_at = now() where dataset_id = ${id}`;
  });

  test('the name is free at once, and a restore says when it is taken', async () => {
    const id = await owner.createDataset('reused');
    await trash(owner, id, { createBackup: 'false' });
    const next = await owner.createDataset('reused');
    expect(await owner.json('POST', `/api/v1/datasets/${id}/restore`, {})).toMatchObject({
      status: 409,
      body: { code: 'name_taken' },
    });
    const back = await owner.json('POST', `/api/v1/datasets/${id}/restore`, { name: 'reused before' });
    expect(back).toMatchObject({ status: 200, body: { name: 'reused before' } });
    expect((await owner.dataset(next)).name).toBe('reused');
  });

  test('people who lose access are counted', async () => {
    const id = await shared();
    const { body } = await owner.json('GET', `/api/v1/datasets/${id}/deletion-impact`);
    expect(body.people).toEqual({ total: 3, names: ['coowner', 'editor', 'viewer'], isPublic: false });
  });
});

describe('many at once', () => {
  test('one impact, one count to type, and a result for each', async () => {
    const [a, b, used] = [await owner.createDataset(), await owner.createDataset(), await owner.createDataset()];
    await granary.database
      .sql`insert into dataset_usages (dataset_id, service, external_id) values (${used}, 'trainer', 'run-8')`;
    const hidden = await people.stranger?.createDataset();
    const ids = [a, b, used, hidden];
    const impact = await owner.json('POST', '/api/v1/datasets/bulk-deletion-impact', { ids });
    expect(impact.body).toMatchObject({ datasets: 3, usages: 1, inUse: [{ id: used }] });
    const wrong = await owner.json('POST', '/api/v1/datasets/bulk-delete', { ids, confirmCount: 3 });
    expect(wrong).toMatchObject({ status: 400, body: { code: 'not_confirmed' } });
    const { status, body } = await owner.json('POST', '/api/v1/datasets/bulk-delete', {
      ids,
      confirmCount: 4,
      createBackup: false,
    });
    expect(status).toBe(200);
    expect(body.succeeded.map((item: { id: string }) => item.id).sort()).toEqual([a, b].sort());
    expect(body.failed).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: used, code: 'in_use' }),
        expect.objectContaining({ id: hidden, name: '', code: 'not_found' }),
      ]),
    );
    const back = await owner.json('POST', '/api/v1/trash/restore', { ids: [a, used] });
    expect(back.body).toMatchObject({ succeeded: [{ id: a }], failed: [{ id: used, code: 'not_in_trash' }] });
    expect((await owner.json('POST', '/api/v1/trash/purge', { ids: [b], confirmCount: 2 })).status).toBe(400);
    const purged = await owner.json('POST', '/api/v1/trash/purge', { ids: [b], confirmCount: 1 });
    expect(await owner.waitForJob(purged.body.succeeded[0].jobId)).toMatchObject({ state: 'completed' });
  });

  test('a viewer of all of them deletes none', async () => {
    const id = await shared();
    const outcome = await people.viewer?.json('POST', '/api/v1/datasets/bulk-delete', { ids: [id], confirmCount: 1 });
    expect(outcome?.body).toMatchObject({ succeeded: [], failed: [{ id, code: 'forbidden' }] });
  });
});

describe('races', () => {
  const statuses = async (calls: Promise<{ status: number }>[]) =>
    (await Promise.all(calls)).map(({ status }) => status).sort();

  test('two deletes: one wins', async () => {
    for (let round = 0; round < 5; round++) {
      const id = await owner.createDataset();
      const { name } = await owner.dataset(id);
      const call = () => deletion(owner, id, { confirmName: name, createBackup: 'false' });
      expect(await statuses([call(), call()])).toEqual([202, 409]);
    }
  });

  test('delete against import: the import ends, or is refused', async () => {
    const archive = await zipOf(await yoloDataset(200));
    for (let round = 0; round < 4; round++) {
      const id = await owner.createDataset();
      const { name } = await owner.dataset(id);
      const upload = await owner.upload(id, 'a.zip', archive);
      const [importing, deleting] = await Promise.all([
        owner.json('POST', `/api/v1/datasets/${id}/imports`, { uploadIds: [upload] }),
        deletion(owner, id, { confirmName: name, createBackup: 'false' }),
      ]);
      expect(deleting.status).toBe(202);
      expect([202, 409]).toContain(importing.status);
      if (importing.status === 202)
        expect(await owner.waitForJob(importing.body.jobId)).toMatchObject({ state: 'cancelled' });
      expect((await purge(owner, id)).state).toBe('completed');
    }
  });

  test('delete against restore, and restore against purge: one wins', async () => {
    for (let round = 0; round < 5; round++) {
      const id = await owner.createDataset();
      const { name } = await owner.dataset(id);
      await trash(owner, id, { createBackup: 'false' });
      const [restored, purged] = await Promise.all([
        owner.json('POST', `/api/v1/datasets/${id}/restore`, {}),
        owner.json('POST', `/api/v1/datasets/${id}/purge`, { confirmName: name }),
      ]);
      expect([restored.status, purged.status].filter((status) => status < 300)).toHaveLength(1);
      const loser = restored.status < 300 ? purged : restored;
      expect(loser.status).toBe(409);
      expect(['being_purged', 'not_in_trash']).toContain(loser.body.code);
      if (purged.status < 300) {
        await owner.waitForJob(purged.body.jobId);
        continue;
      }
      const [deleting, restoring] = await Promise.all([
        deletion(owner, id, { confirmName: name, createBackup: 'false' }),
        owner.json('POST', `/api/v1/datasets/${id}/restore`, {}),
      ]);
      // A restore that comes first finds nothing in the trash; one that comes after takes it back.
      expect(deleting.status).toBe(202);
      expect([200, 409]).toContain(restoring.status);
    }
  });

  test('a purge waits for who writes a thumbnail, and no one begins behind it', async () => {
    const { id } = await imported();
    const { body } = await owner.json('GET', `/api/v1/datasets/${id}/images?limit=100`);
    const { name } = await owner.dataset(id);
    await trash(owner, id, { createBackup: 'false' });
    const looking = body.items.map((item: { id: number }) =>
      owner.raw('GET', `/api/v1/datasets/${id}/images/${item.id}/thumbnail`).then((answer) => answer.arrayBuffer()),
    );
    const purging = await owner.json('POST', `/api/v1/datasets/${id}/purge`, { confirmName: name });
    await Promise.all([...looking, owner.waitForJob(purging.body.jobId)]);
    expect(await keysWithId(granary, id)).toEqual([]);
  });

  async function imported(): Promise<{ id: string }> {
    const id = await owner.createDataset();
    await owner.importArchive(id, 'a.zip', await zipOf(await yoloDataset(60)));
    return { id };
  }
});
