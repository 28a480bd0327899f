import type { PayloadOf } from '@granary/core/queue/definitions';
import type { Sql } from '@granary/db';
import { keys, type ObjectStore } from '@granary/storage';
import type { JobRun } from '../runner.ts';
import { whileUnwritten } from '../session.ts';

type Repair = NonNullable<PayloadOf<'integrity'>['repair']>;

const PAGE = 1000;

interface Row {
  id: number;
  dataset_id: string | null;
  storage_key: string;
  size: number;
}

/**
 * Deletes objects that belong to nothing, or takes up thumbnails that are not on record. A check may be days old: each
 * object is looked at again, while nobody writes to its dataset.
 */
export async function repairObjects(
  { sql, store, run }: { sql: Sql; store: ObjectStore; run: JobRun },
  { checkId, code, repair, findingIds }: Repair,
): Promise<{ repaired: number; bytesFreed: number; leftAlone: number }> {
  const result = { repaired: 0, bytesFreed: 0, leftAlone: 0 };
  let after = 0;
  for (;;) {
    run.signal.throwIfAborted();
    const rows = await sql<Row[]>`
      select id::float8 as id, dataset_id, storage_key, size::float8 as size from integrity_findings
      where check_id = ${checkId} and code = ${code} and repair is null and storage_key is not null and id > ${after}
        and (${findingIds ?? null}::bigint[] is null or id = any(${findingIds ?? null}::bigint[]))
      order by id limit ${PAGE}`;
    for (const [datasetId, some] of Map.groupBy(rows, (row) => row.dataset_id)) {
      const work = () => (repair === 'delete' ? deleteUnknown(datasetId, some) : adoptThumbnails(some));
      const done = datasetId === null ? await work() : await whileUnwritten({ sql }, datasetId, work);
      result.leftAlone += some.length - (done?.length ?? 0);
      for (const row of done ?? []) {
        result.repaired++;
        if (repair === 'delete') result.bytesFreed += row.size;
      }
      await sql`update integrity_findings set repair = ${repair}, repaired_at = now() where id = any(${(done ?? []).map(({ id }) => id)})`;
    }
    run.progress(50, 'checking');
    if (rows.length < PAGE) return result;
    after = rows.at(-1)?.id ?? after;
  }

  async function deleteUnknown(datasetId: string | null, rows: readonly Row[]): Promise<Row[]> {
    const found = rows.map((row) => row.storage_key);
    const ids = found.map((key) => key.split('/')[1]?.replace(/\..*$/, '') ?? '');
    const known = await sql<{ key: string }[]>`
      select storage_key as key from dataset_files where dataset_id = ${datasetId} and storage_key = any(${found})
      union select storage_key from thumbnails where dataset_id = ${datasetId} and storage_key = any(${found})
      union select key from import_objects where key = any(${found})
      union select from_key from import_moves where from_key = any(${found})
      union select to_key from import_moves where to_key = any(${found})
      union select storage_key from backups where storage_key = any(${found}) and state in ('running', 'verified')`;
    // Of no dataset, by the check: a dataset or an upload of this id may have come since.
    const owners = await sql<{ id: string }[]>`
      select id from uploads where id = any(${ids}) and state <> 'expired'
      union select id from datasets where ${datasetId === null} and id = any(${ids})`;
    const kept = new Set(known.map(({ key }) => key));
    const owned = new Set(owners.map(({ id }) => id));
    const meta = datasetId === null ? null : keys.meta(datasetId);
    const unknown = rows.filter(
      ({ storage_key }, i) => !kept.has(storage_key) && !owned.has(ids[i] ?? '') && storage_key !== meta,
    );
    await store.delete(unknown.map((row) => row.storage_key));
    return unknown;
  }

  async function adoptThumbnails(rows: readonly Row[]): Promise<Row[]> {
    const there: Row[] = [];
    for (const row of rows) {
      const info = await store.head(row.storage_key);
      if (!info || row.dataset_id === null) continue;
      await sql`insert into thumbnails (dataset_id, storage_key, size) values (${row.dataset_id}, ${row.storage_key}, ${info.sizeBytes}) on conflict do nothing`;
      there.push(row);
    }
    return there;
  }
}
