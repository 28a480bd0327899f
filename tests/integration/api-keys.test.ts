import { beforeAll, expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { ownedDataset, personOf } from '../support/owned-dataset.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let owner: Client;
let datasetId: string;

beforeAll(async () => {
  ({ owner, datasetId } = await ownedDataset(granary));
});

async function make(input: object): Promise<{ client: Client; id: string; secret: string }> {
  const { status, body } = await owner.json('POST', '/api/v1/api-keys', { name: 'a key', ...input });
  expect(status).toBe(201);
  const client = granary.nobody();
  client.key = body.secret;
  return { client, id: body.id, secret: body.secret };
}

const image = async (client: Client) => client.json('GET', `/api/v1/datasets/${datasetId}`);

test('a key reads; with the scope of writing it uploads and imports', async () => {
  const reader = (await make({ scopes: ['read'] })).client;
  expect((await reader.json('GET', '/api/v1/auth/me')).body.name).toBe('owner');
  expect((await image(reader)).status).toBe(200);
  expect(await reader.json('PATCH', `/api/v1/datasets/${datasetId}`, { description: 'x' })).toMatchObject({
    status: 403,
    body: { hint: 'This API key does not have the scope "write". Create one that has it.' },
  });
  await expect(reader.createUpload(datasetId, 'x.zip', 10)).rejects.toThrow('403');
  const check = await reader.json('POST', `/api/v1/datasets/${datasetId}/files/check`, { paths: ['data.yaml'] });
  expect(check).toMatchObject({ status: 200, body: { existing: [{ path: 'data.yaml' }] } });
  const writer = (await make({ scopes: ['read', 'write'] })).client;
  const id = await writer.createDataset('by key');
  await writer.importArchive(id, 'a.zip', await zipOf(await yoloDataset(3)));
  expect(await writer.dataset(id)).toMatchObject({ status: 'ready', numImages: 3 });
  const [entry] = (await owner.json('GET', `/api/v1/datasets/${id}/audit-log?action=created`)).body.items;
  expect(entry).toMatchObject({ performedByName: 'owner', apiKey: writer.key.slice(3, 11) });
});

test('its secret is shown once, and kept as a hash', async () => {
  const { secret, id } = await make({ scopes: ['read'] });
  const { body } = await owner.json('GET', '/api/v1/api-keys');
  expect(body.items.find((key: { id: string }) => key.id === id)).toMatchObject({ prefix: secret.slice(3, 11) });
  expect(JSON.stringify(body)).not.toContain(secret.slice(12));
  const rows = await granary.database.sql`select to_jsonb(k)::text as row from api_keys k`;
  const log = await granary.database.sql`select to_jsonb(a)::text as row from audit_log a`;
  expect([...rows, ...log].map(({ row }) => row).join()).not.toContain(secret.slice(12));
});

test('a revoked, expired, altered or disabled key opens nothing, and a cookie does not stand in for it', async () => {
  const { client, id } = await make({ scopes: ['read'] });
  expect((await image(client)).status).toBe(200);
  const [{ body }] = await Promise.all([owner.json('GET', '/api/v1/api-keys')]);
  expect(body.items.find((key: { id: string }) => key.id === id).lastUsedAt).not.toBeNull();
  const stranger = await personOf({ granary, datasetId }, 'stranger');
  expect((await stranger.json('DELETE', `/api/v1/api-keys/${id}`)).status).toBe(404);
  expect((await owner.json('DELETE', `/api/v1/api-keys/${id}`)).status).toBe(200);
  expect((await image(client)).status).toBe(401);
  client.cookie = owner.cookie;
  expect((await image(client)).status).toBe(401);
  const expired = (await make({ scopes: ['read'], expiresAt: new Date(Date.now() - 1000).toISOString() })).client;
  expect((await image(expired)).status).toBe(401);
  const altered = await make({ scopes: ['read'] });
  altered.client.key = `${altered.secret.slice(0, -1)}${altered.secret.endsWith('A') ? 'B' : 'A'}`;
  expect((await image(altered.client)).status).toBe(401);
  await expect(altered.client.createUpload(datasetId, 'x.zip', 10)).rejects.toThrow('401');
  const other = await make({ scopes: ['read'] });
  await granary.database.sql`update users set disabled_at = now() where name = 'owner'`;
  expect((await image(other.client)).status).toBe(401);
  await granary.database.sql`update users set disabled_at = null where name = 'owner'`;
});

test('a key for one dataset opens no other', async () => {
  const hidden = await owner.createDataset('hidden from it');
  const { client } = await make({ scopes: ['read', 'write'], datasetId });
  expect((await image(client)).status).toBe(200);
  expect((await client.json('GET', `/api/v1/datasets/${hidden}`)).status).toBe(404);
  const { body } = await client.json('GET', '/api/v1/datasets');
  expect(body.items.map((item: { id: string }) => item.id)).toEqual([datasetId]);
  expect((await client.json('POST', '/api/v1/datasets', { name: 'no' })).status).toBe(403);
  const jobs = await client.json('GET', '/api/v1/jobs');
  expect(new Set(jobs.body.items.map((job: { datasetId: string }) => job.datasetId))).toEqual(new Set([datasetId]));
  const unknown = await owner.json('POST', '/api/v1/api-keys', { name: 'x', scopes: ['read'], datasetId: 'unknown' });
  expect(unknown.status).toBe(404);
});

test('a key makes no keys and is shown none', async () => {
  const { client } = await make({ scopes: ['read', 'write'] });
  expect((await client.json('GET', '/api/v1/api-keys')).status).toBe(403);
  expect((await client.json('POST', '/api/v1/api-keys', { name: 'x', scopes: ['read'] })).status).toBe(403);
  expect((await granary.nobody().json('GET', '/api/v1/api-keys')).status).toBe(401);
});
