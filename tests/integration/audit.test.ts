import { beforeAll, describe, expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { purge, trash } from '../support/life.ts';
import { useGranary } from '../support/world.ts';

type Json = ReturnType<typeof JSON.parse>;

const granary = useGranary();
let admin: Client;
let owner: Client;

beforeAll(async () => {
  admin = await granary.person('admin');
  owner = await granary.person('owner');
});

const actionsOf = (body: Json): string[] => body.items.map((entry: Json) => entry.action);

describe('the audit log', () => {
  test('tells a dataset’s life, also when it is gone', async () => {
    const id = await owner.createDataset('lively');
    await owner.importArchive(id, 'a.zip', await zipOf(await yoloDataset(3)));
    await owner.json('PATCH', `/api/v1/datasets/${id}`, { description: 'new', visibility: 'public' });
    const changes = await owner.json('GET', `/api/v1/datasets/${id}/audit-log?action=visibility_changed`);
    expect(changes.body.items).toMatchObject([
      {
        action: 'visibility_changed',
        datasetName: 'lively',
        performedByName: 'owner',
        details: { before: { visibility: 'private' }, after: { visibility: 'public' } },
      },
    ]);
    expect(changes.body.items[0].ip).toMatch(/127\.0\.0\.1/);
    await (await owner.raw('GET', `/api/v1/datasets/${id}/annotations/download?format=coco`)).text();
    await trash(owner, id, { createBackup: 'false' });
    await owner.json('POST', `/api/v1/datasets/${id}/restore`, { name: 'lively again' });
    await trash(owner, id);
    await purge(owner, id);
    expect((await owner.json('GET', `/api/v1/datasets/${id}/audit-log`)).status).toBe(404);
    const { body } = await admin.json('GET', `/api/v1/datasets/${id}/audit-log?limit=100`);
    expect(actionsOf(body).reverse()).toEqual([
      'created',
      'uploaded',
      'import_requested',
      'imported',
      'visibility_changed',
      'updated',
      'exported',
      'deleted',
      'restored',
      'backup_requested',
      'deleted',
      'purge_requested',
      'backup_made',
      'purged',
    ]);
    expect(body.items[0]).toMatchObject({ datasetName: 'lively again', details: { imagesDeleted: 3, objectsLeft: 0 } });
  });

  test('is filtered, searched and paged', async () => {
    const names = ['alpha one', 'alpha two', 'beta'];
    for (const name of names) await owner.createDataset(name);
    const created = await admin.json('GET', '/api/v1/admin/audit-log?action=created&search=alpha');
    expect(created.body.items.map((entry: Json) => entry.datasetName)).toEqual(['alpha two', 'alpha one']);
    const first = await admin.json('GET', '/api/v1/admin/audit-log?limit=2');
    const second = await admin.json('GET', `/api/v1/admin/audit-log?limit=2&cursor=${first.body.nextCursor}`);
    const ids = [...first.body.items, ...second.body.items].map((entry: Json) => entry.id);
    expect(ids).toEqual([...ids].sort((a, b) => b - a));
    expect(new Set(ids).size).toBe(4);
    const future = new Date(Date.now() + 60_000).toISOString();
    expect((await admin.json('GET', `/api/v1/admin/audit-log?from=${future}`)).body.items).toEqual([]);
    expect((await owner.json('GET', '/api/v1/admin/audit-log')).status).toBe(403);
    expect((await granary.nobody().json('GET', '/api/v1/admin/audit-log')).status).toBe(401);
  });

  test('is exported as CSV that no spreadsheet runs, and as JSON Lines', async () => {
    const id = await owner.createDataset('=HYPERLINK("http://evil.example","x")');
    const csv = await (await owner.raw('GET', `/api/v1/datasets/${id}/audit-log/export?format=csv`)).text();
    const [header, ...rows] = csv.trim().split('\r\n');
    expect(header).toBe('id,at,action,datasetId,datasetName,performedBy,performedByName,apiKey,ip,details');
    expect(rows.length).toBe(2);
    expect(csv).toContain(`"'=HYPERLINK(`);
    const lines = await owner.raw('GET', `/api/v1/datasets/${id}/audit-log/export?format=jsonl`);
    expect(lines.headers.get('content-disposition')).toContain(`audit-log-${id}.jsonl`);
    const entries = (await lines.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(entries.map(({ action }) => action)).toEqual(['audit_exported', 'audit_exported', 'created']);
    const wrong = await owner.json('GET', `/api/v1/datasets/${id}/audit-log/export?format=xlsx`);
    expect(wrong).toMatchObject({ status: 400, body: { issues: [{ path: 'format' }] } });
  });

  test('cannot be changed', async () => {
    for (const statement of ['update audit_log set action = $$x$$', 'delete from audit_log', 'truncate audit_log'])
      await expect(granary.database.sql.unsafe(statement)).rejects.toThrow(/append-only/);
  });
});

describe('accounts', () => {
  const account = async (email: string) =>
    (await admin.json('GET', `/api/v1/admin/users?search=${email}`)).body.items[0];

  test('only admins see and change them', async () => {
    const { id } = await account('owner@example.org');
    expect((await owner.json('GET', '/api/v1/admin/users')).status).toBe(403);
    expect((await owner.json('PATCH', `/api/v1/admin/users/${id}`, { isDisabled: true })).status).toBe(403);
    const query = new URLSearchParams({ confirmEmail: 'owner@example.org', datasets: 'delete' });
    expect((await owner.json('DELETE', `/api/v1/admin/users/${id}?${query}`)).status).toBe(403);
    expect((await granary.nobody().json('GET', '/api/v1/admin/users')).status).toBe(401);
  });

  test('a disabled one is out at once, and may come back', async () => {
    const person = await granary.person('leaving');
    const { id } = person;
    expect((await admin.json('PATCH', `/api/v1/admin/users/${id}`, { isDisabled: true })).status).toBe(200);
    expect((await person.json('GET', '/api/v1/auth/me')).status).toBe(401);
    const login = () =>
      person.json('POST', '/api/v1/auth/login', { email: 'leaving@example.org', password: 'correct horse' });
    expect((await login()).status).toBe(401);
    await admin.json('PATCH', `/api/v1/admin/users/${id}`, { isDisabled: false });
    expect((await login()).status).toBe(200);
  });

  test('the last admin can be neither disabled nor deleted', async () => {
    const { id } = await account('admin@example.org');
    expect(await admin.json('PATCH', `/api/v1/admin/users/${id}`, { isDisabled: true })).toMatchObject({
      status: 409,
      body: { code: 'last_admin' },
    });
    const query = new URLSearchParams({ confirmEmail: 'admin@example.org', datasets: 'delete' });
    expect((await admin.json('DELETE', `/api/v1/admin/users/${id}?${query}`)).status).toBe(409);
  });

  test('a deleted one hands over its datasets, or loses them; its entries stay', async () => {
    const remove = (id: string, query: Record<string, string>) =>
      admin.json('DELETE', `/api/v1/admin/users/${id}?${new URLSearchParams(query)}`);
    const giver = await granary.person('giver');
    const { id: giverId } = giver;
    const given = await giver.createDataset('taken name');
    await owner.createDataset('taken name');
    const target = await account('owner@example.org');
    expect((await remove(giverId, { confirmEmail: 'giver', datasets: 'delete' })).body.code).toBe('not_confirmed');
    expect((await remove(giverId, { confirmEmail: 'giver@example.org', datasets: 'transfer' })).status).toBe(400);
    const moved = await remove(giverId, {
      confirmEmail: 'giver@example.org',
      datasets: 'transfer',
      transferTo: target.id,
    });
    expect(moved).toMatchObject({ status: 200, body: { transferred: 1, deleted: 0 } });
    expect(await owner.dataset(given)).toMatchObject({ name: 'taken name (2)', ownerId: target.id });
    expect((await giver.json('GET', '/api/v1/auth/me')).status).toBe(401);

    const loser = await granary.person('loser');
    const { id: loserId } = loser;
    const lost = await loser.createDataset('lost');
    const outcome = await remove(loserId, { confirmEmail: 'loser@example.org', datasets: 'delete' });
    expect(outcome.body).toEqual({ transferred: 0, deleted: 1 });
    expect((await admin.dataset(lost)).deletedAt).not.toBeNull();
    expect((await account('loser')) ?? null).toBeNull();
    const entries = await admin.json('GET', `/api/v1/admin/audit-log?performedBy=${loserId}`);
    expect(entries.body.items).toMatchObject([
      { action: 'created', performedByName: 'loser' },
      { action: 'registered' },
    ]);
    await loser.register('loser');
    expect((await loser.json('GET', '/api/v1/auth/me')).status).toBe(200);
  });
});
