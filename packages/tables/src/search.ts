import { DuckDBTypeId } from '@duckdb/node-api';
import { z } from 'zod';
import { quoteName } from './engine.ts';
import type { Shard } from './local-files.ts';
import type { EngineColumn } from './schema.ts';

export const filter = z.object({
  column: z.string(),
  op: z
    .enum(['equals', 'not_equals', 'contains', 'min', 'max', 'null', 'not_null'])
    .describe('`min` and `max` are included; `contains` does not look at case.'),
  value: z.union([z.string(), z.number(), z.boolean()]).optional(),
});
export type Filter = z.infer<typeof filter>;

/** Which rows are looked for. */
export interface Query {
  term?: string | undefined;
  /** RE2 syntax: https://github.com/google/re2/wiki/Syntax */
  isRegex?: boolean | undefined;
  /** Where to look for the term; in all texts, be they nested, when left out. */
  columns?: readonly string[] | undefined;
  filters?: readonly Filter[] | undefined;
}

/** A query that can not be answered as it is written. */
export class QueryError extends Error {
  override name = 'QueryError';
  readonly field: 'search' | 'columns' | 'filters';
  constructor(field: QueryError['field'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.field = field;
  }
}

export interface Condition {
  sql: string;
  parameters: Record<string, string | number | boolean>;
  /** The columns that it reads. */
  columns: string[];
}

/** A query as a condition of SQL; null when every row matches. @throws QueryError */
export function conditionOf(query: Query, schema: readonly EngineColumn[]): Condition | null {
  const parameters: Condition['parameters'] = {};
  const used = new Set<string>();
  const parts: string[] = [];
  const find = (name: string, field: QueryError['field']) => {
    const column = schema.find((known) => known.name === name);
    if (!column) throw new QueryError(field, `there is no column ${JSON.stringify(name)}`);
    used.add(name);
    return column;
  };
  if (query.term) {
    const columns = query.columns?.length
      ? query.columns.map((name) => find(name, 'columns'))
      : schema.filter(({ type, engineType }) => hasText(engineType.typeId) && type !== 'image' && type !== 'audio');
    for (const { name } of columns) used.add(name);
    parameters.term = query.isRegex ? query.term : escapeRegex(query.term);
    parts.push(
      columns.length === 0
        ? 'false'
        : `(${columns.map((column) => `regexp_matches(${textOf(column)}, $term, 'i')`).join(' or ')})`,
    );
  }
  for (const [i, { column: name, op, value }] of (query.filters ?? []).entries()) {
    const column = find(name, 'filters');
    const sql = filterSql(column, op, `$filter${i}`);
    if (op !== 'null' && op !== 'not_null') {
      if (value === undefined) throw new QueryError('filters', `the filter of ${JSON.stringify(name)} lacks its value`);
      parameters[`filter${i}`] = parameterOf(column, op, value);
    }
    parts.push(sql);
  }
  return parts.length === 0 ? null : { sql: parts.join(' and '), parameters, columns: [...used] };
}

/** RE2 takes these as they are when a backslash stands before them. */
const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

const TEXTS = new Set([
  DuckDBTypeId.VARCHAR,
  DuckDBTypeId.LIST,
  DuckDBTypeId.ARRAY,
  DuckDBTypeId.STRUCT,
  DuckDBTypeId.MAP,
]);
const hasText = (type: DuckDBTypeId): boolean => TEXTS.has(type);

const textOf = ({ name, engineType }: EngineColumn): string =>
  engineType.typeId === DuckDBTypeId.VARCHAR ? quoteName(name) : `cast(${quoteName(name)} as varchar)`;

const NUMBERS = new Set([
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
  DuckDBTypeId.DECIMAL,
]);
export const isNumber = ({ engineType }: EngineColumn): boolean => NUMBERS.has(engineType.typeId);

function filterSql(column: EngineColumn, op: Filter['op'], parameter: string): string {
  const name = quoteName(column.name);
  const value = isNumber(column) ? name : textOf(column);
  if (op === 'null') return `${name} is null`;
  if (op === 'not_null') return `${name} is not null`;
  if (op === 'equals') return `${value} = ${parameter}`;
  if (op === 'not_equals') return `${value} is distinct from ${parameter}`;
  if (op === 'contains') return `regexp_matches(${textOf(column)}, ${parameter}, 'i')`;
  return `${value} ${op === 'min' ? '>=' : '<='} ${parameter}`;
}

/** A class is asked for by its name or its number. */
function parameterOf(column: EngineColumn, op: Filter['op'], value: string | number | boolean): string | number {
  if (op === 'contains') return escapeRegex(String(value));
  if (!isNumber(column)) return String(value);
  const label = column.names?.indexOf(String(value)) ?? -1;
  const number = label >= 0 ? label : Number(value === '' ? Number.NaN : value);
  if (Number.isNaN(number)) {
    throw new QueryError(
      'filters',
      `${JSON.stringify(value)} is no number, and ${JSON.stringify(column.name)} holds numbers`,
    );
  }
  return number;
}

/** Rows of a shard that are looked through together with others. */
export interface Piece {
  shard: Shard;
  /** The place of the shard among those of the split. */
  index: number;
  from: number;
  count: number;
}

const PIECE_ROWS = 2_000_000;
const WINDOW_BYTES = 256 * 1024 * 1024;

/** Cuts a split into windows that are looked through one after the other: between them progress is told. */
export function windowsOf(shards: readonly Shard[]): Piece[][] {
  const windows: Piece[][] = [];
  let window: Piece[] = [];
  let rows = 0;
  let bytes = 0;
  for (const [index, shard] of shards.entries()) {
    for (let from = 0; from < shard.rows; from += PIECE_ROWS) {
      const count = Math.min(PIECE_ROWS, shard.rows - from);
      window.push({ shard, index, from, count });
      rows += count;
      bytes += (shard.sizeBytes * count) / shard.rows;
      if (rows < PIECE_ROWS && bytes < WINDOW_BYTES) continue;
      windows.push(window);
      window = [];
      rows = 0;
      bytes = 0;
    }
  }
  if (window.length > 0) windows.push(window);
  return windows;
}
