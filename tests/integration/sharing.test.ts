import { beforeAll, describe, expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { deletion } from '../support/life.ts';
import { type OwnedDataset, ownedDataset, personOf } from '../support/owned-dataset.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let world: OwnedDataset;
let owner: Client;
let datasetId: string;

beforeAll(async () => {
  world = await ownedDataset(granary);
  ({ owner, datasetId } = world);
});

const permissions = () => `/api/v1/datasets/${datasetId}/permissions`;

describe('sharing', () => {
  test('a role is given, changed and taken away, and each counts at once', async () => {
    const guest = await personOf(world, 'guest');
    const see = () => guest.json('GET', `/api/v1/datasets/${datasetId}`);
    const edit = () => guest.json('PATCH', `/api/v1/datasets/${datasetId}`, { description: 'x' });
    expect((await see()).status).toBe(404);
    const given = await owner.json('POST', permissions(), { email: ' Guest@Example.org ', role: 'viewer' });
    expect(given).toMatchObject({ status: 201, body: { name: 'guest', role: 'viewer', grantedBy: 'owner' } });
    expect([(await see()).status, (await edit()).status]).toEqual([200, 403]);
    const { userId } = given.body;
    const changed = await owner.json('PATCH', `${permissions()}/${userId}`, { role: 'editor' });
    expect(changed).toMatchObject({ status: 200, body: { role: 'editor' } });
    expect((await edit()).status).toBe(200);
    const { body } = await owner.json('GET', permissions());
    expect(body.items).toMatchObject([
      { name: 'owner', role: 'owner', isOwner: true },
      { name: 'guest', role: 'editor', isOwner: false, grantedBy: 'owner' },
    ]);
    expect((await owner.json('DELETE', `${permissions()}/${userId}`)).status).toBe(200);
    expect((await see()).status).toBe(404);
    expect((await owner.json('DELETE', `${permissions()}/${userId}`)).status).toBe(404);
    expect((await owner.json('PATCH', `${permissions()}/${userId}`, { role: 'viewer' })).status).toBe(404);
    const log = await owner.json('GET', `/api/v1/datasets/${datasetId}/audit-log?search=guest@example.org`);
    expect(log.body.items.map((entry: { action: string; details: object }) => [entry.action, entry.details])).toEqual([
      ['unshared', { with: 'guest@example.org', before: 'editor', after: null }],
      ['shared', { with: 'guest@example.org', before: 'viewer', after: 'editor' }],
      ['shared', { with: 'guest@example.org', before: null, after: 'viewer' }],
    ]);
  });

  test('only who manages may, and one may leave by oneself', async () => {
    const [viewer, editor, stranger] = [
      await personOf(world, 'looker', 'viewer'),
      await personOf(world, 'changer', 'editor'),
      await personOf(world, 'outsider'),
    ];
    for (const [client, status] of [
      [viewer, 403],
      [editor, 403],
      [stranger, 404],
      [granary.nobody(), 401],
    ] as const) {
      expect((await client.json('GET', permissions())).status).toBe(status);
      expect((await client.json('POST', permissions(), { email: 'outsider@example.org', role: 'owner' })).status).toBe(
        status,
      );
    }
    const { body } = await owner.json('GET', permissions());
    const idOf = (name: string) => body.items.find((item: { name: string }) => item.name === name).userId;
    expect((await viewer.json('DELETE', `${permissions()}/${idOf('changer')}`)).status).toBe(403);
    expect((await viewer.json('DELETE', `${permissions()}/${idOf('looker')}`)).status).toBe(200);
    expect((await viewer.json('GET', `/api/v1/datasets/${datasetId}`)).status).toBe(404);
    const unknown = await owner.json('POST', permissions(), { email: 'nobody@example.org', role: 'viewer' });
    expect(unknown).toMatchObject({ status: 404, body: { code: 'unknown_account' } });
    expect((await owner.json('POST', permissions(), { email: 'owner@example.org', role: 'viewer' })).status).toBe(409);
    expect((await owner.json('POST', permissions(), { role: 'viewer' })).status).toBe(400);
  });
});

describe('usages', () => {
  test('are registered once, seen, guard against deletion, and are released', async () => {
    const trainer = await personOf(world, 'trainer', 'viewer');
    const input = { service: 'trainer', externalId: 'run-1', version: 1 };
    const use = () => trainer.json('POST', `/api/v1/datasets/${datasetId}/usages`, input);
    expect(await use()).toMatchObject({ status: 404, body: { code: 'not_found' } });
    await owner.importArchive(datasetId, 'a.zip', await zipOf(await yoloDataset(2)));
    expect((await owner.json('POST', `/api/v1/datasets/${datasetId}/versions`, { message: 'first' })).status).toBe(201);
    const first = await use();
    expect(first).toMatchObject({ status: 201, body: { ...input, createdBy: 'trainer', releasedAt: null } });
    const again = await use();
    expect(again.body.id).toBe(first.body.id);
    expect(await deletion(owner, datasetId, { confirmName: 'pictures' })).toMatchObject({
      status: 409,
      body: { code: 'in_use', issues: [{ path: 'trainer', message: 'run-1' }] },
    });
    const listed = await owner.json('GET', `/api/v1/datasets/${datasetId}/usages?live=true`);
    expect(listed.body.items).toMatchObject([{ id: first.body.id, createdBy: 'trainer' }]);
    const other = await personOf(world, 'other', 'viewer');
    const stranger = await personOf(world, 'nobody');
    const release = (client: Client) => client.json('DELETE', `/api/v1/usages/${first.body.id}`);
    expect((await release(other)).status).toBe(403);
    expect((await release(stranger)).status).toBe(404);
    expect((await release(granary.nobody())).status).toBe(401);
    const released = await release(trainer);
    expect(released.status).toBe(200);
    expect(released.body.releasedAt).not.toBeNull();
    expect((await release(owner)).body.releasedAt).toBe(released.body.releasedAt);
    expect((await owner.json('GET', `/api/v1/datasets/${datasetId}/usages?live=true`)).body.items).toEqual([]);
    expect((await stranger.json('POST', `/api/v1/datasets/${datasetId}/usages`, input)).status).toBe(404);
  });

  test('a deletion and a usage at once: one of them is refused', async () => {
    for (let round = 0; round < 5; round++) {
      const id = await owner.createDataset();
      const { name } = await owner.dataset(id);
      const [usage, deleted] = await Promise.all([
        owner.json('POST', `/api/v1/datasets/${id}/usages`, { service: 's', externalId: 'e' }),
        deletion(owner, id, { confirmName: name, createBackup: 'false' }),
      ]);
      expect([usage.status, deleted.status].sort()).toEqual(usage.status === 201 ? [201, 409] : [202, 409]);
    }
  });
});
