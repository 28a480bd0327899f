import { setTimeout as sleep } from 'node:timers/promises';
import { contentHashOf, yoloDataset, zipOf } from './archives.ts';
import { Client } from './client.ts';
import type { FlakyStore } from './flaky-store.ts';
import type { TestGranary } from './granary.ts';
import { keysOf } from './kill.ts';
import { deletion, rowsLeft } from './life.ts';
import { until } from './until.ts';

type Json = ReturnType<typeof JSON.parse>;

/** What a round may leave behind, and must not. */
export interface Damage {
  orphanObjects: number;
  rowsWithoutObjects: number;
  halfGone: number;
  /** Keys that nothing knows, and keys that are missing, each told once. */
  keys: string[];
}

export interface Rounds extends Damage {
  rounds: number;
  kills: number;
  droppedConnections: number;
  purged: number;
  restored: number;
  /** Of jobs that were cut off. */
  attempts: number;
}

const SCENES = ['backup', 'purge', 'purge with backup', 'restore', 'import and delete', 'restore from backup'] as const;
type Scene = (typeof SCENES)[number];

/**
 * Lives of datasets that are cut off at random: the worker is killed, PostgreSQL's connections are dropped, and the store
 * fails. Afterwards, what should be there is, and nothing else.
 *
 * @param faults what happens beside kills, how many images a dataset has, and how often a job is cut off at most
 */
export async function deletionRounds(
  granary: TestGranary,
  count: number,
  faults: { store?: FlakyStore | undefined; log?: (line: string) => void; images?: number; cuts?: number } = {},
): Promise<Rounds> {
  const client = new Client(granary.url);
  await client.register();
  const images = faults.images ?? 400;
  const base = await yoloDataset(images);
  const world = {
    cuts: faults.cuts ?? 2,
    granary,
    client,
    base,
    archive: await zipOf(base),
    more: await zipOf(await yoloDataset(images * 2)),
  };
  const result: Rounds = {
    rounds: 0,
    kills: 0,
    droppedConnections: 0,
    purged: 0,
    restored: 0,
    attempts: 0,
    orphanObjects: 0,
    rowsWithoutObjects: 0,
    halfGone: 0,
    keys: [],
  };
  for (let round = 0; round < count; round++) {
    const scene = SCENES[round % SCENES.length] ?? 'purge';
    const before = { kills: result.kills };
    const damage = await oneRound(world, scene, result, faults.store);
    result.orphanObjects += damage.orphanObjects;
    result.rowsWithoutObjects += damage.rowsWithoutObjects;
    result.halfGone += damage.halfGone;
    result.keys.push(...damage.keys);
    result.rounds++;
    faults.log?.(`round ${round + 1}, ${scene}: ${result.kills - before.kills} kills, ${JSON.stringify(damage)}`);
  }
  return result;
}

interface World {
  cuts: number;
  granary: TestGranary;
  client: Client;
  base: Map<string, Uint8Array>;
  archive: Buffer<ArrayBuffer>;
  more: Buffer<ArrayBuffer>;
}

async function oneRound(world: World, scene: Scene, result: Rounds, store: FlakyStore | undefined): Promise<Damage> {
  const { client } = world;
  const id = await client.createDataset();
  await client.importArchive(id, 'base.zip', world.archive);
  const { body } = await client.json('GET', `/api/v1/datasets/${id}/images?limit=10`);
  for (const image of body.items)
    await (await client.raw('GET', `/api/v1/datasets/${id}/images/${image.id}/thumbnail`)).arrayBuffer();
  const { name } = await client.dataset(id);
  const trash = (createBackup: boolean) =>
    deletion(client, id, { confirmName: name, createBackup: String(createBackup) });
  const purge = async () =>
    (await client.json('POST', `/api/v1/datasets/${id}/purge`, { confirmName: name })).body.jobId as string;

  const ids = [id];
  const jobs: string[] = [];
  let isPurged = false;
  switch (scene) {
    case 'backup':
      jobs.push((await trash(true)).body.backupJobId);
      break;
    case 'purge':
    case 'purge with backup':
      await trash(scene === 'purge with backup');
      jobs.push(await purge());
      isPurged = true;
      break;
    case 'restore': {
      const { body: deleted } = await trash(true);
      jobs.push(deleted.backupJobId);
      await sleep(Math.random() * 300);
      const answer = await client.json('POST', `/api/v1/datasets/${id}/restore`, {});
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
      result.restored++;
      break;
    }
    case 'import and delete': {
      const upload = await client.upload(id, 'more.zip', world.more);
      jobs.push((await client.startImport(id, [upload])).jobId);
      await sleep(Math.random() * 1500);
      await trash(false);
      jobs.push(await purge());
      isPurged = true;
      break;
    }
    case 'restore from backup': {
      await trash(true);
      jobs.push(await purge());
      await endOf(world, jobs, result);
      isPurged = true;
      const { body: backups } = await client.json('GET', `/api/v1/datasets/${id}/backups`);
      const backup = backups.items.find((item: Json) => item.state === 'verified');
      const { body: restored } = await client.json('POST', `/api/v1/backups/${backup.id}/restore`, {});
      ids.push(restored.dataset.id);
      jobs.push(restored.jobId);
      result.restored++;
    }
  }
  await disturb(world, scene, jobs, result, store);
  await endOf(world, jobs, result);
  if (isPurged) result.purged++;
  return damageOf(world, ids, isPurged, result.keys);
}

/** How long after its start a scene is disturbed, at most. */
const WITHIN_MS = new Map<string, number>();

async function untilRunning({ granary: { database } }: Pick<World, 'granary'>, jobs: readonly string[]): Promise<void> {
  await until(
    () => database.sql`select state from activities where id = any(${[...jobs]}) and state <> 'queued'`,
    (rows) => rows.length === jobs.length || rows.some(({ state }) => state === 'running'),
    { everyMs: 5 },
  );
}

/** Kills, dropped connections and a failing store, each at a random moment of the work. */
export async function disturb(
  world: Pick<World, 'cuts' | 'granary'>,
  scene: string,
  jobs: string[],
  result: Pick<Rounds, 'kills' | 'droppedConnections'>,
  store: FlakyStore | undefined,
): Promise<void> {
  const { granary } = world;
  const { sql } = granary.database;
  for (let cut = 0; cut < world.cuts; cut++) {
    await untilRunning(world, jobs);
    const within = WITHIN_MS.get(scene) ?? 400;
    await sleep(Math.random() * within);
    const [open] =
      await sql`select 1 from activities where id = any(${jobs}) and state in ('queued', 'running') limit 1`;
    // How long such work takes here is learned by missing it.
    WITHIN_MS.set(scene, within * (open ? 1.1 : 0.7));
    if (!open) return;
    const roll = Math.random();
    if (roll < 0.2) {
      const dropped = await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name like any(array['granary-worker%', 'granary-dataset', 'granary-queue'])`;
      result.droppedConnections += dropped.length;
    } else if (roll < 0.4 && store) {
      store.failing(0.3);
      await sleep(1500);
      store.failing(0);
    } else {
      await granary.worker.end('SIGKILL');
      result.kills++;
      await granary.worker.start();
    }
  }
}

/** Until all jobs are over. What a dead worker had is found by its heartbeat: the wait for that is cut short. */
export async function endOf(
  { granary, client }: Pick<World, 'granary' | 'client'>,
  jobs: readonly string[],
  result: Pick<Rounds, 'attempts'>,
): Promise<void> {
  const { sql } = granary.database;
  const open = async () => {
    await sql`update pgboss.job set heartbeat_on = heartbeat_on - interval '1 minute'
      where state = 'active' and heartbeat_on < now() - interval '6 seconds'`;
    await sql`update pgboss.job set start_after = now() where state = 'retry' and start_after > now()`;
    return sql`select kind, state from activities where id = any(${jobs}) and state in ('queued', 'running')`;
  };
  await until(open, (rows) => rows.length === 0, { seconds: 240, everyMs: 250 });
  const rows = await sql<{ id: string; kind: string; state: string; attempt: number; error_message: string | null }[]>`
    select id, kind, state, attempt, error_message from activities where id = any(${[...jobs]})`;
  for (const { kind, state, attempt, error_message } of rows) {
    result.attempts += attempt;
    if (state === 'failed') throw new Error(`${kind} failed: ${error_message}`);
  }
  await client.json('GET', '/api/v1/auth/me');
}

/** Compares what is left with what has to be; what was told before is not counted again. */
async function damageOf(
  { granary, client, base }: World,
  ids: readonly string[],
  isPurged: boolean,
  told: readonly string[],
): Promise<Damage> {
  const { sql } = granary.database;
  const [orphans, missing] = [new Set<string>(), new Set<string>()];
  let halfGone = 0;
  for (const [index, id] of ids.entries()) {
    const prefixes = ['datasets', 'history', 'thumbnails', 'exports'].map((name) => `${name}/${id}/`);
    const keys = new Set((await Promise.all(prefixes.map((prefix) => keysOf(granary, prefix)))).flat());
    if (isPurged && index === 0) {
      for (const key of keys) orphans.add(key);
      halfGone += (await rowsLeft(granary, id)).length;
      continue;
    }
    const rows = await sql<{ key: string }[]>`
      select storage_key as key from dataset_files where dataset_id = ${id} union select storage_key from thumbnails where dataset_id = ${id}`;
    const known = new Set([...rows.map(({ key }) => key), `datasets/${id}/meta.json`]);
    for (const key of keys) if (!known.has(key)) orphans.add(key);
    for (const key of known) if (!keys.has(key)) missing.add(key);
    const dataset = await client.dataset(id);
    if (dataset.contentHash !== contentHashOf(base) || dataset.status !== 'ready') halfGone++;
  }
  for (const key of await keysOf(granary, 'uploads/')) orphans.add(key);
  const kept = await sql<{ key: string }[]>`select storage_key as key from backups where state = 'verified'`;
  const backups = new Set(await keysOf(granary, 'backups/'));
  for (const { key } of kept) if (!backups.has(key)) missing.add(key);
  for (const key of backups) if (!kept.some((row) => row.key === key)) orphans.add(key);
  const fresh = (keys: ReadonlySet<string>) => [...keys].filter((key) => !told.includes(key));
  return {
    orphanObjects: fresh(orphans).length,
    rowsWithoutObjects: fresh(missing).length,
    halfGone,
    keys: [...fresh(orphans), ...fresh(missing)],
  };
}
