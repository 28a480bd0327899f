import { MAX_DISTANCE } from '@granary/core/duplicates/schemas';
import type { Sql } from '@granary/db';
import { copyRows } from '../session.ts';
import { DisjointSets } from './disjoint-sets.ts';

const EDGES_AT_ONCE = 5000;

/**
 * Makes the groups of a dataset anew, for every threshold, in one transaction: images are in one group when a chain of
 * neighbours leads from one to the other. Memory grows with the hashes that resemble another, not with the images.
 */
export async function groupImages(sql: Sql, datasetId: string, undecodable: readonly number[]): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`create temp table current_hashes on commit drop as
      select phash as hash, count(*)::int as images, array_agg(distinct split) filter (where split is not null) as splits
      from dataset_files where dataset_id = ${datasetId} and removed_in is null and phash is not null group by phash`;
    await tx`create unique index on current_hashes (hash)`;
    await tx`analyze current_hashes`;
    await tx`delete from image_hashes i where dataset_id = ${datasetId} and not exists (select 1 from current_hashes c where c.hash = i.hash)`;
    await tx`delete from similar_hashes s where dataset_id = ${datasetId}
      and not (exists (select 1 from current_hashes c where c.hash = s.a) and exists (select 1 from current_hashes c where c.hash = s.b))`;
    await tx`create temp table clusters (threshold smallint, root int, hash bigint) on commit drop`;
    const sets = new DisjointSets();
    for await (const rows of tx<
      { hash: string }[]
    >`select hash::text as hash from current_hashes where images > 1`.cursor(EDGES_AT_ONCE))
      for (const { hash } of rows) sets.nodeOf(hash);
    for (let threshold = 0; threshold <= MAX_DISTANCE; threshold++) {
      const edges = tx<{ a: string; b: string }[]>`
        select a::text as a, b::text as b from similar_hashes where dataset_id = ${datasetId} and distance = ${threshold}`;
      for await (const rows of edges.cursor(EDGES_AT_ONCE))
        for (const { a, b } of rows) sets.join(sets.nodeOf(a), sets.nodeOf(b));
      await copyRows(
        tx,
        'clusters',
        ['threshold', 'root', 'hash'],
        [...sets.members()].map(([hash, root]) => [threshold, root, hash]),
      );
    }
    await tx`delete from duplicate_groups where dataset_id = ${datasetId}`;
    await tx`
      with groups as (
        select threshold, root, sum(images)::int as num_images, array_agg(hash order by hash) as hashes
        from clusters join current_hashes using (hash) group by threshold, root having sum(images) > 1
      ), crossing as (
        select threshold, root, array_agg(distinct split order by split) as splits
        from clusters join current_hashes using (hash) cross join unnest(splits) split group by threshold, root
      )
      insert into duplicate_groups (dataset_id, threshold, position, num_images, splits, hashes)
      select ${datasetId}, threshold, row_number() over (
          partition by threshold order by coalesce(cardinality(splits), 0) > 1 desc, num_images desc, hashes),
        num_images, coalesce(splits, '{}'), hashes
      from groups left join crossing using (threshold, root)`;
    await tx`update dataset_files f set is_compared = true from current_hashes c
      where f.dataset_id = ${datasetId} and not f.is_compared and f.removed_in is null and f.phash = c.hash`;
    await tx`update dataset_files set is_compared = true where id = any(${[...undecodable]}::bigint[])`;
  });
}
