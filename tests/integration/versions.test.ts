import { beforeAll, describe, expect, test } from 'vitest';
import { png, sha256, yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { testS3 } from '../support/granary.ts';
import { keysOf } from '../support/kill.ts';
import { compact, done, get } from '../support/versions.ts';
import { useGranary } from '../support/world.ts';

type Json = ReturnType<typeof JSON.parse>;

const s3 = testS3('granary-versions');
if (!s3) console.log('GRANARY_TEST_S3_ENDPOINT is not set: versions are tested on files only');

describe.each([{ name: 'files', env: {} }, ...(s3 ? [{ name: 'S3', env: s3 }] : [])])(
  'versions on $name',
  ({ env }) => {
    const granary = useGranary({ env });
    let client: Client;
    beforeAll(async () => {
      client = await granary.person();
    });

    test('versions are named, tagged, changed, compared and deleted', async () => {
      const id = await client.createDataset();
      const files = await yoloDataset(4);
      await client.importArchive(id, 'a.zip', await zipOf(files));
      const make = (body: object) => client.json('POST', `/api/v1/datasets/${id}/versions`, body);
      const made = await make({ message: 'first', tags: ['v1.0', 'prod'] });
      const { contentHash } = await client.dataset(id);
      expect(made).toMatchObject({
        status: 201,
        body: { version: 1, revision: 1, message: 'first', tags: ['prod', 'v1.0'], numImages: 4, contentHash },
      });
      expect(await make({})).toMatchObject({ status: 409, body: { code: 'nothing_changed' } });
      for (const tag of ['latest', 'draft', 'r3', '7', 'v2', 'Big'])
        expect(await make({ tags: [tag] })).toMatchObject({ status: 400 });
      const [path = '', other = ''] = [...files.keys()].filter((name) => name.endsWith('.png'));
      const label = (name: string) => name.replace('images/', 'labels/').replace('.png', '.txt');
      await done(client, `/datasets/${id}/files/remove`, { paths: [path] });
      await client.importArchive(
        id,
        'b.zip',
        await zipOf(new Map([[label(other), Buffer.from('0 0.5 0.5 0.9 0.9\n')]])),
      );
      expect(await make({ message: 'second' })).toMatchObject({ status: 201, body: { version: 2, revision: 3 } });
      for (const [ref, version] of Object.entries({ latest: 2, prod: 1, 'v1.0': 1, v2: 2, 1: 1 }))
        expect(await get(client, `/datasets/${id}/versions/${ref}`)).toMatchObject({ version });
      const moved = await client.json('PUT', `/api/v1/datasets/${id}/version-tags/prod`, { version: 2 });
      expect(moved.body).toMatchObject({ version: 2, tags: ['prod'] });
      const changed = await client.json('PATCH', `/api/v1/datasets/${id}/versions/2`, { message: 'the second' });
      expect(changed.body).toMatchObject({ message: 'the second' });

      expect(await get(client, `/datasets/${id}/diff?from=v1.0&to=prod`)).toMatchObject({
        ...{ from: 'v1.0', to: 'prod' },
        files: { added: 0, removed: 1, changed: 1, moved: 0 },
        images: { changed: 2 },
        splits: { moved: 0 },
      });
      expect((await get(client, `/datasets/${id}/diff/files?from=1&to=2`)).items).toMatchObject([
        { path, change: 'removed', before: { path } },
        { path: label(other), change: 'changed' },
      ]);
      const { items: images } = await get(client, `/datasets/${id}/diff/images?from=1&to=2`);
      expect(images.map((image: Json) => image.path).sort()).toEqual([path, other].sort());
      expect(images.find((image: Json) => image.path === path).after).toEqual([]);

      expect((await client.content(id, path, 'v1')).equals(Buffer.from(files.get(path) ?? ''))).toBe(true);
      const manifest = await client.raw('GET', `/api/v1/datasets/${id}/manifest?version=v1&format=sha256sum`);
      expect(sha256(Buffer.from(await manifest.arrayBuffer()))).toBe(contentHash);
      const asked = await client.raw('GET', `/api/v1/datasets/${id}/manifest?version=v1&format=ndjson&q=labeled:yes`);
      const lines = (await asked.text()).trim().split('\n');
      const { body: labeled } = await client.json(
        'GET',
        `/api/v1/datasets/${id}/images?version=v1&labeled=true&limit=100`,
      );
      expect(lines.map((line) => JSON.parse(line).path)).toEqual(labeled.items.map((image: Json) => image.path));
      const mistaken = await client.json('GET', `/api/v1/datasets/${id}/manifest?q=colour:red`);
      expect(mistaken).toMatchObject({ status: 400, body: { issues: [{ path: 'q' }] } });

      const usage = await client.json('POST', `/api/v1/datasets/${id}/usages`, {
        ...{ service: 'trainer', externalId: '1', version: 'v1.0' },
      });
      expect(usage.body).toMatchObject({ version: 1 });
      const remove = () => client.json('DELETE', `/api/v1/datasets/${id}/versions/1`);
      expect(await remove()).toMatchObject({ status: 409, body: { code: 'version_in_use' } });
      await client.json('DELETE', `/api/v1/usages/${usage.body.id}`);
      expect(await remove()).toMatchObject({ status: 200, body: { version: 1, tags: ['v1.0'] } });
      expect((await client.json('GET', `/api/v1/datasets/${id}/versions/v1.0`)).status).toBe(404);
      await compact(granary);
      expect(await keysOf(granary, `history/${id}/`)).toEqual([]);
    });

    test('answers of a fixed version can be kept, and are asked for again', async () => {
      const id = await client.createDataset();
      await client.importArchive(id, 'a.zip', await zipOf(await yoloDataset(2)));
      await client.json('POST', `/api/v1/datasets/${id}/versions`, { tags: ['kept'] });
      const ask = (path: string, headers: Record<string, string> = {}) =>
        client.raw('GET', `/api/v1/datasets/${id}${path}`, undefined, headers);
      const paths = [
        '/files?version=v1',
        '/images?version=kept&withAnnotations=true',
        '/statistics?version=r1',
        '/samples?version=v1',
      ];
      for (const path of [...paths, '/diff?from=r1&to=v1']) {
        const answer = await ask(path);
        const etag = answer.headers.get('etag') ?? '';
        expect([answer.status, etag, answer.headers.get('cache-control')], path).toEqual([
          200,
          expect.stringMatching(/^"[\w-]+"$/),
          'private, no-cache',
        ]);
        await answer.text();
        const again = await ask(path, { 'if-none-match': etag });
        expect([again.status, await again.text()], path).toEqual([304, '']);
        expect((await ask(path, { 'if-none-match': '"of something else"' })).status).toBe(200);
        // Who lost access learns nothing of what is kept.
        expect(
          (await granary.nobody().raw('GET', `/api/v1/datasets/${id}${path}`, undefined, { 'if-none-match': etag }))
            .status,
        ).toBe(401);
      }
      for (const path of ['/files', '/files?version=draft', '/diff?from=v1'])
        expect((await ask(path)).headers.get('etag'), path).toBe(null);
    });

    test('a link of a version shows what it held, and nothing of what came later', async () => {
      const owner = await granary.person();
      const id = await owner.createDataset();
      const files = await yoloDataset(3);
      await owner.importArchive(id, 'a.zip', await zipOf(files));
      await owner.json('POST', `/api/v1/datasets/${id}/versions`, { tags: ['shown'] });
      const { contentHash } = await owner.dataset(id);
      const [old = '', label = ''] = [
        [...files.keys()].find((path) => path.endsWith('.png')),
        [...files.keys()].find((path) => path.startsWith('labels/')),
      ];
      const made = await owner.json('POST', `/api/v1/datasets/${id}/share-links`, { version: 'shown' });
      expect(made).toMatchObject({ status: 201, body: { version: 1 } });
      const refused = await owner.json('POST', `/api/v1/datasets/${id}/share-links`, { version: 'r1' });
      expect(refused).toMatchObject({ status: 400 });
      await done(owner, `/datasets/${id}/files/remove`, { paths: [old] });
      const secret = new Map([
        ['images/train/secret.png', Buffer.concat([await png(), Buffer.from('secret')])],
        [label, Buffer.from('0 0.5 0.5 0.9 0.9\n')],
      ]);
      await owner.importArchive(id, 'b.zip', await zipOf(secret));
      const { body: newest } = await owner.json('GET', `/api/v1/datasets/${id}/images?search=secret`);
      const secretId: number = newest.items[0].id;

      const guest = granary.nobody();
      const opened = await guest.json('POST', '/api/v1/share-links/open', { token: made.body.token });
      expect(opened).toMatchObject({ status: 200, body: { datasetId: id, version: 1 } });
      // Whatever is asked for, what is told is of the version.
      for (const query of ['', '&version=draft', '&version=r3']) {
        const { items } = await get(guest, `/datasets/${id}/files?limit=100${query}`);
        expect(items.map(({ path }: Json) => path).sort()).toEqual([...files.keys()].sort());
        const images = await get(guest, `/datasets/${id}/images?limit=100${query}`);
        expect(images.items.map(({ path }: Json) => path)).toContain(old);
      }
      expect(await get(guest, `/datasets/${id}`)).toMatchObject({
        numImages: 3,
        contentHash,
        onlyVersion: 1,
        actions: ['see'],
      });
      expect((await guest.content(id, label)).equals(Buffer.from(files.get(label) ?? ''))).toBe(true);
      expect((await guest.content(id, old)).equals(Buffer.from(files.get(old) ?? ''))).toBe(true);
      const shown = (await get(guest, `/datasets/${id}/images?limit=1`)).items[0].id;
      const statusOf = async (path: string) => (await guest.raw('GET', `/api/v1/datasets/${id}${path}`)).status;
      expect(await statusOf(`/images/${shown}/thumbnail`)).toBe(200);
      const manifest = await guest.raw('GET', `/api/v1/datasets/${id}/manifest?version=draft&format=sha256sum`);
      expect(sha256(Buffer.from(await manifest.arrayBuffer()))).toBe(contentHash);
      const annotations = await guest.raw('GET', `/api/v1/datasets/${id}/annotations/download?format=coco`);
      expect(await annotations.text()).not.toContain('secret');
      for (const path of [
        ...[`/images/${secretId}`, `/images/${secretId}/thumbnail`, `/images/${secretId}/annotations`],
        ...['/files/content?path=images/train/secret.png', '/files/content?path=images/train/secret.png&version=draft'],
        ...[
          '/files/content?path=meta.json',
          '/revisions',
          '/versions',
          '/diff?from=1&to=draft',
          '/imports',
          '/duplicates',
        ],
      ])
        expect(await statusOf(path), path).toBe(404);
      expect((await guest.json('POST', `/api/v1/datasets/${id}/fork`, { name: 'stolen' })).status).toBe(401);
      // Who may see all of it still does.
      expect((await get(owner, `/datasets/${id}`)).onlyVersion).toBe(null);
      await owner.json('DELETE', `/api/v1/datasets/${id}/versions/1`);
      expect(await statusOf('/files')).toBe(401);
    });
  },
);
