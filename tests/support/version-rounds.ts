import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobQueue } from '../../packages/core/src/queue/queue.ts';
import { contentHashOf, png, yoloDataset, zipOf } from './archives.ts';
import { Client } from './client.ts';
import { disturb, endOf } from './deletion-rounds.ts';
import type { FlakyStore } from './flaky-store.ts';
import type { TestGranary } from './granary.ts';
import { keysOf } from './kill.ts';
import { until } from './until.ts';

type Files = Map<string, Uint8Array>;

/** What rounds of cut off changes came to: all but the first four have to be 0. */
export interface VersionRounds {
  rounds: number;
  kills: number;
  droppedConnections: number;
  attempts: number;
  orphanObjects: number;
  lostFiles: number;
  otherVersions: number;
  leftOver: number;
}

const SCENES = ['undo', 'rollback', 'compaction', 'fork', 'merge', 'publish'] as const;
type Scene = (typeof SCENES)[number];

interface World {
  granary: TestGranary;
  client: Client;
  cuts: number;
  /** Three states of a dataset, one after the other, and archives of what is new in each. */
  states: [Files, Files, Files];
  archives: [Buffer<ArrayBuffer>, Buffer<ArrayBuffer>, Buffer<ArrayBuffer>];
}

/**
 * Undo, rollback, compaction, fork, merge and publication, cut off at random: the worker is killed, PostgreSQL's connections are dropped,
 * and the store fails. Afterwards every version has the bytes that it was named with, the draft is what it should be, and
 * nothing else is there.
 */
export async function versionRounds(
  granary: TestGranary,
  count: number,
  faults: { store?: FlakyStore | undefined; log?: (line: string) => void; images?: number; cuts?: number } = {},
): Promise<VersionRounds> {
  const client = new Client(granary.url);
  await client.register();
  const world = { granary, client, cuts: faults.cuts ?? 2, ...(await statesOf(faults.images ?? 200)) };
  const result: VersionRounds = {
    ...{ rounds: 0, kills: 0, droppedConnections: 0, attempts: 0 },
    ...{ orphanObjects: 0, lostFiles: 0, otherVersions: 0, leftOver: 0 },
  };
  for (let round = 0; round < count; round++) {
    const scene = SCENES[round % SCENES.length] ?? 'undo';
    const before = JSON.stringify(result);
    await oneRound(world, scene, result, faults.store);
    result.rounds++;
    faults.log?.(`round ${round + 1}, ${scene}: ${before} -> ${JSON.stringify(result)}`);
  }
  return result;
}

/** Images are replaced, added and relabeled from state to state. */
async function statesOf(images: number): Promise<Pick<World, 'states' | 'archives'>> {
  const first: Files = new Map(await yoloDataset(images));
  const paths = [...first.keys()];
  const labels = paths.filter((path) => path.startsWith('labels/'));
  const pictures = paths.filter((path) => path.endsWith('.png'));
  const half = (list: string[]) => list.slice(0, Math.ceil(list.length / 2));
  const second: Files = new Map();
  for (const path of half(labels)) second.set(path, Buffer.from('0 0.5 0.5 0.9 0.9\n'));
  for (const path of half(pictures)) second.set(path, Buffer.concat([await png(), Buffer.from(`second ${path}`)]));
  const third: Files = new Map();
  for (const path of labels.slice(-3)) third.set(path, Buffer.from('1 0.4 0.4 0.2 0.2\n'));
  third.set('images/train/new.png', Buffer.concat([await png(), Buffer.from('new')]));
  const whole = new Map([...first, ...second]);
  return {
    states: [first, whole, new Map([...whole, ...third])],
    archives: [await zipOf(first), await zipOf(second), await zipOf(third)],
  };
}

async function oneRound(
  world: World,
  scene: Scene,
  result: VersionRounds,
  store: FlakyStore | undefined,
): Promise<void> {
  const { client, archives, states } = world;
  const id = await client.createDataset();
  const post = async (path: string, body: object = {}) => {
    const answer = await client.json('POST', `/api/v1/datasets/${path}`, body);
    if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
    return answer.body;
  };
  // Of a compaction the second state stays without a name, and is let go of.
  const named = scene === 'compaction' ? [0, 2] : [0, 1, 2];
  const versions: Files[] = [];
  const upTo = scene === 'merge' ? 1 : 3;
  for (let i = 0; i < upTo; i++) await change(i);
  async function change(i: number) {
    await client.importArchive(id, `${i}.zip`, archives[i] ?? archives[0]);
    if (!named.includes(i)) return;
    await post(`${id}/versions`);
    versions.push(states[i] ?? states[0]);
  }
  let draft = states[2];
  const forks: { id: string; draft: Files }[] = [];
  const jobs: string[] = [];
  switch (scene) {
    case 'undo':
      jobs.push((await post(`${id}/revisions/3/undo`)).jobId);
      draft = states[1];
      break;
    case 'rollback':
      jobs.push((await post(`${id}/rollback`, { to: 'v1' })).jobId);
      draft = states[0];
      break;
    case 'compaction':
      await compact(world, id, result);
      break;
    case 'fork': {
      const fork = await post(`${id}/fork`, { name: `fork of ${id}`, version: 'v1' });
      jobs.push(fork.jobId);
      forks.push({ id: fork.id, draft: states[0] });
      // The source goes on meanwhile: content that is being copied makes room for other.
      jobs.push((await post(`${id}/rollback`, { to: 'v2' })).jobId);
      draft = states[1];
      break;
    }
    case 'publish':
      draft = await edit(client, id, states[2]);
      jobs.push((await post(`${id}/publish`)).jobId);
      break;
    case 'merge': {
      const fork = await post(`${id}/fork`, { name: `fork of ${id}`, version: 'v1' });
      await client.waitForJob(fork.jobId);
      await change(1);
      await change(2);
      jobs.push((await post(`${fork.id}/source-update`)).jobId);
      forks.push({ id: fork.id, draft: states[2] });
    }
  }
  if (jobs.length > 0) {
    await disturb(world, scene, jobs, result, store);
    await endOf(world, jobs, result);
  }
  await look(world, id, draft, versions, result);
  if (scene === 'publish') result.leftOver += (await client.dataset(id)).unpublishedEdits;
  for (const fork of forks) await look(world, fork.id, fork.draft, [], result);
}

/** Gives images one box of half their size. @returns the tree with the labels that say so */
async function edit(client: Client, id: string, tree: Files): Promise<Files> {
  const edited = new Map(tree);
  const { classNames } = await client.dataset(id);
  const { items } = (await client.json('GET', `/api/v1/datasets/${id}/images?limit=60`)).body;
  for (const { id: fileId, path, width, height } of items) {
    const image = `/api/v1/datasets/${id}/images/${fileId}`;
    const { etag } = (await client.json('GET', `${image}/editing`)).body;
    const box = [width / 4, height / 4, width / 2, height / 2];
    const annotations = [{ type: 'bbox', className: classNames[0], geometry: { box } }];
    const saved = await client.json('PUT', `${image}/annotations`, { basedOn: etag, annotations });
    if (saved.status !== 200) throw new Error(JSON.stringify(saved.body));
    const label = path.replace(/^images\//, 'labels/').replace(/\.png$/, '.txt');
    edited.set(label, Buffer.from('0 0.5 0.5 0.5 0.5\n'));
  }
  return edited;
}

/** Revisions grow old, and the job that lets go of them is killed once on its way. */
async function compact({ granary }: World, id: string, result: VersionRounds): Promise<void> {
  const { sql, db, url } = granary.database;
  await sql`update dataset_revisions set created_at = now() - interval '90 days' where dataset_id = ${id}`;
  const queue = new JobQueue(url, { error: () => {} });
  await queue.start();
  const job = crypto.randomUUID();
  await db.transaction((tx) => queue.enqueue(tx, 'retention', {}, { id: job }));
  await queue.stop();
  const state = async () => {
    await sql`update pgboss.job set heartbeat_on = heartbeat_on - interval '1 minute'
      where state = 'active' and heartbeat_on < now() - interval '6 seconds'`;
    await sql`update pgboss.job set start_after = now() where state = 'retry' and start_after > now()`;
    return (await sql<{ state: string }[]>`select state from pgboss.job where id = ${job}`)[0]?.state;
  };
  await until(state, (now) => now !== 'created', { everyMs: 5, seconds: 60 });
  await sleep(Math.random() * 60);
  await granary.worker.end('SIGKILL');
  result.kills++;
  await granary.worker.start();
  await until(state, (now) => now === 'completed', { seconds: 120, everyMs: 250 });
}

/** Compares a dataset with what it should be. */
async function look(
  { granary, client }: World,
  id: string,
  draft: Files,
  versions: readonly Files[],
  result: VersionRounds,
): Promise<void> {
  const { database, store } = granary;
  const { sql } = database;
  const rows = await sql<{ key: string; sha256: string }[]>`
    select distinct storage_key as key, sha256 from dataset_files where dataset_id = ${id}`;
  const keys = new Set(
    (await Promise.all(['datasets', 'history', 'thumbnails'].map((name) => keysOf(granary, `${name}/${id}/`)))).flat(),
  );
  const known = new Set([...rows.map(({ key }) => key), `datasets/${id}/meta.json`]);
  result.orphanObjects += [...keys].filter((key) => !known.has(key)).length;
  for (const { key, sha256 } of rows) {
    const bytes = keys.has(key) ? await buffer(await store.get(key)) : null;
    if (!bytes || createHash('sha256').update(bytes).digest('hex') !== sha256) result.lostFiles++;
  }
  const hashes = [...versions.map((files, i) => [`v${i + 1}`, files] as const), ['draft', draft] as const];
  for (const [ref, files] of hashes) {
    const manifest = await client.raw('GET', `/api/v1/datasets/${id}/manifest?version=${ref}&format=sha256sum`);
    const told = createHash('sha256')
      .update(Buffer.from(await manifest.arrayBuffer()))
      .digest('hex');
    if (told !== contentHashOf(files)) result.otherVersions++;
  }
  if ((await client.dataset(id)).contentHash !== contentHashOf(draft)) result.otherVersions++;
  const [left] = await sql<{ rows: number }[]>`
    with own as (select id from imports where dataset_id = ${id})
    select ((select count(*) from import_files where import_id in (select id from own))
      + (select count(*) from import_objects where import_id in (select id from own))
      + (select count(*) from import_moves where import_id in (select id from own))
      + (select count(*) from dataset_revisions where dataset_id = ${id} and not is_kept and exists (
          select 1 from dataset_files f where f.dataset_id = ${id} and f.removed_in = revision + 1 and f.added_in = revision)))::float8 as rows`;
  result.leftOver += left?.rows ?? 0;
  result.leftOver += (await keysOf(granary, 'uploads/')).length;
}
