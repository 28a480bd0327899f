import type { DuckDBConnection } from '@duckdb/node-api';
import { type EngineColumn, scanOf, type TableFile } from './schema.ts';

/** A shard of one side, with how many rows of its split are before it, and the columns of both sides as it has them. */
export interface ComparedFile {
  file: TableFile;
  before: number;
  columns: readonly EngineColumn[];
}

/** Rows that only one side has, by their numbers in its split: the first of them, and how many there are. */
export interface Difference {
  removed: Float64Array;
  added: Float64Array;
  numRemoved: number;
  numAdded: number;
}

/**
 * Rows of one side that the other lacks, as EXCEPT ALL tells them: of equal rows each side keeps as many as it has more. They
 * are compared by a hash of 128 bits of their values as text, so that all that is held of a row is that and its number.
 *
 * @param most how many numbers of each side are told
 */
export async function differenceOf(
  connection: DuckDBConnection,
  before: readonly ComparedFile[],
  after: readonly ComparedFile[],
  most: number,
): Promise<Difference> {
  const reader = await connection.runAndReadAll(`
    with b as (${counted(before)}), a as (${counted(after)}),
    alone as (
      select 0 as side, number from b anti join a using (key, nth)
      union all select 1, number from a anti join b using (key, nth))
    select side, number, count(*) over (partition by side) as total from alone
    qualify row_number() over (partition by side order by number) <= ${most} order by side, number`);
  const rows = reader.getRows();
  const numbersOf = (side: number) =>
    Float64Array.from(
      rows.filter((row) => Number(row[0]) === side),
      (row) => Number(row[1]),
    );
  const totalOf = (side: number) => Number(rows.find((row) => Number(row[0]) === side)?.[2] ?? 0);
  return { removed: numbersOf(0), added: numbersOf(1), numRemoved: totalOf(0), numAdded: totalOf(1) };
}

function counted(files: readonly ComparedFile[]): string {
  if (files.length === 0) return 'select 0::hugeint as key, 0 as number, 0 as nth where false';
  const rows = files.map(
    ({ file, before, columns }) => `select ${keyOf(columns)} as key, n + ${before} as number from ${scanOf(file)}`,
  );
  return `select key, number, row_number() over (partition by key order by number) as nth from (${rows.join(' union all ')})`;
}

const keyOf = (columns: readonly EngineColumn[]): string =>
  `md5_number(to_json([${columns.map(({ key }) => `cast(${key ?? 'null'} as varchar)`).join(', ')}])::varchar)`;
