import { beforeAll, describe, expect, test } from 'vitest';
import { png, sha256, yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { testS3 } from '../support/granary.ts';
import { keysOf } from '../support/kill.ts';
import { backupOf, restoreBackup } from '../support/life.ts';
import { done, get, said } from '../support/versions.ts';
import { useGranary } from '../support/world.ts';

const s3 = testS3('granary-forks');
if (!s3) console.log('GRANARY_TEST_S3_ENDPOINT is not set: forks are tested on files only');

describe.each([{ name: 'files', env: {} }, ...(s3 ? [{ name: 'S3', env: s3 }] : [])])('forks on $name', ({ env }) => {
  const granary = useGranary({ env });
  // The first account administers the site, and may see everything.
  beforeAll(async () => {
    await granary.person();
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

    // A compaction that was cut off has let go of content, not yet of rows: a backup has all the rest.
    const { sql } = granary.database;
    await sql`update dataset_revisions set is_kept = false where dataset_id = ${forked} and revision < 4`;
    await granary.store.delete(await keysOf(granary, `history/${forked}/`));
    await done(viewer, `/datasets/${forked}/backups`);
    const restored = await restoreBackup(viewer, (await backupOf(viewer, forked)).id);
    const { contentHash, forkedFrom, revision } = await viewer.dataset(forked);
    expect(restored).toMatchObject({ contentHash, forkedFrom, revision });
  });
});
