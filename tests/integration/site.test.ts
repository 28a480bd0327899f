import { beforeAll, describe, expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { until } from '../support/until.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let admin: Client;

beforeAll(async () => {
  admin = await granary.person('admin');
});

async function person(name: string): Promise<Client & { id: string }> {
  const client = await granary.person(name);
  const { id } = client;
  return Object.assign(client, { id });
}

const login = (email: string, password: string) =>
  granary.nobody().json('POST', '/api/v1/auth/login', { email, password });

describe('passwords and sessions', () => {
  test('a change ends all other sessions, and needs the present password', async () => {
    const one = await person('changer');
    const two = await granary.signedIn('changer');
    const change = (currentPassword: string, newPassword: string) =>
      one.json('POST', '/api/v1/auth/password', { currentPassword, newPassword });
    expect((await change('wrong', 'battery staple')).body.code).toBe('wrong_password');
    expect((await change('correct horse', 'short')).body.issues[0].path).toBe('newPassword');
    expect((await two.json('GET', '/api/v1/auth/me')).status).toBe(200);
    expect((await change('correct horse', 'battery staple')).status).toBe(200);
    expect((await two.json('GET', '/api/v1/auth/me')).status).toBe(401);
    expect((await one.json('GET', '/api/v1/auth/me')).status).toBe(200);
    expect((await login('changer@example.org', 'correct horse')).status).toBe(401);
    expect((await login('changer@example.org', 'battery staple')).status).toBe(200);
  });

  test('sign out everywhere', async () => {
    const one = await person('leaver');
    const two = await granary.signedIn('leaver');
    const before = one.cookie;
    expect((await one.json('POST', '/api/v1/auth/logout-everywhere', {})).status).toBe(200);
    one.cookie = before;
    for (const client of [one, two]) expect((await client.json('GET', '/api/v1/auth/me')).status).toBe(401);
  });

  test('a session ends after a time without use, and after 90 days in any case', async () => {
    const idle = await person('idler');
    await granary.database.sql`update sessions set expires_at = now() where user_id = ${idle.id}`;
    expect((await idle.json('GET', '/api/v1/auth/me')).status).toBe(401);
    const old = await person('old');
    await granary.database.sql`update sessions set created_at = now() - interval '91 days' where user_id = ${old.id}`;
    expect((await old.json('GET', '/api/v1/auth/me')).status).toBe(401);
  });

  test('signing in gives another session than the one before', async () => {
    const client = await person('rotator');
    const before = client.cookie;
    await client.json('POST', '/api/v1/auth/login', { email: 'rotator@example.org', password: 'correct horse' });
    expect(client.cookie).not.toBe(before);
    client.cookie = before;
    expect((await client.json('GET', '/api/v1/auth/me')).status).toBe(401);
  });

  test('a reset link of the admin works once, and ends all sessions', async () => {
    const forgetful = await person('forgetful');
    const path = `/api/v1/admin/users/${forgetful.id}/reset-link`;
    expect((await forgetful.json('POST', path, {})).status).toBe(403);
    const first = (await admin.json('POST', path, {})).body.url.split('/').at(-1);
    const second = (await admin.json('POST', path, {})).body.url.split('/').at(-1);
    const reset = (token: string) =>
      granary.nobody().json('POST', '/api/v1/auth/reset', { token, newPassword: 'another one' });
    expect((await reset(first)).body.code).toBe('reset_unusable');
    expect((await reset(second)).status).toBe(200);
    expect((await reset(second)).status).toBe(410);
    expect((await forgetful.json('GET', '/api/v1/auth/me')).status).toBe(401);
    expect((await login('forgetful@example.org', 'another one')).status).toBe(200);
    const rows = await granary.database.sql`select to_jsonb(r)::text as row from password_resets r`;
    expect(rows.map(({ row }) => row).join()).not.toContain(second);
  });
});

describe('the admin', () => {
  test('makes admins and unmakes them, but not the last one', async () => {
    const second = await person('second');
    const [first] = (await admin.json('GET', '/api/v1/admin/users?search=admin@')).body.items;
    const set = (client: Client, id: string, isAdmin: boolean) =>
      client.json('PATCH', `/api/v1/admin/users/${id}`, { isAdmin });
    expect((await set(second, second.id, true)).status).toBe(403);
    expect((await set(admin, first.id, false)).body.code).toBe('last_admin');
    expect((await set(admin, second.id, true)).body).toMatchObject({ isAdmin: true });
    expect((await second.json('GET', '/api/v1/admin/users')).status).toBe(200);
    expect((await set(admin, second.id, false)).status).toBe(200);
    expect((await second.json('GET', '/api/v1/admin/users')).status).toBe(403);
  });

  test('sets quotas, which are asked about before an upload, and after unpacking', async () => {
    const client = await person('quota');
    await admin.json('PATCH', `/api/v1/admin/users/${client.id}`, { quotaBytes: 20_000, quotaDatasets: 2 });
    const dataset = await client.createDataset('one');
    await client.createDataset('two');
    const third = await client.json('POST', '/api/v1/datasets', { name: 'three' });
    expect(third).toMatchObject({ status: 413, body: { code: 'quota_exceeded' } });
    await client.createUpload(dataset, 'a.zip', 15_000);
    await expect(client.createUpload(dataset, 'b.zip', 15_000)).rejects.toThrow('quota_exceeded');
    await granary.database.sql`update uploads set state = 'expired' where dataset_id = ${dataset}`;
    // 200 kB of zeros in a few hundred bytes.
    const { job } = await client.importArchive(
      dataset,
      'z.zip',
      await zipOf(new Map([['a.txt', Buffer.alloc(200_000)]])),
    );
    expect(job).toMatchObject({ state: 'failed', error: { code: 'quota_exceeded' } });
    await admin.json('PATCH', `/api/v1/admin/users/${client.id}`, { quotaBytes: null });
    const again = await client.importArchive(
      dataset,
      'z.zip',
      await zipOf(new Map([['a.txt', Buffer.alloc(200_000)]])),
    );
    expect(again.job.state).toBe('completed');
    await admin.json('PATCH', '/api/v1/admin/settings', { quotaBytes: 1000 });
    await expect(client.createUpload(dataset, 'c.zip', 10)).rejects.toThrow('quota_exceeded');
    await admin.json('PATCH', '/api/v1/admin/settings', { quotaBytes: null });
    await client.createUpload(dataset, 'c.zip', 10);
  });

  test('sees storage, datasets, jobs, queues and workers; settings count at once', async () => {
    const client = await person('busy');
    const dataset = await client.createDataset('seen by the admin');
    await client.importArchive(dataset, 'a.zip', await zipOf(await yoloDataset(3)));
    await admin.createDataset();
    const storage = (await admin.json('GET', '/api/v1/admin/storage')).body;
    const size = (await client.dataset(dataset)).sizeBytes;
    expect(storage.users).toContainEqual({ userId: client.id, name: 'busy', datasets: 1, bytes: size });
    expect(storage.kinds.map(({ kind }: { kind: string }) => kind)).toContain('image');
    const all = await admin.json('GET', '/api/v1/admin/datasets?search=busy');
    expect(all.body.items).toMatchObject([{ id: dataset, ownerEmail: 'busy@example.org', sizeBytes: size }]);
    const paged = await admin.json('GET', '/api/v1/admin/datasets?limit=1');
    const next = await admin.json('GET', `/api/v1/admin/datasets?limit=1&cursor=${paged.body.nextCursor}`);
    expect(next.body.items[0].id).not.toBe(paged.body.items[0].id);
    const jobs = (await admin.json('GET', '/api/v1/admin/jobs?state=completed')).body;
    expect(jobs.items[0]).toMatchObject({ kind: 'import', datasetName: 'seen by the admin', createdBy: 'busy' });
    expect(jobs.queues.map(({ name }: { name: string }) => name)).toContain('import');
    expect(jobs.workers).toMatchObject([{ isAlive: true, pid: granary.worker.pid }]);
    await admin.json('PATCH', '/api/v1/admin/settings', { trashDays: 3 });
    const { name } = await client.dataset(dataset);
    const deleted = await client.json('DELETE', `/api/v1/datasets/${dataset}?confirmName=${encodeURIComponent(name)}`);
    expect(Date.parse(deleted.body.purgeAfter) - Date.parse(deleted.body.deletedAt)).toBe(3 * 86_400_000);
    expect((await admin.json('PATCH', '/api/v1/admin/settings', { trashDays: -1 })).status).toBe(400);
    for (const path of ['settings', 'storage', 'datasets', 'jobs'])
      expect((await client.json('GET', `/api/v1/admin/${path}`)).status, path).toBe(403);
    expect((await client.json('PATCH', '/api/v1/admin/settings', { signUp: 'closed' })).status).toBe(403);
  });

  test('a failed job is started again, a waiting one is cancelled', async () => {
    const client = await person('retrier');
    const stranger = await person('no-retrier');
    const dataset = await client.createDataset();
    const upload = await client.upload(dataset, 'a.zip', Buffer.from('no zip at all'));
    const { jobId } = await client.startImport(dataset, [upload]);
    expect((await client.waitForJob(jobId)).state).toBe('failed');
    expect((await stranger.json('POST', `/api/v1/jobs/${jobId}/retry`, {})).status).toBe(404);
    expect((await client.json('POST', `/api/v1/jobs/${jobId}/cancel`, {})).body).toMatchObject({
      state: 'failed',
      outcome: 'finished_already',
    });
    await granary.worker.end();
    const good = await client.upload(dataset, 'b.zip', await zipOf(await yoloDataset(2)));
    const waiting = await client.startImport(dataset, [good]);
    expect((await client.json('POST', `/api/v1/jobs/${waiting.jobId}/retry`, {})).status).toBe(409);
    expect((await stranger.json('POST', `/api/v1/jobs/${waiting.jobId}/cancel`, {})).status).toBe(404);
    expect(await admin.json('POST', `/api/v1/jobs/${waiting.jobId}/cancel`, {})).toMatchObject({
      status: 202,
      body: { state: 'cancelled', outcome: 'cancelled' },
    });
    // Another one, cancelled after it, is not what is asked for.
    const other = await client.upload(dataset, 'c.zip', await zipOf(await yoloDataset(3)));
    const newer = await client.startImport(dataset, [other]);
    expect((await client.json('POST', `/api/v1/jobs/${newer.jobId}/cancel`, {})).body.outcome).toBe('cancelled');
    const again = await admin.json('POST', `/api/v1/jobs/${waiting.jobId}/retry`, {});
    expect(again.status).toBe(202);
    await granary.worker.start();
    expect((await client.waitForJob(again.body.jobId)).state).toBe('completed');
    expect((await client.dataset(dataset)).numImages).toBe(2);
  });
});

describe('samples', () => {
  test('are published by an admin, and seen by everyone', async () => {
    const visitor = await person('visitor');
    const input = { id: 'cls-test-2', name: 'A sample', taskType: 'object_detection' };
    expect((await visitor.json('POST', '/api/v1/admin/samples', input)).status).toBe(403);
    expect((await admin.json('POST', '/api/v1/admin/samples', input)).body).toMatchObject({
      id: 'cls-test-2',
      visibility: 'public',
      tags: ['platform-sample'],
      ownerId: null,
    });
    expect((await admin.json('POST', '/api/v1/admin/samples', input)).body.code).toBe('id_taken');
    expect((await admin.json('POST', '/api/v1/admin/samples', { ...input, id: 'available' })).status).toBe(400);
    expect((await visitor.json('GET', '/api/v1/datasets/available?tags=platform-sample')).body.items).toEqual([]);
    await admin.importArchive('cls-test-2', 'a.zip', await zipOf(await yoloDataset(3)));
    const available = async (query: string) =>
      (await visitor.json('GET', `/api/v1/datasets/available?${query}`)).body.items.map(({ id }: { id: string }) => id);
    expect(await available('tags=platform-sample&taskType=object_detection')).toEqual(['cls-test-2']);
    expect(await available('tags=platform-sample&taskType=text')).toEqual([]);
    expect(await available('scope=samples')).toEqual(['cls-test-2']);
    expect((await visitor.json('PATCH', '/api/v1/datasets/cls-test-2', { description: 'x' })).status).toBe(403);
    expect(await granary.store.head('datasets/cls-test-2/meta.json')).not.toBeNull();
  });

  test('what lies in the bucket is adopted where it is; a failure leaves it there', async () => {
    const files = await yoloDataset(4);
    for (const [path, bytes] of files) await granary.store.put(`datasets/old-1/${path}`, Buffer.from(bytes));
    await granary.store.put('datasets/old-1/meta.json', Buffer.from('{"id":"old-1"}'));
    const written = await granary.store.head('datasets/old-1/data.yaml');
    const visitor = await person('adopter');
    expect((await visitor.json('POST', '/api/v1/admin/samples/adopt', { id: 'old-1', name: 'Old' })).status).toBe(403);
    const nothing = await admin.json('POST', '/api/v1/admin/samples/adopt', { id: 'old-2', name: 'Nothing' });
    expect(nothing.status).toBe(404);
    const started = await admin.json('POST', '/api/v1/admin/samples/adopt', {
      id: 'old-1',
      name: 'Old',
      ownerEmail: 'adopter@example.org',
    });
    expect(started.status).toBe(202);
    await granary.worker.end('SIGKILL');
    await granary.worker.start();
    expect((await admin.waitForJob(started.body.jobId)).state).toBe('completed');
    expect(await visitor.dataset('old-1')).toMatchObject({
      status: 'ready',
      format: 'yolo',
      numImages: 4,
      ownerId: visitor.id,
      visibility: 'private',
    });
    expect((await granary.store.head('datasets/old-1/data.yaml'))?.modifiedAt).toEqual(written?.modifiedAt);
    const tree = await visitor.tree('old-1');
    expect([...tree.keys()].sort()).toEqual([...files.keys()].sort());
    const { body } = await admin.json('POST', '/api/v1/integrity-checks', { datasetId: 'old-1' });
    const check = await admin.waitForJob(body.jobId);
    expect(check).toMatchObject({ state: 'completed', result: { findings: 0 } });

    await granary.store.put('datasets/old-3/a.txt', Buffer.from('kept'));
    await granary.worker.end();
    const cancelled = await admin.json('POST', '/api/v1/admin/samples/adopt', { id: 'old-3', name: 'Cancelled' });
    await admin.json('POST', `/api/v1/jobs/${cancelled.body.jobId}/cancel`, {});
    const upload = await admin.upload('old-3', 'x.zip', Buffer.from('no zip at all'));
    const failed = await admin.startImport('old-3', [upload]);
    // As after a worker that died: then what no row knows is swept, elsewhere.
    await granary.database.sql`update activities set attempt = 2 where id = ${failed.jobId}`;
    await granary.worker.start();
    expect((await admin.waitForJob(failed.jobId)).state).toBe('failed');
    expect(await granary.store.head('datasets/old-3/a.txt')).not.toBeNull();
  });
});

describe('rate limits', () => {
  test('count by person and by key, say how much is left, and when to come back', async () => {
    const client = await person('eager');
    const other = await person('patient');
    const { body: key } = await client.json('POST', '/api/v1/api-keys', { name: 'k', scopes: ['read'] });
    await admin.json('PATCH', '/api/v1/admin/settings', { requestsPerMinute: 40 });
    try {
      await until(
        async () => (await admin.json('GET', '/api/v1/auth/me')).headers.get('ratelimit-limit'),
        (limit) => limit === '40',
        { everyMs: 500 },
      );
      await granary.database.sql`delete from rate_limits`;
      const byKey = granary.nobody();
      byKey.key = key.secret;
      const first = await byKey.json('GET', '/api/v1/datasets');
      expect([first.headers.get('ratelimit-limit'), first.headers.get('ratelimit-remaining')]).toEqual(['40', '39']);
      let last = first;
      for (let i = 0; i < 45; i++) last = await client.json('GET', '/api/v1/datasets');
      expect(last).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
      expect(last.headers.get('ratelimit-remaining')).toBe('0');
      expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
      // The key is the same person's.
      expect((await byKey.json('GET', '/api/v1/datasets')).status).toBe(429);
      expect((await client.raw('GET', '/trpc/auth.me')).status).toBe(429);
      expect((await other.json('GET', '/api/v1/datasets')).status).toBe(200);
    } finally {
      await granary.database.sql`delete from rate_limits`;
      await admin.json('PATCH', '/api/v1/admin/settings', { requestsPerMinute: 6000 });
    }
  });
});
