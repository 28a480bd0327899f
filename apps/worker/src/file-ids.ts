import type postgres from 'postgres';

/** An id for a row of `dataset_files` to be. @throws when the database gives none */
export async function takeFileId(sql: postgres.ISql): Promise<number> {
  return idOf(await take(sql, 1), 0);
}

/** Each of the things with such an id of its own. @throws when the database gives too few */
export async function withFileIds<Thing>(sql: postgres.ISql, things: readonly Thing[]): Promise<[number, Thing][]> {
  const rows = await take(sql, things.length);
  return things.map((thing, i) => [idOf(rows, i), thing]);
}

const take = (sql: postgres.ISql, count: number) =>
  sql<{ id: number }[]>`select nextval('dataset_files_id_seq')::float8 as id from generate_series(1, ${count})`;

/** A row whose id was made up would stand in the way of another one. */
export function idOf(rows: readonly { id: number }[], index: number): number {
  const row = rows[index];
  if (!row) throw new Error(`The sequence of files gave ${rows.length} ids, and number ${index + 1} is missing`);
  return row.id;
}
