import { beforeAll, expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let admin: Client;
let owner: Client;
const bibtex = '@misc{streets, title={Streets}, year={2026}}';

beforeAll(async () => {
  admin = await granary.person('admin');
  owner = await granary.person('owner');
});

const create = (body: object) => owner.json('POST', '/api/v1/datasets', body);
const patch = (id: string, body: object) => owner.json('PATCH', `/api/v1/datasets/${id}`, body);
const names = async (query: string) =>
  (await owner.json('GET', `/api/v1/datasets?${query}`)).body.items.map(({ name }: { name: string }) => name);

test('is told with its citation, changes, and is found by', async () => {
  const { body: made } = await create({ name: 'licensed', license: 'cc-by-4.0', citation: bibtex });
  expect(made).toMatchObject({ license: 'CC-BY-4.0', citation: bibtex });
  const { body: bare } = await create({ name: 'bare' });
  expect(bare).toMatchObject({ license: null, citation: '' });
  expect(await names('license=CC-BY-4.0')).toEqual(['licensed']);
  expect(await names('license=cc-by-4.0')).toEqual(['licensed']);
  expect(await names('license=none')).toEqual(['bare']);
  expect((await patch(bare.id, { license: 'our own terms' })).body.license).toBe('our own terms');
  expect(await names('license=none')).toEqual([]);
  expect(await names(`license=${encodeURIComponent('our own terms')}`)).toEqual(['bare']);
  expect((await patch(bare.id, { license: null })).body.license).toBeNull();
  for (const [field, value] of [
    ['license', 'x'.repeat(201)],
    ['license', 'two\nlines'],
    ['citation', 'x'.repeat(10_001)],
  ] as const)
    expect((await patch(bare.id, { [field]: value })).body.issues, field).toMatchObject([{ path: field }]);
  const stranger = await granary.person('stranger');
  expect((await stranger.json('PATCH', `/api/v1/datasets/${made.id}`, { license: 'MIT' })).status).toBe(404);
});

test('stands on its pages and in meta.json', async () => {
  const { body: made } = await create({ name: 'shown', license: 'MIT', citation: bibtex });
  await owner.importArchive(made.id, 'a.zip', await zipOf(await yoloDataset(2)));
  const page = await (await owner.raw('GET', `/datasets/${made.id}`)).text();
  expect(page).toContain('href="/datasets?license=MIT"');
  expect(page).toContain('@misc{streets');
  const meta = await owner.json('GET', `/api/v1/datasets/${made.id}/files/content?path=meta.json`);
  expect(meta.body).toMatchObject({ license: 'MIT', citation: bibtex });
  await patch(made.id, { license: 'CC0-1.0' });
  const changed = await owner.json('GET', `/api/v1/datasets/${made.id}/files/content?path=meta.json`);
  expect(changed.body.license).toBe('CC0-1.0');
});

test('is needed to be public only where the site says so', async () => {
  const { body: free } = await create({ name: 'public before', visibility: 'public' });
  expect(free.visibility).toBe('public');
  await admin.json('PATCH', '/api/v1/admin/settings', { requireLicense: true });
  const refused = {
    status: 409,
    body: { code: 'license_required', issues: [{ path: 'license' }] },
  };
  expect(await create({ name: 'refused', visibility: 'public' })).toMatchObject(refused);
  expect((await create({ name: 'allowed', visibility: 'public', license: 'MIT' })).status).toBe(201);
  const { body: own } = await create({ name: 'private' });
  expect(await patch(own.id, { visibility: 'public' })).toMatchObject(refused);
  expect((await owner.dataset(own.id)).visibility).toBe('private');
  const bulk = await owner.json('POST', '/api/v1/datasets/bulk-update', { ids: [own.id], visibility: 'public' });
  expect(bulk.body).toMatchObject({
    changed: 0,
    refused: [{ id: own.id, reason: expect.stringContaining('license') }],
  });
  expect((await patch(own.id, { visibility: 'public', license: 'MIT' })).body.visibility).toBe('public');
  expect(await patch(own.id, { license: null })).toMatchObject(refused);
  // What was public already stays so, and can be edited.
  expect((await patch(free.id, { description: 'still here' })).body).toMatchObject({ visibility: 'public' });
  await admin.json('PATCH', '/api/v1/admin/settings', { requireLicense: false });
  expect((await patch(own.id, { license: null })).body).toMatchObject({ license: null, visibility: 'public' });
});
