import type { AnySql } from '@granary/db';
import type { z } from 'zod';
import type { splitting } from './changes.ts';

/**
 * A query of all images with the split that each has (`was`) and gets (`split`): whole groups in an order that the seed gives, each
 * class by itself where that is asked for.
 */
export function dividedImages(
  sql: AnySql,
  datasetId: string,
  { train, val, test, seed, stratify, keepTogether }: z.infer<typeof splitting>,
) {
  const all = train + val + test;
  const key = {
    none: sql`f.id::text`,
    folder: sql`coalesce(substring(f.path from '^.*/'), '')`,
    duplicates: sql`coalesce(f.phash::text, f.sha256)`,
  }[keepTogether];
  const stratum =
    stratify === 'none'
      ? sql`0::bigint`
      : sql`coalesce((select min(a.class_id) from annotations a where a.file_id = f.id and a.removed_in is null), 0)`;
  return sql`
    with items as (
      select f.id, f.split, ${key} as key, ${stratum} as stratum from dataset_files f
      where f.dataset_id = ${datasetId} and f.kind = 'image' and f.removed_in is null and f.problem is null),
    groups as (select key, min(stratum) as stratum, count(*) as size from items group by key),
    ranked as (
      select key, (sum(size) over (partition by stratum order by md5(${String(seed)} || key), key) - size / 2.0)
        / sum(size) over (partition by stratum) as place from groups)
    select i.id, i.split as was, case when r.place < ${train / all}::float8 then 'train'
      when r.place < ${(train + val) / all}::float8 then 'val' else 'test' end as split
    from items i join ranked r using (key)`;
}
