import { beforeAll, expect, test } from 'vitest';
import type { Client } from '../support/client.ts';
import { type OwnedDataset, ownedDataset, personOf } from '../support/owned-dataset.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let world: OwnedDataset;
let admin: Client;
beforeAll(async () => {
  world = await ownedDataset(granary);
  admin = await personOf(world, 'second-admin');
  await granary.database.sql`update users set is_admin = true where email = 'second-admin@example.org'`;
});

function send(client: Client, path: string, fields: Record<string, string>): Promise<Response> {
  return client.raw('POST', path, new URLSearchParams(fields), { origin: granary.url });
}

async function subject(): Promise<{ id: string; disabled_at: Date | null }> {
  const [row] = await granary.database.sql<{ id: string; disabled_at: Date | null }[]>`
    select id, disabled_at from users where email = 'subject@example.org'`;
  if (!row) throw new Error('The account is gone');
  return row;
}

test('an intent that the page of accounts does not know changes none', async () => {
  await personOf(world, 'subject');
  const { id: userId } = await subject();
  for (const fields of [
    { userId, disabled: 'true' },
    { userId, disabled: 'true', intent: 'guess' },
  ]) {
    expect((await send(admin, '/admin/users', fields)).status).toBe(400);
    expect((await subject()).disabled_at).toBeNull();
  }
  expect((await send(admin, '/admin/users', { userId, intent: 'disable' })).status).toBe(200);
  expect((await subject()).disabled_at).not.toBeNull();
  expect((await send(admin, '/admin/users', { userId, intent: 'enable' })).status).toBe(200);
  expect((await subject()).disabled_at).toBeNull();
});

test('no page acts on an intent that it does not know', async () => {
  const { datasetId, importId } = world;
  const dataset = `/datasets/${datasetId}`;
  const pages = [
    ...['/account', '/keys', '/trash', '/organizations?index', '/datasets/hub', '/language', '/theme'],
    ...['/admin/datasets', '/admin/integrity', '/admin/jobs', '/admin/settings', '/admin/users'],
    ...[`${dataset}?index`, `${dataset}/imports/${importId}`, `${dataset}/maintenance`, `${dataset}/sharing`],
    ...[`${dataset}/tokenization`, `${dataset}/links`, `${dataset}/transfer`],
  ];
  const statuses = await Promise.all(
    pages.map(async (page) => [page, (await send(admin, page, { intent: 'guess', id: datasetId })).status]),
  );
  expect(statuses).toEqual(pages.map((page) => [page, 400]));
});

test('a failure is no empty list on the page of a dataset', async () => {
  const { datasetId } = world;
  const { sql } = granary.database;
  const page = `/datasets/${datasetId}.data`;
  const viewer = await personOf(world, 'viewer', 'viewer');
  expect((await viewer.raw('GET', page)).status).toBe(200);
  expect((await world.owner.raw('GET', page)).status).toBe(200);
  await sql`alter table uploads rename column expires_at to expires_at_gone`;
  try {
    expect((await world.owner.raw('GET', page)).status).toBe(500);
  } finally {
    await sql`alter table uploads rename column expires_at_gone to expires_at`;
  }
});

test('what no page asks for is not there, and is no error of the server', async () => {
  const { datasetId, owner } = world;
  const status = async (method: string, path: string, body?: BodyInit) =>
    (await owner.raw(method, path, body, { origin: granary.url })).status;
  expect(await status('GET', `/datasets/${datasetId}.data`)).toBe(200);
  for (const route of ['root', 'routes/datasets._index', 'routes/nothing', 'routes/sign-in', '__proto__']) {
    const path = `/datasets?_data=${encodeURIComponent(route)}`;
    expect([route, await status('GET', path), await status('POST', path)]).toEqual([route, 404, 404]);
  }
  expect(await status('GET', '/datasets?_data=root&_data=root')).toBe(404);
  expect(await status('GET', '/nothing.data')).toBe(404);
  expect(await status('GET', '/datasets.data?_routes=routes%2Fnothing')).toBeLessThan(500);
  expect(await status('POST', '/sign-in.data?_routes=routes%2Fnothing')).toBeLessThan(500);
});

test.each([
  ['multipart/form-data; boundary=x', 'no part of anything'],
  ['multipart/form-data', 'without a boundary'],
  ['multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; name="intent"\r\n\r\ncut off'],
  ['application/json', '{}'],
])('a body that is no form is refused as that (%s, %s)', async (type, body) => {
  for (const path of ['/account', '/account.data']) {
    const answer = await admin.raw('POST', path, body, { origin: granary.url, 'content-type': type });
    expect(answer.status).toBe(400);
  }
});
