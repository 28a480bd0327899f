import { createHash } from 'node:crypto';
import type { ClassDefinition } from '@granary/formats';
import type postgres from 'postgres';
import { countAll, countChange } from './counted.ts';
import { nameOf } from './labels.ts';

type Tx = postgres.TransactionSql;

/**
 * Totals and the content hash of the current tree.
 *
 * @param smallRevision the revision that is being made, where it touches a small part of the tree: only that is counted
 */
export async function writeTotals(
  tx: Tx,
  datasetId: string,
  reading: {
    classes: readonly ClassDefinition[];
    repairs: readonly string[];
    classMap: Record<string, string>;
    overrides?: unknown;
    /** Null for none; undefined leaves what there is. */
    csv?: unknown;
    format: string | null;
    taskType: string | null;
  },
  smallRevision: number | null = null,
): Promise<void> {
  const contentHash = await hashTree(tx, datasetId);
  const classNames = reading.classes.map(nameOf);
  const counted =
    (smallRevision === null ? null : await countChange(tx, datasetId, smallRevision, classNames.length)) ??
    (await countAll(tx, datasetId, classNames.length));
  const { repairs, classMap, overrides, csv } = reading;
  const config = { repairs, classMap, ...(overrides ? { overrides } : {}), ...(csv === undefined ? {} : { csv }) };
  const { files, images, samples, bytes, annotations, splits, statistics } = counted;
  await tx`
    update datasets set config = config || ${tx.json(config as never)}, format = ${reading.format}, task_type = ${reading.taskType},
      num_files = ${files}, num_images = ${images}, num_samples = ${samples}, size_bytes = ${bytes}, num_annotations = ${annotations},
      num_classes = ${classNames.length}, class_names = ${classNames}, splits = ${tx.json(splits)}, statistics = ${tx.json(statistics as never)},
      labeled = ${annotations > 0}, content_hash = ${contentHash},
      error_code = null, error_message = null, updated_at = now(), last_modified_at = now() where id = ${datasetId}`;
}

const HASH_PAGE = 20_000;

/** SHA-256 over `sha256sum`'s lines of the tree, in the byte order of the paths. */
export async function hashTree(tx: Tx, datasetId: string): Promise<string> {
  const hash = createHash('sha256');
  let after = '';
  for (;;) {
    // Lines are put together there, since a million rows are slow to read one by one.
    const [page] = await tx<{ lines: string | null; files: number; last: string | null }[]>`
      select string_agg(sha256 || '  ' || path || chr(10), '' order by path) as lines, count(*)::float8 as files, max(path) as last from (
        select path, sha256 from dataset_files where dataset_id = ${datasetId} and removed_in is null and path > ${after}
        order by path limit ${HASH_PAGE}) f`;
    hash.update(page?.lines ?? '');
    if (!page?.last || page.files < HASH_PAGE) return hash.digest('hex');
    after = page.last;
  }
}
