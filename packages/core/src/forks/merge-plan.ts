import type { Database, Transaction } from '@granary/db';
import { type SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { isOnlyAt } from '../versions/changed-rows.ts';

type Queries = Database['db'] | Transaction;

/** The two sides of a merge: a fork's draft, and a source between two of its revisions. */
export interface Sides {
  forkId: string;
  sourceId: string;
  /** What the fork has of the source. */
  base: number;
  to: number;
}

export const MOST_CONFLICTS = 1000;

/**
 * What the source did to each path, and what becomes of it in the fork: `same` where the fork has it already, `take` where
 * it has left the path alone, `conflict` where it has not. A row of `path, file_id, added_in, what`; the file is that of the
 * source, null for one that goes. Shards that Granary made are left out: they are made anew.
 */
export function mergePlan({ forkId, sourceId, base, to }: Sides): SQL {
  const side = (at: number, other: number) => sql`
    select f.id, f.added_in, f.path, f.sha256 from dataset_files f
    where f.dataset_id = ${sourceId} and ${isOnlyAt('f', at, other)} and f.source->>'from' is null`;
  const current = sql`dataset_files c where c.dataset_id = ${forkId} and c.removed_in is null`;
  return sql`
    with b as (${side(base, to)}), a as (${side(to, base)}),
    theirs as (
      select path, b.sha256 as old, a.sha256 as new, a.id as file_id, a.added_in from b full join a using (path)
      where b.sha256 is distinct from a.sha256),
    both_sides as (
      select t.*, o.sha256 as ours from theirs t
      left join dataset_files o on o.dataset_id = ${forkId} and o.path = t.path and o.removed_in is null)
    select path, file_id, added_in, case
      when ours is not distinct from new then 'same'
      when ours is distinct from old then 'conflict'
      when old is null and (
        exists (select 1 from ${current} and c.path > (s.path || '/') collate "C" and c.path < (s.path || '0') collate "C"
          and not exists (select 1 from theirs g where g.path = c.path and g.new is null))
        or exists (select 1 from ${current} and c.path in (
            select array_to_string((string_to_array(s.path, '/'))[1:n], '/') from generate_series(1, cardinality(string_to_array(s.path, '/')) - 1) n)
          and not exists (select 1 from theirs g where g.path = c.path and g.new is null))) then 'conflict'
      else 'take' end as what,
      case when new is null then 'removed' when old is null then 'added' else 'changed' end as change
    from both_sides s`;
}

/** The same as text with its parameters, for a session that keeps it in a table of its own. */
export function mergePlanQuery(sides: Sides): { text: string; parameters: (string | number)[] } {
  const { sql: text, params } = new PgDialect().sqlToQuery(mergePlan(sides));
  return { text, parameters: params.map((value) => (typeof value === 'number' ? value : String(value))) };
}

/** How much a merge would take over, and what it would leave as it is. */
export async function countMerge(
  db: Queries,
  sides: Sides,
): Promise<{ added: number; changed: number; removed: number; numConflicts: number; conflicts: string[] }> {
  const [counts] = await db.execute<Record<'added' | 'changed' | 'removed' | 'conflicts', number>>(sql`
    select (count(*) filter (where what = 'take' and change = 'added'))::float8 as added,
      (count(*) filter (where what = 'take' and change = 'changed'))::float8 as changed,
      (count(*) filter (where what = 'take' and change = 'removed'))::float8 as removed,
      (count(*) filter (where what = 'conflict'))::float8 as conflicts
    from (${mergePlan(sides)}) m`);
  const { added = 0, changed = 0, removed = 0, conflicts: numConflicts = 0 } = counts ?? {};
  const paths =
    numConflicts === 0
      ? []
      : await db.execute<{ path: string }>(
          sql`select path from (${mergePlan(sides)}) m where what = 'conflict' order by path limit ${MOST_CONFLICTS}`,
        );
  return { added, changed, removed, numConflicts, conflicts: paths.map(({ path }) => path) };
}
