import type { PurgeState, Sql } from '@granary/db';
import { keys, type ObjectInfo, type ObjectStore } from '@granary/storage';
import pLimit from 'p-limit';
import type { JobRun } from '../runner.ts';

/** How many objects one request deletes, and how many requests are in flight. */
const BATCH = 1000;
const IN_FLIGHT = 4;

/** The prefixes that a purge empties, in this order. */
export async function prefixesOf(sql: Sql, datasetId: string): Promise<string[]> {
  const projects = await sql<
    { id: string }[]
  >`select distinct id from annotation_projects where dataset_id = ${datasetId} order by id`;
  // Exports may be filed under a project instead of its dataset.
  return [...Object.values(keys.prefixes(datasetId)), ...projects.map(({ id }) => keys.prefixes(id).exports)];
}

interface Emptying {
  sql: Sql;
  store: ObjectStore;
  run: JobRun;
  datasetId: string;
  /** How far an earlier attempt came; the count continues from there. */
  state: PurgeState;
  /** Roughly how many objects there are. */
  expected: number;
}

/**
 * Deletes everything below the prefixes. A batch is counted before it is deleted, together with the last key that is
 * counted: what a kill leaves undeleted is deleted by the next attempt without being counted twice.
 */
export async function emptyPrefixes(context: Emptying, prefixes: readonly string[]): Promise<PurgeState> {
  const { store } = context;
  const from = Math.max(0, prefixes.indexOf(context.state.prefix));
  let state = context.state;
  for (const [index, prefix] of prefixes.entries()) {
    await store.abortMultiparts(prefix);
    state = await emptyPrefix({ ...context, state }, prefix, index >= from);
  }
  return state;
}

async function emptyPrefix(context: Emptying, prefix: string, isCounting: boolean): Promise<PurgeState> {
  const { store, run, expected } = context;
  let { state } = context;
  const limit = pLimit(IN_FLIGHT);
  const running = new Set<Promise<void>>();
  for await (const batch of batchesOf(store, prefix)) {
    run.signal.throwIfAborted();
    if (isCounting) state = await count(context, state, prefix, batch);
    const deletion = limit(() => store.delete(batch.map(({ key }) => key)));
    running.add(deletion);
    deletion.then(
      () => running.delete(deletion),
      () => {},
    );
    run.progress(40 + 40 * Math.min(1, state.objects / Math.max(1, expected)), 'deleting_objects');
    if (running.size >= IN_FLIGHT) await Promise.race(running);
  }
  await Promise.all(running);
  return state;
}

async function* batchesOf(store: ObjectStore, prefix: string): AsyncGenerator<ObjectInfo[]> {
  let batch: ObjectInfo[] = [];
  for await (const object of store.walk(prefix)) {
    batch.push(object);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function count(
  { sql, datasetId }: Emptying,
  state: PurgeState,
  prefix: string,
  batch: readonly ObjectInfo[],
): Promise<PurgeState> {
  const last = batch.at(-1)?.key ?? '';
  const countedTo = state.prefix === prefix ? state.countedTo : '';
  const fresh = batch.filter(({ key }) => isBehind(key, countedTo));
  if (fresh.length === 0) return state;
  const next: PurgeState = {
    ...state,
    objects: state.objects + fresh.length,
    bytes: state.bytes + fresh.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    prefix,
    countedTo: last,
  };
  await sql`update datasets set purge = ${sql.json({ ...next })} where id = ${datasetId}`;
  return next;
}

/** In the order of listings, which is that of the keys' bytes. */
const isBehind = (key: string, other: string): boolean => Buffer.compare(Buffer.from(key), Buffer.from(other)) > 0;

/** How many objects are left: none, unless somebody wrote during the purge. */
export async function countLeft(store: ObjectStore, prefixes: readonly string[]): Promise<number> {
  let left = 0;
  for (const prefix of prefixes) left += (await store.list(prefix)).objects.length;
  return left;
}
