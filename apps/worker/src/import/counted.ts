import { type DatasetStatistics, type FileKind, MOST_SIZES } from '@granary/db';
import type postgres from 'postgres';

type Tx = postgres.TransactionSql;

/** What a tree holds by number. Images that can't be read are files, but do not count as images. */
export interface Counted {
  files: number;
  images: number;
  samples: number;
  bytes: number;
  annotations: number;
  splits: Record<string, number>;
  statistics: DatasetStatistics;
}

/** Which rows are counted: those of a revision, or of the draft; of all files, or of those in the table `touched`. */
interface Scope {
  datasetId: string;
  numClasses: number;
  at: number | null;
  among: 'all' | 'touched';
}

/** Counts all that is there now. */
export function countAll(tx: Tx, datasetId: string, numClasses: number): Promise<Counted> {
  return count(tx, { datasetId, numClasses, at: null, among: 'all' });
}

/**
 * Counts what is there now by what a revision touched: it costs what changed, not what is there. Null where that does not
 * tell, since classes have changed, or nothing was counted before; then all has to be counted.
 *
 * @param revision the one that is being made: its rows are written, the dataset's totals are still those of the one before
 */
export async function countChange(
  tx: Tx,
  datasetId: string,
  revision: number,
  numClasses: number,
): Promise<Counted | null> {
  const [total] = await tx<Counted[]>`
    select num_files::float8 as files, num_images::float8 as images, num_samples::float8 as samples, size_bytes::float8 as bytes,
      num_annotations::float8 as annotations, splits, statistics from datasets d
    where id = ${datasetId} and statistics is not null and num_classes = ${numClasses} and jsonb_array_length(statistics->'sizes') < ${MOST_SIZES}
      and not exists (select 1 from annotation_projects p where p.dataset_id = d.id and ${revision} in (p.added_in, p.removed_in))
      and not exists (select 1 from annotation_classes c join annotation_projects p on p.id = c.project_id
        where p.dataset_id = d.id and ${revision} in (c.added_in, c.removed_in))`;
  if (!total) return null;
  const ofProject = tx`project_id in (select id from annotation_projects where dataset_id = ${datasetId})`;
  await tx`drop table if exists touched`;
  await tx`create temp table touched on commit drop as
    select id from dataset_files where dataset_id = ${datasetId} and added_in = ${revision}
    union select id from dataset_files where dataset_id = ${datasetId} and removed_in = ${revision}
    union select file_id from annotations where ${ofProject} and added_in = ${revision}
    union select file_id from annotations where ${ofProject} and removed_in = ${revision}
    union select file_id from image_annotation_status where dataset_id = ${datasetId} and added_in = ${revision}
    union select file_id from image_annotation_status where dataset_id = ${datasetId} and removed_in = ${revision}`;
  await tx`analyze touched`;
  const scope = { datasetId, numClasses, among: 'touched' } as const;
  const before = await count(tx, { ...scope, at: revision - 1 });
  const now = await count(tx, { ...scope, at: null });
  const counted = combined(total, before, now);
  // Of more dimensions, all have to be compared to find the most frequent.
  return counted.statistics.sizes.length < MOST_SIZES ? counted : null;
}

async function count(tx: Tx, { datasetId, numClasses, at, among }: Scope): Promise<Counted> {
  const isThere = (row: string) =>
    at === null
      ? tx`${tx(row)}.removed_in is null`
      : tx`${tx(row)}.added_in <= ${at} and (${tx(row)}.removed_in is null or ${tx(row)}.removed_in > ${at})`;
  const isAmong = (column: string) => (among === 'all' ? tx`` : tx`and ${tx(column)} in (select id from touched)`);
  const files = tx`from dataset_files f where f.dataset_id = ${datasetId} and ${isThere('f')} ${isAmong('f.id')}`;
  const kinds = await tx<{ kind: FileKind; files: number; bytes: number }[]>`
    select f.kind, count(*)::float8 as files, sum(f.size)::float8 as bytes ${files} group by f.kind`;
  const splits = await tx<{ split: string | null; images: number; samples: number; items: number }[]>`
    select split, (count(*) filter (where is_image))::float8 as images, coalesce(sum(samples), 0)::float8 as samples, sum(coalesce(samples, 1))::float8 as items
    from (select f.split, f.problem is null and f.kind = 'image' as is_image,
      case when f.kind = 'data' then (f.source->>'rows')::bigint end as samples ${files}) c
    where is_image or samples is not null group by split`;
  const sizes = await tx<DatasetStatistics['sizes']>`
    select f.width, f.height, count(*)::float8 as images ${files} and f.kind = 'image' and f.problem is null and f.width is not null
    group by f.width, f.height order by images desc, f.width, f.height limit ${MOST_SIZES}`;
  const [images] = await tx<{ labeled: number; broken: number }[]>`
    select count(*) filter (where s.state = 'completed')::float8 as labeled, count(*) filter (where f.problem is not null)::float8 as broken
    from dataset_files f left join image_annotation_status s on s.file_id = f.id and ${isThere('s')}
    where f.dataset_id = ${datasetId} and ${isThere('f')} and f.kind = 'image' ${isAmong('f.id')}`;
  const byClass = await tx<{ index: number | null; annotations: number; images: number }[]>`
    select c.index, count(*)::float8 as annotations, count(distinct a.file_id)::float8 as images
    from annotations a join annotation_projects p on p.id = a.project_id and ${isThere('p')}
    left join annotation_classes c on c.id = a.class_id and ${isThere('c')}
    where p.dataset_id = ${datasetId} and ${isThere('a')} ${isAmong('a.file_id')} group by c.index`;
  const classes: DatasetStatistics['classes'] = noClasses(numClasses);
  for (const { index, ...counts } of byClass) if (index !== null && index < numClasses) classes[index] = counts;
  const sum = <Row>(rows: readonly Row[], of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0);
  return {
    files: sum(kinds, (row) => row.files),
    bytes: sum(kinds, (row) => row.bytes),
    images: sum(splits, (row) => row.images),
    samples: sum(splits, (row) => row.samples),
    annotations: sum(byClass, (row) => row.annotations),
    splits: Object.fromEntries(splits.flatMap(({ split, items }) => (split === null ? [] : [[split, items]]))),
    statistics: {
      classes,
      kinds: Object.fromEntries(kinds.map(({ kind, ...totals }) => [kind, totals])),
      sizes: [...sizes],
      labeledImages: images?.labeled ?? 0,
      brokenImages: images?.broken ?? 0,
    },
  };
}

const noClasses = (length: number) => Array.from({ length }, () => ({ annotations: 0, images: 0 }));

/** The total without what some of it was, and with what that is now. */
function combined(total: Counted, before: Counted, now: Counted): Counted {
  const changed = (of: (counted: Counted) => number | undefined) =>
    (of(total) ?? 0) - (of(before) ?? 0) + (of(now) ?? 0);
  const namesOf = (of: (counted: Counted) => object) =>
    new Set([total, before, now].flatMap((one) => Object.keys(of(one))));
  const splits = [...namesOf(({ splits }) => splits)].map(
    (split) => [split, changed(({ splits }) => splits[split])] as const,
  );
  const kinds = [...namesOf(({ statistics }) => statistics.kinds)].map((name) => {
    const of = (counted: Counted) => Object.entries(counted.statistics.kinds).find(([kind]) => kind === name)?.[1];
    return [name, { files: changed((one) => of(one)?.files), bytes: changed((one) => of(one)?.bytes) }] as const;
  });
  const sizeOf = ({ width, height }: { width: number; height: number }) => `${width}×${height}`;
  const sizes = new Map(
    [total, before, now].flatMap(({ statistics }) => statistics.sizes.map((size) => [sizeOf(size), size])),
  );
  const imagesOf = (name: string) => (counted: Counted) =>
    counted.statistics.sizes.find((size) => sizeOf(size) === name)?.images;
  return {
    files: changed(({ files }) => files),
    images: changed(({ images }) => images),
    samples: changed(({ samples }) => samples),
    bytes: changed(({ bytes }) => bytes),
    annotations: changed(({ annotations }) => annotations),
    splits: Object.fromEntries(splits.filter(([, items]) => items > 0)),
    statistics: {
      classes: noClasses(total.statistics.classes.length).map((_, index) => ({
        annotations: changed(({ statistics }) => statistics.classes[index]?.annotations),
        images: changed(({ statistics }) => statistics.classes[index]?.images),
      })),
      kinds: Object.fromEntries(kinds.filter(([, { files }]) => files > 0)),
      sizes: [...sizes]
        .map(([name, { width, height }]) => ({ width, height, images: changed(imagesOf(name)) }))
        .filter(({ images }) => images > 0)
        .sort((a, b) => b.images - a.images || a.width - b.width || a.height - b.height),
      labeledImages: changed(({ statistics }) => statistics.labeledImages),
      brokenImages: changed(({ statistics }) => statistics.brokenImages),
    },
  };
}
