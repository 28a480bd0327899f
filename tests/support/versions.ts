import { expect } from 'vitest';
import { compactRevisions } from '../../apps/worker/src/revisions/compact.ts';
import type { Client } from './client.ts';
import type { TestGranary } from './granary.ts';

type Json = ReturnType<typeof JSON.parse>;

export const get = async (client: Client, path: string): Promise<Json> =>
  (await client.json('GET', `/api/v1${path}`)).body;

/** Starts something that ends as a job, and waits for it. */
export async function done(client: Client, path: string, body: object = {}): Promise<Json> {
  const started = await client.json('POST', `/api/v1${path}`, body);
  expect(started).toMatchObject({ status: 202 });
  const job = await client.waitForJob(started.body.jobId);
  expect(job).toMatchObject({ state: 'completed' });
  return job.result;
}

/** Lets go of what cannot be undone any more, as if that were all but the newest. */
export const compact = ({ database, store }: Pick<TestGranary, 'database' | 'store'>): Promise<void> =>
  compactRevisions({ database, store, env: { GRANARY_UNDO_DAYS: 0 } } as never);

/** What a version says: its content by path, and what is said of it. */
export interface Said {
  contentHash: string;
  files: string[];
  /** Names, each with how many annotations and images it has. */
  classes: string[];
  splits: Record<string, number>;
  annotations: string[];
}

/** All that the dataset answers of a version, in the words of the model. */
export async function said(client: Client, id: string, version: string): Promise<Said> {
  const { items: files } = await get(client, `/datasets/${id}/files?limit=100&version=${version}`);
  const { items: images } = await get(
    client,
    `/datasets/${id}/images?limit=100&withAnnotations=true&version=${version}`,
  );
  const { classes } = await get(client, `/datasets/${id}/statistics?version=${version}`);
  const revisions = (await get(client, `/datasets/${id}/revisions?limit=100`)).items;
  const splits: Record<string, number> = {};
  for (const { split } of images) splits[split] = (splits[split] ?? 0) + 1;
  return {
    contentHash: revisions.find((row: Json) => `r${row.revision}` === version)?.contentHash,
    files: files.map((file: Json) => `${file.path} ${file.sha256}`).sort(),
    classes:
      images.length === 0 ? [] : classes.map((one: Json) => `${one.name}: ${one.annotations} on ${one.images}`).sort(),
    splits,
    annotations: images.map(
      (image: Json) =>
        `${image.path}: ${image.annotations.map((one: Json) => `${one.className} ${one.geometry.box[2].toFixed(1)}`).sort()}`,
    ),
  };
}
