import { expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary({ worker: false });

/** Imports that wait, each into a dataset of its own. */
async function imports(client: Client, count: number): Promise<string[]> {
  const jobs: string[] = [];
  for (let i = 0; i < count; i++) {
    const id = await client.createDataset();
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
