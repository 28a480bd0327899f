import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { testS3 } from '../support/granary.ts';
import { Modelled } from '../support/modelled-dataset.ts';
import { steps } from '../support/version-model.ts';
import { done, get } from '../support/versions.ts';
import { useGranary } from '../support/world.ts';

type Json = ReturnType<typeof JSON.parse>;

/** Random histories; one on each store, unless more are asked for. */
const RUNS = Number(process.env.GRANARY_MODEL_RUNS ?? 1);

const s3 = testS3('granary-revisions');
if (!s3) console.log('GRANARY_TEST_S3_ENDPOINT is not set: revisions are tested on files only');

describe.each([{ name: 'files', env: {} }, ...(s3 ? [{ name: 'S3', env: s3 }] : [])])(
  'revisions on $name',
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
          await model.begin();
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
  },
);
