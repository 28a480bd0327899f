import { createHash, randomBytes } from 'node:crypto';
import { Upload } from 'tus-js-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { ownedDataset, personOf } from '../support/owned-dataset.ts';
import { until } from '../support/until.ts';
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

describe('uploads with a key', () => {
  const tus = { 'tus-resumable': '1.0.0' };
  const bytes = { ...tus, 'content-type': 'application/offset+octet-stream' };
  let key: Awaited<ReturnType<typeof make>>;
  beforeAll(async () => {
    key = await make({ scopes: ['read', 'write'] });
  });

  /** tus-js-client as other programs use it. */
  const send = (content: Buffer, options: object): Promise<string> =>
    new Promise((resolve, reject) => {
      const upload = new Upload(content, {
        endpoint: `${granary.url}/uploads`,
        headers: { authorization: `Bearer ${key.secret}` },
        retryDelays: [],
        metadata: { datasetId, filename: 'b.bin', kind: 'file' },
        onError: reject,
        onSuccess: () => resolve(upload.url?.split('/').at(-1) ?? ''),
        ...options,
      });
      upload.start();
    });

  test.each([
    ['in several parts at once', { parallelUploads: 3, chunkSize: 300_000 }],
    ['by POST where a proxy lets no PATCH through', { overridePatchMethod: true, chunkSize: 400_000 }],
    ['without a length beforehand', { uploadLengthDeferred: true, chunkSize: 500_000 }],
  ])('arrive %s', async (name, options) => {
    const content = randomBytes(1_000_003);
    const path = `${name}.bin`;
    const id = await send(content, { ...options, metadata: { datasetId, filename: path, kind: 'file' } });
    const head = await key.client.raw('HEAD', `/uploads/${id}`, undefined, tus);
    expect([head.status, head.headers.get('upload-offset'), head.headers.get('upload-length')]).toEqual([
      ...[200, String(content.length), String(content.length)],
    ]);
    const concat = head.headers.get('upload-concat');
    expect(concat === null ? 0 : concat.split(' ').length).toBe(
      'parallelUploads' in options ? options.parallelUploads : 0,
    );
    const { jobId } = await owner.startImport(datasetId, [id]);
    expect((await owner.waitForJob(jobId)).state).toBe('completed');
    expect((await owner.tree(datasetId)).get(path)).toBe(createHash('sha256').update(content).digest('hex'));
    expect(await granary.database.sql`select * from partial_uploads`).toEqual([]);
  });

  test('are joined of one’s own parts only, and of those that are all there', async () => {
    const said = `datasetId ${Buffer.from(datasetId).toString('base64')},filename ${Buffer.from('x.bin').toString('base64')}`;
    const part = async (length: number) => {
      const answer = await key.client.raw('POST', '/uploads', undefined, {
        ...tus,
        ...{ 'upload-concat': 'partial', 'upload-length': String(length) },
      });
      expect(answer.status).toBe(201);
      return answer.headers.get('location') ?? '';
    };
    const join = (client: Client, ...parts: string[]) =>
      client.raw('POST', '/uploads', undefined, {
        ...tus,
        ...{ 'upload-concat': `final;${parts.join(' ')}`, 'upload-metadata': said },
      });
    const first = await part(3);
    expect(await (await join(key.client, first)).json()).toMatchObject({ code: 'upload_not_ready' });
    expect((await key.client.raw('PATCH', first, 'abc', { ...bytes, 'upload-offset': '0' })).status).toBe(204);
    const other = await granary.person('joiner');
    expect(await (await join(other, first)).json()).toMatchObject({ code: 'upload_unknown' });
    expect((await other.raw('PATCH', first, 'abc', { ...bytes, 'upload-offset': '3' })).status).toBe(404);
    expect((await join(key.client, first, first)).status).toBe(422);
    expect((await join(key.client, first)).status).toBe(201);
    expect((await join(key.client, first)).status).toBe(422);
  });

  test('with a checksum are taken only if they are what it says', async () => {
    const allowed = await key.client.raw('OPTIONS', '/uploads');
    expect(allowed.headers.get('tus-extension')).toContain('checksum');
    expect(allowed.headers.get('tus-checksum-algorithm')).toBe('sha1,sha256,md5');
    const content = randomBytes(50_000);
    const upload = await key.client.createUpload(datasetId, 'sum.bin', content.length, { kind: 'file' });
    const patch = (start: number, end: number, checksum: string) =>
      key.client.raw('PATCH', `/uploads/${upload}`, content.subarray(start, end), {
        ...{ ...bytes, 'upload-offset': String(start), 'upload-checksum': checksum },
      });
    const sumOf = (algorithm: string, start: number, end: number) =>
      `${algorithm} ${createHash(algorithm).update(content.subarray(start, end)).digest('base64')}`;
    expect((await patch(0, 20_000, sumOf('sha1', 0, 20_000))).status).toBe(204);
    expect((await patch(20_000, 30_000, sumOf('sha256', 20_000, 30_001))).status).toBe(460);
    expect(await key.client.offset(upload)).toBe(20_000);
    expect((await patch(20_000, 30_000, sumOf('sha256', 20_000, 30_000))).status).toBe(204);
    for (const checksum of ['crc32 AAAAAA==', 'sha1', 'sha1 ?']) {
      expect([checksum, (await patch(30_000, 50_000, checksum)).status]).toEqual([checksum, 400]);
    }
    expect((await patch(30_000, 50_000, sumOf('md5', 30_000, 50_000))).status).toBe(204);
    const { jobId } = await owner.startImport(datasetId, [upload]);
    expect((await owner.waitForJob(jobId)).state).toBe('completed');
    expect((await owner.tree(datasetId)).get('sum.bin')).toBe(createHash('sha256').update(content).digest('hex'));
  });

  test('in another version or of another type are told so', async () => {
    const upload = await key.client.createUpload(datasetId, 'x.bin', 3, { kind: 'file' });
    const patch = (headers: Record<string, string>) =>
      key.client.raw('PATCH', `/uploads/${upload}`, 'abc', { 'upload-offset': '0', ...headers });
    for (const version of [{}, { 'tus-resumable': '0.2.2' }]) {
      const { status, headers } = await patch({ ...bytes, 'tus-resumable': '', ...version });
      expect([status, headers.get('tus-version')]).toEqual([412, '1.0.0']);
    }
    expect((await patch({ ...tus, 'content-type': 'text/plain' })).status).toBe(415);
    expect((await patch(bytes)).status).toBe(204);
  });

  test('end with the right to them', async () => {
    const editor = await personOf({ granary, datasetId }, 'uploader', 'editor');
    const { body } = await editor.json('POST', '/api/v1/api-keys', { name: 'k', scopes: ['read', 'write'] });
    const elsewhere = await editor.createDataset('elsewhere');
    const limited = await editor.json('POST', '/api/v1/api-keys', {
      ...{ name: 'l', scopes: ['read', 'write'], datasetId: elsewhere },
    });
    const [wide, narrow] = [granary.nobody(), granary.nobody()];
    wide.key = body.secret;
    narrow.key = limited.body.secret;
    const upload = await wide.createUpload(datasetId, 'x.bin', 10_000_000, { kind: 'file' });
    expect((await narrow.patch(upload, 0, 'x')).status).toBe(404);
    expect((await wide.patch(upload, 0, 'x')).status).toBe(204);
    // Bytes that come slowly, of a role that goes meanwhile.
    const sending = wide.patch(upload, 1, slowly()).then(
      ({ status }) => status,
      () => 'broken off',
    );
    // It has passed the first look.
    await until(
      async () =>
        (await granary.database.sql`select 1 from upload_locks where upload_id like ${`%${upload}`}`).length > 0,
      Boolean,
    );
    await owner.json('DELETE', `/api/v1/datasets/${datasetId}/permissions/${editor.id}`);
    expect(await sending).toBe('broken off');
    expect((await wide.patch(upload, 1, 'x')).status).toBe(404);
  });

  test('without a length count for the quota as they grow', async () => {
    const admin = await granary.signedIn('admin');
    const small = await granary.person('small');
    await admin.json('PATCH', `/api/v1/admin/users/${small.id}`, { quotaBytes: 1_000_000 });
    const id = await small.createDataset('small');
    const answer = await small.raw('POST', '/uploads', undefined, {
      ...tus,
      'upload-defer-length': '1',
      'upload-metadata': `datasetId ${Buffer.from(id).toString('base64')},filename ${Buffer.from('x').toString('base64')}`,
    });
    const upload = answer.headers.get('location')?.split('/').at(-1) ?? '';
    expect((await small.patch(upload, 0, 'x'.repeat(600_000))).status).toBe(204);
    await expect(small.createUpload(id, 'y', 500_000)).rejects.toThrow('quota_exceeded');
    expect((await small.patch(upload, 600_000, 'x'.repeat(600_000))).status).toBe(413);
    const declared = { ...bytes, 'upload-offset': '600000', 'upload-length': '2000000' };
    expect((await small.raw('PATCH', `/uploads/${upload}`, 'x', declared)).status).toBe(413);
  });
});

/** Some bytes every moment, for far longer than it takes to notice. */
function slowly(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      controller.enqueue(new Uint8Array(1000));
    },
  });
}
