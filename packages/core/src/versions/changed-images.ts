import type { Database, Transaction } from '@granary/db';
import { sql } from 'drizzle-orm';
import type { At } from '../revisions/at.ts';
import { annotationChanges } from './changed-rows.ts';
import { type Comparable, matchAnnotations } from './match.ts';

type Queries = Database['db'] | Transaction;

/** An image of which something else is said, with how many of its annotations differ. */
export interface ChangedImage {
  path: string;
  added: number;
  removed: number;
  changed: number;
}

const PAGE = 5000;
/** How many annotations are paired at once: few enough to be held. */
const ROWS = 20_000;

interface CountRow extends Record<string, unknown> {
  path: string;
  before: number;
  after: number;
}

interface Row extends Comparable, Record<string, unknown> {
  path: string;
  isBefore: boolean;
}

/**
 * The images behind a path whose annotations differ, in the order of their paths. Those that only gained or only lost some are
 * counted where they are; of the others the annotations are paired.
 *
 * @param options `classIds`: only images with a change to one of these classes
 */
export async function* changedImages(
  db: Queries,
  datasetId: string,
  from: At,
  to: At,
  { after = '', classIds = null }: { after?: string; classIds?: readonly number[] | null } = {},
): AsyncGenerator<ChangedImage> {
  if (from === to) return;
  const changes = annotationChanges(datasetId, from, to);
  const isAsked = classIds === null ? sql`true` : sql`class_id = any(${sql.param([...classIds])}::bigint[])`;
  for (let last = after; ; ) {
    const counts = await db.execute<CountRow>(sql`
      select path, (count(*) filter (where is_before))::float8 as before, (count(*) filter (where not is_before))::float8 as after
      from (${changes}) c where path > ${last} group by path having bool_or(${isAsked}) order by path limit ${PAGE}`);
    for (const some of chunksOf(counts)) {
      const both = some.filter(isPaired).map(({ path }) => path);
      const rows =
        both.length === 0
          ? []
          : await db.execute<Row>(sql`
            select path, is_before as "isBefore", id::float8 as id, class_id::float8 as "classId", type, geometry, attributes
            from (${changes}) c where path = any(${sql.param(both)}::text[]) order by id`);
      const byPath = Map.groupBy(rows, ({ path }) => path);
      for (const { path, before, after: now } of some) {
        const image = countsOf(path, byPath.get(path), { before, after: now });
        if (image.added + image.removed + image.changed > 0) yield image;
      }
    }
    if (counts.length < PAGE) return;
    last = counts.at(-1)?.path ?? '';
  }
}

const isPaired = ({ before, after }: CountRow) => before > 0 && after > 0;

function* chunksOf(counts: readonly CountRow[]): Generator<CountRow[]> {
  let [chunk, rows]: [CountRow[], number] = [[], 0];
  for (const count of counts) {
    chunk.push(count);
    if (isPaired(count)) rows += count.before + count.after;
    if (rows < ROWS) continue;
    yield chunk;
    [chunk, rows] = [[], 0];
  }
  yield chunk;
}

function countsOf(
  path: string,
  rows: readonly Row[] | undefined,
  { before, after }: { before: number; after: number },
): ChangedImage {
  if (!rows) return { path, added: after, removed: before, changed: 0 };
  const pairs = matchAnnotations(
    rows.filter(({ isBefore }) => isBefore),
    rows.filter(({ isBefore }) => !isBefore),
  );
  return {
    path,
    added: after - pairs.length,
    removed: before - pairs.length,
    changed: pairs.filter(({ isSame }) => !isSame).length,
  };
}
