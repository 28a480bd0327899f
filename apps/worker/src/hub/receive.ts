import { assertQuota } from '@granary/core/access/quotas';
import { beginDownloading, endDownloading } from '@granary/core/base/dataset-status';
import { inGigabytes } from '@granary/core/base/gigabytes';
import { licenseOf } from '@granary/core/datasets/license';
import { MAX_CITATION } from '@granary/core/datasets/schemas';
import { AppError } from '@granary/core/errors/app-error';
import { JobFailure } from '@granary/core/errors/failures';
import type { RequestOf } from '@granary/core/imports/kinds';
import { unseal } from '@granary/core/secrets/seal';
import { partitionsOf, shardPath, type TableKind } from '@granary/formats';
import { chosenSplits, Hub, HubError, licenseOfCard, PlanError, type PlannedSplit, planOf } from '@granary/hub';
import { keys } from '@granary/storage';
import pLimit from 'p-limit';
import type { ApartContext } from '../context.ts';
import { takeFileId } from '../file-ids.ts';
import { keepIssues } from '../tables/issues.ts';
import { assertRoom, endingOf } from '../tables/local-copies.ts';
import { type RowSource, type ShardWriting, safe, stageRow, writeShards } from '../tables/shards.ts';
import { featuresBeside } from './features.ts';
import { fetchFile } from './fetch-file.ts';
import { type HubRow, takeFirstRows } from './first-rows.ts';
import { filesAtOnce } from './parts.ts';
import { HubReader } from './reader.ts';

export type HubOptions = RequestOf<'download'>['hub'];

/** Of the job's progress, what the download is; the rest is for what follows. */
const SHARE = 80;

/**
 * Downloads what was asked for: finds out what that is, and at which commit, once; then file by file, each going on where an
 * earlier attempt was cut off. Parquet files go to where they stay; the rows of others are written as parquet.
 *
 * @throws JobFailure
 */
export async function receiveHub(context: ApartContext, writing: ShardWriting, asked: HubOptions): Promise<void> {
  const { run, importId } = writing;
  const token = await tokenOf(context, writing);
  const hub = new Hub({ endpoint: context.env.HF_ENDPOINT, token, signal: run.signal });
  try {
    run.progress(0, 'looking_up', asked.repoId);
    await beginDownloading(writing.session.sql, writing.datasetId);
    if ((await rowsOf(writing)).length === 0) await plan(context, writing, hub, asked);
    if (asked.maxSamples === null) {
      const reader = new HubReader({ endpoint: hub.endpoint, token });
      await download(writing, reader, asked.repoId).finally(() => reader.close());
    } else await takeFirstRows(writing, hub, asked.repoId, await rowsOf(writing), asked.maxSamples);
    await endDownloading(writing.session.sql, writing.datasetId);
    if (asked.maxSamples === null) await convert(writing, hub, asked.repoId, await rowsOf(writing));
  } catch (error) {
    if (error instanceof HubError || error instanceof PlanError)
      throw new JobFailure(error.code, error.message, { cause: error });
    throw error;
  }
  run.log.info({ importId }, 'downloaded');
}

/** @throws JobFailure `hub_token_invalid` when the key is another than the one it was encrypted with */
async function tokenOf({ env }: ApartContext, { session, importId }: ShardWriting): Promise<string | null> {
  const [row] = await session.sql<
    { sealed_token: string | null }[]
  >`select sealed_token from imports where id = ${importId}`;
  if (!row?.sealed_token) return null;
  try {
    return unseal(env, row.sealed_token, importId);
  } catch {
    throw new JobFailure(
      'hub_token_invalid',
      'The access token cannot be decrypted, because GRANARY_SECRET_KEY has changed. Retry with the token.',
    );
  }
}

async function rowsOf({ session, importId }: ShardWriting): Promise<HubRow[]> {
  return session.sql<HubRow[]>`
    select number, subset, split, kind, csv, path, url, size::float8 as "sizeBytes", sha256, git_sha1 as "gitSha1",
      storage_key as "storageKey", multipart_id as "multipartId", state
    from hub_files where import_id = ${importId} order by number`;
}

/** Puts on record what there is to download, at the commit of now. @throws JobFailure, HubError, PlanError */
async function plan(context: ApartContext, writing: ShardWriting, hub: Hub, asked: HubOptions): Promise<void> {
  const { session, importId, datasetId } = writing;
  const found = await planOf(hub, asked.repoId, asked.commit ?? asked.revision);
  const splits = chosenSplits(found, asked.repoId, asked.subset, asked.split);
  await assertFits(context, writing, asked, splits);
  const rows = rowsOfSplits(splits, importId, datasetId);
  await session.sql.begin(async (tx) => {
    await writing.run.assertCurrent(tx);
    const columns = rows.map((row, number) => ({ ...row, number }));
    await tx`insert into hub_files (import_id, number, subset, split, kind, csv, path, url, size, sha256, git_sha1, storage_key)
      select ${importId}, number, subset, split, kind, csv, path, url, size, sha256, "gitSha1", "storageKey"
      from jsonb_to_recordset(${tx.json(columns as never)}) as r(number int, subset text, split text, kind text, csv jsonb, path text, url text, size bigint, sha256 text, "gitSha1" text, "storageKey" text)`;
    const { unread, unmatched } = found.left;
    await keepIssues(tx, importId, [
      ...unread.map(({ path, reason }) => ({ code: 'rows_not_read' as const, path, detail: reason })),
      ...unmatched.map((detail) => ({ code: 'card_unmatched' as const, path: 'README.md', detail })),
    ]);
    await tx`insert into import_objects (import_id, key) select ${importId}, storage_key from hub_files where import_id = ${importId} on conflict do nothing`;
    await tx`update imports set options = jsonb_set(options, '{hub,commit}', ${tx.json(found.commit)}) where id = ${importId}`;
    await tx`update datasets set config = config || ${tx.json({ commit: found.commit, gated: found.info.gated !== false, license: found.info.cardData?.license ?? null } as never)},
        description = case when description = '' then ${storable(found.info.description, 20_000)} else description end,
        license = coalesce(license, ${licenseOf(licenseOfCard(found.info))}),
        citation = case when citation = '' then ${storable(found.info.citation, MAX_CITATION)} else citation end
      where id = ${datasetId}`;
  });
}

const storable = (text: string | null | undefined, length: number): string =>
  (text ?? '').slice(0, length).replaceAll('\0', '').toWellFormed().trim();

function rowsOfSplits(splits: readonly PlannedSplit[], importId: string, datasetId: string) {
  const numberOf = counting();
  return splits.flatMap(({ subset, split, kind, csv, files }) =>
    files.map((file) => {
      const { path, url, sizeBytes: size, sha256, gitSha1 } = file;
      const number = numberOf(subset, split);
      const storageKey = isShard({ kind, path })
        ? keys.file(datasetId, shardPath(safe(subset), safe(split), number))
        : `${keys.allIncoming(importId)}${safe(subset)}-${safe(split)}-${number}${endingOf(path)}`;
      return { ...{ subset, split, kind, csv: csv ?? null }, ...{ path, url, size, sha256, gitSha1, storageKey } };
    }),
  );
}

/** Numbers the files of each split. */
function counting(): (subset: string, split: string) => number {
  const next = new Map<string, number>();
  return (subset, split) => {
    const key = JSON.stringify([subset, split]);
    const number = next.get(key) ?? 0;
    next.set(key, number + 1);
    return number;
  };
}

/** Whether a file stays as it is. Of Parquet whose folders are columns the rows are written anew. */
const isShard = ({ kind, path }: { kind: TableKind; path: string }): boolean =>
  kind === 'parquet' && Object.keys(partitionsOf(path)).length === 0;

/** Before a byte is fetched: the limit of an import, the quota, the disk. @throws JobFailure */
async function assertFits(
  { database, env, store }: ApartContext,
  { session, datasetId, tables }: ShardWriting,
  { repoId, maxSamples }: HubOptions,
  splits: readonly PlannedSplit[],
): Promise<void> {
  const total = (kinds: (kind: TableKind) => boolean) =>
    splits
      .filter(({ kind }) => kinds(kind))
      .reduce((sum, { files }) => sum + files.reduce((all, file) => all + file.sizeBytes, 0), 0);
  const bytes = maxSamples === null ? total(() => true) : 0;
  if (bytes > env.GRANARY_MAX_IMPORT_BYTES) {
    throw new JobFailure(
      'too_large',
      `${repoId} has ${inGigabytes(bytes)}, and an import can have at most ${inGigabytes(env.GRANARY_MAX_IMPORT_BYTES)}. Choose a subset, a split or fewer rows.`,
    );
  }
  const [owner] = await session.sql<
    { owner_id: string | null }[]
  >`select owner_id from datasets where id = ${datasetId}`;
  const ownerId = owner?.owner_id;
  if (ownerId && bytes > 0) {
    await database.db
      .transaction((tx) => assertQuota({ defaults: env }, tx, ownerId, { bytes, datasets: 0 }))
      .catch((error) => {
        throw error instanceof AppError ? new JobFailure('quota_exceeded', error.message) : error;
      });
  }
  if (store.localPath(keys.meta(datasetId)) !== null) await assertRoom(env.GRANARY_DATA_DIR, bytes);
  // What is converted lies on this machine meanwhile.
  await assertRoom(tables.scratchDir, maxSamples === null ? total((kind) => kind !== 'parquet') : 0);
}

async function download(writing: ShardWriting, reader: HubReader, repoId: string): Promise<void> {
  const { session, run, importId, store } = writing;
  const rows = await rowsOf(writing);
  const total = rows.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) || 1;
  const speed = new Speed();
  let done = rows
    .filter(({ state }) => state === 'downloaded' || state === 'staged')
    .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  // The first file that fails ends the others, which keep their parts.
  const failing = new AbortController();
  const signal = AbortSignal.any([run.signal, failing.signal]);
  const limit = pLimit(
    filesAtOnce(
      rows.map(({ sizeBytes }) => sizeBytes),
      store,
    ),
  );
  const numberOf = counting();
  const results = await Promise.allSettled(
    rows.map((row) => {
      const number = numberOf(row.subset, row.split);
      return limit(async () => {
        if (row.state === 'downloaded' || row.state === 'staged') return;
        signal.throwIfAborted();
        try {
          const sha256 = await fetchFile(
            {
              reader,
              store,
              repoId,
              signal,
              keep: async ({ multipartId, isCompleting }) => {
                const state = isCompleting ? 'completing' : 'waiting';
                await session.sql`update hub_files set multipart_id = ${multipartId}, state = ${state} where import_id = ${importId} and number = ${row.number}`;
              },
              onBytes: (bytes) => {
                done += bytes;
                speed.add(bytes);
                run.progress((SHARE * done) / total, 'downloading', row.path, {
                  done,
                  total,
                  perSecond: speed.perSecond,
                });
              },
            },
            { ...row, isCompleting: row.state === 'completing' },
          );
          await keepFile(writing, row, number, sha256);
        } catch (error) {
          failing.abort(error);
          throw error;
        }
      });
    }),
  );
  run.signal.throwIfAborted();
  if (failing.signal.aborted) throw failing.signal.reason;
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** A parquet file is where it stays; of another the rows are written later. */
async function keepFile(writing: ShardWriting, row: HubRow, number: number, sha256: string): Promise<void> {
  const { sql } = writing.session;
  const stays = isShard(row);
  if (stays) {
    const id = await takeFileId(sql);
    const path = shardPath(safe(row.subset), safe(row.split), number);
    await stageRow(writing, { id, path, sizeBytes: row.sizeBytes, sha256, storageKey: row.storageKey });
  }
  await sql`update hub_files set state = ${stays ? 'staged' : 'downloaded'}, multipart_id = null where import_id = ${writing.importId} and number = ${row.number}`;
}

/** Writes the rows of what is no parquet; what was made of a subset before it was cut off is made again. */
async function convert(writing: ShardWriting, hub: Hub, repoId: string, rows: readonly HubRow[]): Promise<void> {
  const { session, importId } = writing;
  const numberOf = counting();
  const taken = new Set(
    rows
      .map((row) => ({ row, number: numberOf(row.subset, row.split) }))
      .filter(({ row }) => isShard(row))
      .map(({ row, number }) => shardPath(safe(row.subset), safe(row.split), number)),
  );
  const raw = rows.filter((row) => !isShard(row) && row.state === 'downloaded');
  // Files of one kind are read together.
  for (const [, ofKind] of Map.groupBy(raw, ({ subset, kind }) => JSON.stringify([subset, kind]))) {
    const [{ subset } = { subset: '' }] = ofKind;
    const sources: RowSource[] = [];
    for (const { split, kind, csv, path, url, storageKey, sizeBytes } of ofKind) {
      const features = kind === 'arrow' ? await featuresBeside(hub, repoId, url) : undefined;
      sources.push({ ...{ split, kind, csv: csv ?? undefined, features }, ...{ name: path, storageKey, sizeBytes } });
    }
    const { shards, notes } = await writeShards(writing, subset, sources, {
      isMade: false,
      isTaken: (path) => taken.has(path),
    });
    for (const { path } of shards) taken.add(path);
    await keepIssues(
      session.sql,
      importId,
      notes.map((note) => ({ code: 'csv_layout' as const, ...note })),
    );
    const numbers = ofKind.map(({ number }) => number);
    await session.sql`update hub_files set state = 'staged' where import_id = ${importId} and number = any(${numbers})`;
  }
}

const SPEED_MS = 3000;

/** Bytes per second, of the last seconds. */
class Speed {
  #since = Date.now();
  #bytes = 0;
  perSecond = 0;

  add(bytes: number): void {
    if (bytes > 0) this.#bytes += bytes;
    const elapsed = Date.now() - this.#since;
    if (elapsed < SPEED_MS && this.perSecond > 0) return;
    if (elapsed < 200) return;
    this.perSecond = Math.round((this.#bytes * 1000) / elapsed);
    this.#since = Date.now();
    this.#bytes = 0;
  }
}
