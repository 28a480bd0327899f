import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { compactRevisions } from '../../apps/worker/src/revisions/compact.ts';
import { png, sha256, yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { testS3 } from '../support/granary.ts';
import { keysOf } from '../support/kill.ts';
import {
  imagePath,
  labelOf,
  labelPath,
  namesOf,
  type Step,
  saidBy,
  steps,
  type Tree,
  undone,
  withFiles,
  withoutFiles,
} from '../support/version-model.ts';
import { useGranary, type World } from '../support/world.ts';

type Json = ReturnType<typeof JSON.parse>;

/** Random histories; one on each store, unless more are asked for. */
const RUNS = Number(process.env.GRANARY_MODEL_RUNS ?? 1);

const get = async (client: Client, path: string): Promise<Json> => (await client.json('GET', `/api/v1${path}`)).body;

/** Starts something that ends as a job, and waits for it. */
async function done(client: Client, path: string, body: object = {}): Promise<Json> {
  const started = await client.json('POST', `/api/v1${path}`, body);
  expect(started).toMatchObject({ status: 202 });
  const job = await client.waitForJob(started.body.jobId);
  expect(job).toMatchObject({ state: 'completed' });
  return job.result;
}

/** Lets go of what cannot be undone any more, as if that were all but the newest. */
const compact = ({ database, store }: World) =>
  compactRevisions({ database, store, env: { GRANARY_UNDO_DAYS: 0 } } as never);

/** All that the dataset answers of a version, in the words of the model. */
async function said(client: Client, id: string, version: string): Promise<ReturnType<typeof saidBy>> {
  const { items: files } = await get(client, `/datasets/${id}/files?limit=100&version=${version}`);
  const { items: images } = await get(
    client,
    `/datasets/${id}/images?limit=100&withAnnotations=true&version=${version}`,
  );
  const revisions = (await get(client, `/datasets/${id}/revisions?limit=100`)).items;
  const splits: Record<string, number> = {};
  for (const { split } of images) splits[split] = (splits[split] ?? 0) + 1;
  return {
    contentHash: revisions.find((row: Json) => `r${row.revision}` === version)?.contentHash,
    files: files.map((file: Json) => `${file.path} ${file.sha256}`).sort(),
    splits,
    annotations: images.map(
      (image: Json) =>
        `${image.path}: ${image.annotations.map((one: Json) => `${one.className} ${one.geometry.box[2].toFixed(1)}`).sort()}`,
    ),
  };
}

/** A dataset, and beside it what it should be at each of its revisions; null for those that are no longer kept. */
class Modelled {
  readonly trees: (Tree | null)[] = [new Map()];
  readonly versions = new Set<number>();
  readonly #granary: World;
  readonly #client: Client;
  readonly id: string;

  constructor(granary: World, client: Client, id: string) {
    this.#granary = granary;
    this.#client = client;
    this.id = id;
  }

  get #now(): Tree {
    return this.trees.at(-1) ?? new Map();
  }

  async import(files: Tree): Promise<void> {
    await this.#client.importArchive(this.id, 'a.zip', await zipOf(files));
    this.trees.push(withFiles(this.#now, files));
  }

  async take(step: Step): Promise<void> {
    const { id } = this;
    const client = this.#client;
    const newest = this.trees.length - 1;
    switch (step.do) {
      case 'add': {
        const picture = Buffer.concat([await png(), Buffer.from(String(step.image))]);
        const label = labelOf(step.boxes);
        return this.import(
          new Map([
            [imagePath(step.image), picture],
            [labelPath(step.image), label],
          ]),
        );
      }
      case 'relabel':
        if (!this.#now.has(labelPath(step.image))) return;
        return this.import(new Map([[labelPath(step.image), labelOf(step.boxes)]]));
      case 'rename':
        return this.import(new Map([['data.yaml', namesOf(step.to)]]));
      case 'remove': {
        const paths = [imagePath(step.image), labelPath(step.image)].filter((path) => this.#now.has(path));
        if (paths.length === 0) return;
        await done(client, `/datasets/${id}/files/remove`, { paths });
        this.trees.push(withoutFiles(this.#now, paths));
        return;
      }
      case 'version': {
        const { status } = await client.json('POST', `/api/v1/datasets/${id}/versions`, { message: `of ${newest}` });
        expect([201, 409]).toContain(status);
        if (status === 201) this.versions.add(newest);
        return;
      }
      case 'undo': {
        const revision = 1 + (step.which % newest);
        const known = this.trees.slice(revision - 1);
        if (known.some((tree) => tree === null)) return;
        const trees = this.trees.map((tree) => tree ?? new Map());
        const { tree, conflicts } = undone(trees, revision);
        // Texts alone would be taken for a dataset of texts.
        if (tree.size > 0 && !tree.has('data.yaml')) return;
        expect(await done(client, `/datasets/${id}/revisions/${revision}/undo`)).toMatchObject({ conflicts });
        this.trees.push(tree);
        return;
      }
      case 'rollback': {
        const revision = 1 + (step.which % newest);
        const tree = this.trees[revision];
        if (!tree) return;
        await done(client, `/datasets/${id}/rollback`, { to: `r${revision}` });
        this.trees.push(tree);
        return;
      }
      case 'compact':
        await compact(this.#granary);
        for (let revision = 1; revision < newest; revision++)
          if (!this.versions.has(revision)) this.trees[revision] = null;
    }
  }

  /** Every ref answers what the model says, and the store has what they need and nothing else. */
  async compare(): Promise<void> {
    for (const [revision, tree] of this.trees.entries()) {
      if (revision === 0) continue;
      if (tree) expect(await said(this.#client, this.id, `r${revision}`), `r${revision}`).toEqual(saidBy(tree));
      else
        expect(await this.#client.json('GET', `/api/v1/datasets/${this.id}/files?version=r${revision}`)).toMatchObject({
          status: 409,
          body: { code: 'revision_gone' },
        });
    }
    const now = this.#now;
    const { contentHash, revision } = await this.#client.dataset(this.id);
    expect({ contentHash, revision }).toEqual({
      contentHash: saidBy(now).contentHash,
      revision: this.trees.length - 1,
    });
    const needed = this.trees.flatMap((tree) =>
      [...(tree ?? [])].filter(([path, bytes]) => !now.get(path)?.equals(bytes)).map(([, bytes]) => sha256(bytes)),
    );
    const kept = (await keysOf(this.#granary, `history/${this.id}/`)).map((key) => key.split('/')[2] ?? '');
    expect(needed.filter((hash) => !kept.includes(hash))).toEqual([]);
  }
}

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

    test('every revision and version answers what it held, whatever is done later', async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          const model = new Modelled(granary, client, await client.createDataset());
          const pictures = await Promise.all(
            [0, 1, 2].map(async (i) => Buffer.concat([await png(), Buffer.from(String(i))])),
          );
          await model.import(
            new Map([
              ['data.yaml', namesOf(0)],
              ...pictures.flatMap((picture, i): [string, Buffer][] => [
                [imagePath(i), picture],
                [labelPath(i), labelOf(i)],
              ]),
            ]),
          );
          for (const step of sequence) {
            await model.take(step);
            await model.compare();
          }
          const started = await client.json('POST', '/api/v1/integrity-checks', { datasetId: model.id, deep: true });
          expect(await client.waitForJob(started.body.jobId)).toMatchObject({ result: { findings: 0 } });
        }),
        { numRuns: RUNS, endOnFailure: true },
      );
    }, 600_000);

    test('annotations that did not change keep ids, authors and states over imports and undo', async () => {
      const id = await client.createDataset();
      const files = await yoloDataset(4);
      await client.importArchive(id, 'a.zip', await zipOf(files));
      const rows = () => granary.database.sql`
      select a.id, a.created_by, a.state, a.confirmed_at from annotations a join annotation_projects p on p.id = a.project_id and p.removed_in is null
      where p.dataset_id = ${id} and a.removed_in is null order by a.id`;
      const before = [...(await rows())];
      const [label = ''] = [...files.keys()].filter((path) => path.startsWith('labels/'));
      await client.importArchive(id, 'b.zip', await zipOf(new Map([[label, Buffer.from('0 0.5 0.5 0.9 0.9\n')]])));
      const between = [...(await rows())];
      expect(between.filter(({ id }) => before.some((row) => row.id === id)).length).toBeGreaterThan(0);
      // A later change of another file: the undo of the middle one leaves it.
      await client.importArchive(id, 'c.zip', await zipOf(new Map([['notes.txt', Buffer.from('x')]])));
      await done(client, `/datasets/${id}/revisions/2/undo`);
      expect([...(await rows())]).toEqual(before);
      expect((await client.tree(id)).get('notes.txt')).toBeDefined();
    });

    test('a class that gets another name keeps its id, and an older revision has the old name', async () => {
      const id = await client.createDataset();
      await client.importArchive(id, 'a.zip', await zipOf(await yoloDataset(2)));
      const classesAt = async (version: string) =>
        (await get(client, `/datasets/${id}/statistics?version=${version}`)).classes.map(({ name }: Json) => name);
      const [first, ...others] = await classesAt('draft');
      const renamed = Buffer.from(`names: [renamed, ${others.join(', ')}]\n`);
      await client.importArchive(id, 'b.zip', await zipOf(new Map([['data.yaml', renamed]])));
      expect(await classesAt('r1')).toEqual([first, ...others]);
      expect(await classesAt('draft')).toEqual(['renamed', ...others]);
      expect(await get(client, `/datasets/${id}/diff?from=r1&to=draft`)).toMatchObject({
        files: { changed: 1 },
        annotations: { added: 0, removed: 0, changed: 0 },
        classes: { added: 0, removed: 0, renamed: 1 },
        classChanges: [{ change: 'renamed', before: first, after: 'renamed' }],
      });
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

    test('a fork has all of a version, is nobody else’s, and merges what its source changes later', async () => {
      const owner = await granary.person();
      const id = await owner.createDataset();
      const files = await yoloDataset(4);
      await owner.importArchive(id, 'a.zip', await zipOf(files));
      await owner.json('PATCH', `/api/v1/datasets/${id}`, { license: 'CC-BY-4.0', citation: 'us', tags: ['birds'] });
      await owner.json('POST', `/api/v1/datasets/${id}/versions`, { message: 'first' });
      const viewer = await granary.person();
      await owner.json('POST', `/api/v1/datasets/${id}/permissions`, { userId: viewer.id, role: 'viewer' });
      const [first = '', second = '', third = ''] = [...files.keys()].filter((name) => name.startsWith('labels/'));
      await owner.importArchive(id, 'b.zip', await zipOf(new Map([[first, Buffer.from('1 0.5 0.5 0.9 0.9\n')]])));

      const fork = async (who: Client, body: object) => who.json('POST', `/api/v1/datasets/${id}/fork`, body);
      const stranger = await granary.person();
      expect(await fork(stranger, { name: 'mine now' })).toMatchObject({ status: 404 });
      const theirs = (await stranger.json('POST', '/api/v1/organizations', { name: `Theirs ${id}` })).body.id;
      expect(await fork(viewer, { name: 'theirs', organizationId: theirs })).toMatchObject({ status: 400 });
      const started = await fork(viewer, { name: `Fork of ${id}`, version: 'v1' });
      expect(started).toMatchObject({
        status: 202,
        body: { forkedFrom: { datasetId: id, version: 1, revision: 1 }, visibility: 'private', ownerId: viewer.id },
      });
      const forked: string = started.body.id;
      expect(await viewer.waitForJob(started.body.jobId)).toMatchObject({ state: 'completed' });
      expect(await viewer.dataset(forked)).toMatchObject({
        ...{ status: 'ready', license: 'CC-BY-4.0', citation: 'us', tags: ['birds'], revision: 1, numImages: 4 },
        contentHash: (await get(owner, `/datasets/${id}/versions/1`)).contentHash,
      });
      expect({ ...(await said(viewer, forked, 'r1')) }).toEqual(await said(owner, id, 'r1'));
      // What the source allows is not what the fork allows.
      expect((await owner.json('GET', `/api/v1/datasets/${forked}`)).status).toBe(404);
      const rows = (of: string) => granary.database.sql`
        select a.type, a.geometry, a.state, a.created_by from annotations a join annotation_projects p on p.id = a.project_id and p.removed_in is null
        where p.dataset_id = ${of} and a.added_in = 1 order by a.id`;
      expect([...(await rows(forked))]).toEqual([...(await rows(id))]);

      // The source goes on, and so does the fork: one path of both, one of each.
      const [, image = ''] = [...files.keys()].filter((name) => name.endsWith('.png'));
      const extra = new Map([[image.replace('.png', '-new.png'), Buffer.concat([await png(), Buffer.from('new')])]]);
      await owner.importArchive(
        id,
        'c.zip',
        await zipOf(new Map([...extra, [second, Buffer.from('0 0.4 0.4 0.1 0.1\n')]])),
      );
      const own = new Map([
        [second, Buffer.from('0 0.6 0.6 0.2 0.2\n')],
        [third, Buffer.from('0 0.3 0.3 0.2 0.2\n')],
      ]);
      await viewer.importArchive(forked, 'own.zip', await zipOf(own));
      expect(await get(viewer, `/datasets/${forked}/source-update`)).toMatchObject({
        ...{ from: 'v1', to: 'r3', isNewer: true, numConflicts: 1, conflicts: [second] },
        merges: { added: 1, changed: 1, removed: 0 },
        diff: { files: { added: 1, changed: 2, removed: 0 } },
      });
      expect(await done(viewer, `/datasets/${forked}/source-update`)).toMatchObject({
        reverted: 2,
        conflicts: [second],
      });
      const tree = await viewer.tree(forked);
      const expected = new Map([...files, ...extra, ...own, [first, Buffer.from('1 0.5 0.5 0.9 0.9\n')]]);
      expect(new Map([...tree].map(([path, sha]) => [path, sha]))).toEqual(
        new Map([...expected].map(([path, bytes]) => [path, sha256(Buffer.from(bytes))])),
      );
      expect(await viewer.dataset(forked)).toMatchObject({ revision: 3, forkedFrom: { version: null, revision: 3 } });
      expect(await viewer.json('POST', `/api/v1/datasets/${forked}/source-update`, {})).toMatchObject({
        status: 409,
        body: { code: 'nothing_changed' },
      });
      // A merge is undone as any change is.
      await done(viewer, `/datasets/${forked}/revisions/3/undo`);
      expect((await viewer.tree(forked)).has([...extra.keys()][0] ?? '')).toBe(false);

      // Nothing of the fork is the source's.
      await owner.json(
        'DELETE',
        `/api/v1/datasets/${id}?confirmName=${(await owner.dataset(id)).name}&createBackup=false`,
      );
      const name = (await owner.json('GET', `/api/v1/datasets/${id}`)).body.name;
      const purge = await owner.json('POST', `/api/v1/datasets/${id}/purge`, { confirmName: name });
      await owner.waitForJob(purge.body.jobId);
      const check = await viewer.json('POST', '/api/v1/integrity-checks', { datasetId: forked, deep: true });
      expect(await viewer.waitForJob(check.body.jobId)).toMatchObject({ result: { findings: 0 } });
    });
  },
);
