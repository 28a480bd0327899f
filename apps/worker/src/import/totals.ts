import { createHash } from 'node:crypto';
import type { DatasetStatistics, FileKind } from '@granary/db';
import type { ClassDefinition } from '@granary/formats';
import type postgres from 'postgres';
import { nameOf } from './labels.ts';

type Tx = postgres.TransactionSql;

/** Totals and the content hash of the current tree. Images that can't be read are files, but do not count as images. */
export async function writeTotals(
  tx: Tx,
  datasetId: string,
  reading: {
    classes: readonly ClassDefinition[];
    repairs: readonly string[];
    classMap: Record<string, string>;
    overrides?: unknown;
    csv?: unknown;
    format: string | null;
    taskType: string | null;
  },
): Promise<void> {
  const contentHash = await hashTree(tx, datasetId);
  const classNames = reading.classes.map(nameOf);
  const statistics = await countStatistics(tx, datasetId, classNames.length);
  const { repairs, classMap, overrides, csv } = reading;
  const config = { repairs, classMap, ...(overrides ? { overrides } : {}), ...(csv ? { csv } : {}) };
  await tx`
    with current as (
      select kind, split, size, problem is null and kind = 'image' as is_image,
        case when kind = 'data' then (source->>'rows')::bigint end as samples
      from dataset_files where dataset_id = ${datasetId} and removed_in is null
    ), totals as (
      select count(*) as files, coalesce(sum(size), 0) as bytes, count(*) filter (where is_image) as images, coalesce(sum(samples), 0) as samples from current
    ), splits as (
      select coalesce(jsonb_object_agg(split, items), '{}') as splits
      from (select split, sum(coalesce(samples, 1)) as items from current
        where (is_image or samples is not null) and split is not null group by split) by_split
    ), labels as (
      select count(*) as annotations from annotations a join annotation_projects p on p.id = a.project_id and p.removed_in is null
      where p.dataset_id = ${datasetId} and a.removed_in is null
    )
    update datasets d set config = d.config || ${tx.json(config as never)}, format = ${reading.format}, task_type = ${reading.taskType}, num_files = files, num_images = images, num_samples = samples,
      size_bytes = bytes, num_annotations = annotations, num_classes = ${classNames.length}, class_names = ${classNames},
      splits = splits.splits, statistics = ${tx.json(statistics as never)}, labeled = annotations > 0, content_hash = ${contentHash},
      error_code = null, error_message = null, updated_at = now(), last_modified_at = now()
    from totals, splits, labels where d.id = ${datasetId}`;
}

const MAX_SIZES = 500;

async function countStatistics(tx: Tx, datasetId: string, numClasses: number): Promise<DatasetStatistics> {
  const classes: DatasetStatistics['classes'] = Array.from({ length: numClasses }, () => ({
    annotations: 0,
    images: 0,
  }));
  const byClass = await tx<{ index: number; annotations: number; images: number }[]>`
    select c.index, count(*)::float8 as annotations, count(distinct a.file_id)::float8 as images
    from annotations a join annotation_projects p on p.id = a.project_id and p.removed_in is null
    join annotation_classes c on c.id = a.class_id and c.removed_in is null
    where p.dataset_id = ${datasetId} and a.removed_in is null group by c.index`;
  for (const { index, ...counts } of byClass) if (index < numClasses) classes[index] = counts;
  const kinds = await tx<{ kind: FileKind; files: number; bytes: number }[]>`
    select kind, count(*)::float8 as files, sum(size)::float8 as bytes
    from dataset_files where dataset_id = ${datasetId} and removed_in is null group by kind`;
  const sizes = await tx<DatasetStatistics['sizes']>`
    select width, height, count(*)::float8 as images from dataset_files
    where dataset_id = ${datasetId} and removed_in is null and kind = 'image' and problem is null and width is not null
    group by width, height order by images desc, width, height limit ${MAX_SIZES}`;
  const [images] = await tx<{ labeled: number; broken: number }[]>`
    select count(*) filter (where s.state in ('completed', 'needs_review', 'accepted', 'rejected'))::float8 as labeled,
      count(*) filter (where f.problem is not null)::float8 as broken
    from dataset_files f left join image_annotation_status s on s.file_id = f.id and s.removed_in is null
    where f.dataset_id = ${datasetId} and f.removed_in is null and f.kind = 'image'`;
  return {
    classes,
    kinds: Object.fromEntries(kinds.map(({ kind, ...totals }) => [kind, totals])),
    sizes: [...sizes],
    labeledImages: images?.labeled ?? 0,
    brokenImages: images?.broken ?? 0,
  };
}

const HASH_PAGE = 20_000;

/** SHA-256 over `sha256sum`'s lines of the tree, in the byte order of the paths. */
export async function hashTree(tx: Tx, datasetId: string): Promise<string> {
  const hash = createHash('sha256');
  let after = '';
  for (;;) {
    const rows = await tx<{ path: string; sha256: string }[]>`
      select path, sha256 from dataset_files where dataset_id = ${datasetId} and removed_in is null and path > ${after}
      order by path limit ${HASH_PAGE}`;
    hash.update(rows.map((row) => `${row.sha256}  ${row.path}\n`).join(''));
    if (rows.length < HASH_PAGE) return hash.digest('hex');
    after = rows.at(-1)?.path ?? '';
  }
}
