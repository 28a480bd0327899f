import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Spool, writeZip, type ZipItem } from '@granary/archives';
import type { Database } from '@granary/db';
import type { ObjectStore } from '@granary/storage';
import type { JobRun } from '../runner.ts';
import { backupContents, damaged } from './contents.ts';
import { BACKUP, type ManifestLine } from './layout.ts';
import { readBackup } from './read.ts';

interface BackupRow {
  id: string;
  dataset_id: string;
  storage_key: string;
  created_at: Date;
}

interface Writing {
  database: Database;
  store: ObjectStore;
  run: JobRun;
}

/**
 * Makes the backup that a row of `backups` asks for, and reads it back: only then does it count. The caller holds the
 * dataset's lock. What an earlier attempt has written is written over.
 *
 * @param share of the job's progress, from and to, in percent
 */
export async function makeBackup(
  { database, store, run }: Writing,
  backup: BackupRow,
  share: [from: number, to: number],
): Promise<{ sizeBytes: number; sha256: string }> {
  const { sql } = database;
  const [total] = await sql<{ bytes: number; annotations: number }[]>`
    select (size_bytes + (select coalesce(sum(size), 0) from dataset_files where dataset_id = d.id and removed_in is not null))::float8 as bytes,
      num_annotations::float8 as annotations
    from datasets d where id = ${backup.dataset_id}`;
  const expectedBytes = (total?.bytes ?? 0) + (total?.annotations ?? 0) * 400 + 1024 ** 2;
  const middle = share[0] + (share[1] - share[0]) * 0.6;
  await store.abortMultiparts(backup.storage_key);
  const hash = createHash('sha256');
  let written = 0;
  const zip = writeZip(withManifest(backupContents({ database, store }, backup.dataset_id, backup.created_at)));
  const counted = async function* () {
    for await (const chunk of zip) {
      run.signal.throwIfAborted();
      hash.update(chunk);
      written += chunk.length;
      run.progress(share[0] + (middle - share[0]) * Math.min(1, written / expectedBytes), 'backing_up');
      yield chunk;
    }
  };
  const { sizeBytes } = await store.put(backup.storage_key, Readable.from(counted(), { objectMode: false }), {
    contentType: 'application/zip',
    signal: run.signal,
    expectedBytes,
  });
  const sha256 = hash.digest('hex');
  let counts = null;
  for await (const entry of readBackup(store, backup.storage_key, run.signal)) {
    run.progress(middle + (share[1] - middle) * entry.position, 'verifying');
    if (entry.head) counts = entry.head.counts;
    for await (const _ of entry.content()) run.signal.throwIfAborted();
  }
  await sql.begin(async (tx) => {
    await run.assertCurrent(tx);
    await tx`update backups set state = 'verified', size = ${sizeBytes}, sha256 = ${sha256}, verified_at = now(), counts = ${tx.json(counts)},
      content_hash = (select content_hash from datasets where id = ${backup.dataset_id}) where id = ${backup.id}`;
    await tx`insert into audit_log (dataset_id, action, performed_by, details)
      select dataset_id, 'backup_made', created_by, ${tx.json({ backupId: backup.id, path: backup.storage_key, sizeBytes, sha256 })}
      from backups where id = ${backup.id}`;
  });
  return { sizeBytes, sha256 };
}

/** The entries, and behind them what each of them holds. */
async function* withManifest(items: ReturnType<typeof backupContents>): AsyncGenerator<ZipItem> {
  const folder = await mkdtemp(join(tmpdir(), 'granary-backup-'));
  try {
    const manifest = new Spool(join(folder, 'manifest'));
    for await (const item of items) {
      const measure = { sha256: createHash('sha256'), size: 0 };
      yield { ...item, content: measuring(item.content, measure) };
      const line: ManifestLine = { path: item.path, size: measure.size, sha256: measure.sha256.digest('hex') };
      if (item.sha256 !== null && item.sha256 !== line.sha256) {
        throw damaged(item.path, 'has other content in the store than it was imported with');
      }
      await manifest.write(`${JSON.stringify(line)}\n`);
    }
    yield { path: BACKUP.manifest, isDeflated: true, content: manifest.read() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* measuring(
  content: AsyncIterable<Uint8Array>,
  measure: { sha256: ReturnType<typeof createHash>; size: number },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    measure.sha256.update(chunk);
    measure.size += chunk.length;
    yield chunk;
  }
}
