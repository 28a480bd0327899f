import { expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary({ worker: false });

/** Imports that wait, each into a dataset of its own. */
async function imports(client: Client, count: number, organizationId?: string): Promise<string[]> {
  const jobs: string[] = [];
  for (let i = 0; i < count; i++) {
    const id = await client.createDataset();
    if (organizationId)
      await granary.database.sql`update datasets set organization_id = ${organizationId} where id = ${id}`;
    const upload = await client.upload(id, 'a.zip', await zipOf(await yoloDataset(1)));
    jobs.push((await client.startImport(id, [upload])).jobId);
  }
  return jobs;
}

/** The jobs in the order in which they began. */
async function order(): Promise<string[]> {
  const rows = await granary.database.sql<
    { id: string }[]
  >`select id from activities where kind = 'import' order by started_at`;
  return rows.map(({ id }) => id);
}

test('twenty imports of one person keep another waiting for one each, in the order of each', async () => {
  const [flooding, patient] = [await granary.person(), await granary.person()];
  const flood = await imports(flooding, 20);
  const [first = '', second = ''] = await imports(patient, 2);
  const later = await imports(flooding, 1);
  const before = async (client: Client, job = '') => (await client.json('GET', `/api/v1/jobs/${job}`)).body.yoursBefore;
  expect(
    await Promise.all([before(flooding, flood[0]), before(flooding, flood[3]), before(flooding, later[0])]),
  ).toEqual([0, 3, 20]);
  expect(await before(patient, second)).toBe(1);
  await granary.worker.start();
  for (const [client, jobs] of [
    [flooding, [...flood, ...later]],
    [patient, [first, second]],
  ] as const)
    for (const job of jobs) expect(await client.waitForJob(job)).toMatchObject({ state: 'completed' });
  const began = await order();
  // Two are worked on at once, whose order is as it comes.
  expect(began.indexOf(first)).toBeLessThanOrEqual(2);
  expect(began.indexOf(second)).toBeLessThanOrEqual(5);
  const ofFlood = began.filter((id) => id !== first && id !== second);
  const places = [...flood, ...later].map((id) => ofFlood.indexOf(id));
  for (const [i, place] of places.entries()) expect(Math.abs(place - i)).toBeLessThanOrEqual(1);
});

test('the people of an organization share one turn', async () => {
  const [owner, member, alone] = [await granary.person(), await granary.person(), await granary.person()];
  const { sql } = granary.database;
  await granary.worker.end();
  const [organization] = await sql<{ id: string }[]>`insert into organizations (name) values ('crowd') returning id`;
  const ofCrowd: string[] = [];
  for (const client of [owner, member]) ofCrowd.push(...(await imports(client, 1, organization?.id)));
  for (const client of [owner, member]) ofCrowd.push(...(await imports(client, 3, organization?.id)));
  const ofOne = await imports(alone, 4);
  const rows = await sql<
    { id: string; round: number }[]
  >`select id, -priority as round from pgboss.job where state = 'created' and name = 'import'`;
  const roundOf = new Map(rows.map(({ id, round }) => [id, round]));
  const rounds = (jobs: string[]) => jobs.map((id) => roundOf.get(id)).sort();
  expect(rounds(ofCrowd)).toEqual([0, 0, 2, 2, 4, 4, 6, 6]);
  expect(rounds(ofOne)).toEqual([0, 1, 2, 3]);
});
