import {
  DuckDBArrayType,
  type DuckDBConnection,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  type DuckDBType,
  DuckDBTypeId,
} from '@duckdb/node-api';
import { filterSql } from './filters.ts';
import { type Query, QueryError } from './query.ts';
import type { EngineColumn } from './schema.ts';
import { quoteText } from './sql.ts';

export interface Condition {
  sql: string;
  parameters: Record<string, string | number | boolean>;
}

/** A query as a condition of SQL; null when every row matches. @throws QueryError */
export async function conditionOf(
  connection: DuckDBConnection,
  query: Query,
  schema: readonly EngineColumn[],
): Promise<Condition | null> {
  const parameters: Condition['parameters'] = {};
  const parts: string[] = [];
  const find = (name: string, field: QueryError['field']) => columnOf(schema, name, field);
  if (query.term) {
    const columns = query.columns?.length ? query.columns.map((name) => find(name, 'columns')) : schema.filter(hasText);
    parameters.term = query.isRegex ? query.term : escapeRegex(query.term);
    await assertRegex(connection, parameters.term);
    const matches = columns.flatMap((column) => termSql(column, query.columns !== undefined) ?? []);
    parts.push(matches.length === 0 ? 'false' : `(${matches.join(' or ')})`);
  }
  for (const [i, filter] of (query.filters ?? []).entries()) {
    const { sql, value } = await filterSql(connection, find(filter.column, 'filters'), filter, `$filter${i}`);
    if (value !== undefined) parameters[`filter${i}`] = value;
    parts.push(sql);
  }
  return parts.length === 0 ? null : { sql: parts.join(' and '), parameters };
}

/** The columns that a query reads. @throws QueryError */
export function columnsRead<C extends { name: string; type: string }>(query: Query, schema: readonly C[]): string[] {
  const used = new Set((query.filters ?? []).map(({ column }) => columnOf(schema, column, 'filters').name));
  if (query.term) {
    const searched = query.columns?.length
      ? query.columns.map((name) => columnOf(schema, name, 'columns'))
      : schema.filter(({ type }) => TEXT_TYPES.has(type));
    for (const { name } of searched) used.add(name);
  }
  return [...used];
}

/** Types of columns that are searched when none is named. */
const TEXT_TYPES = new Set(['string', 'json', 'list', 'struct', 'map']);

function columnOf<C extends { name: string }>(schema: readonly C[], name: string, field: QueryError['field']): C {
  const column = schema.find((known) => known.name === name);
  if (!column) throw new QueryError(field, `there is no column ${JSON.stringify(name)}`);
  return column;
}

/** RE2 takes these as they are when a backslash stands before them. */
export const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

async function assertRegex(connection: DuckDBConnection, term: string): Promise<void> {
  await connection.runAndReadAll("select regexp_matches('', $term, 'i')", { term }).catch((error: Error) => {
    const message = /Invalid Input Error: ([^\n]*)/.exec(error.message)?.[1] ?? error.message.split('\n')[0];
    throw new QueryError('search', `is not a regular expression: ${message}`, { cause: error });
  });
}

const hasText = ({ type, engineType }: EngineColumn): boolean =>
  (TEXT_TYPES.has(type) && type !== 'string') || (type === 'string' && engineType.typeId === DuckDBTypeId.VARCHAR);

/** Whether a text of the column, be it nested, matches the term; null for one that has none. */
function termSql(column: EngineColumn, isNamed: boolean): string | null {
  if (column.key === null) return null;
  const { key, type, engineType } = column;
  const matches = (text: string) => `regexp_matches(${text}, $term, 'i')`;
  if (type === 'json') return jsonMatch(key, matches);
  if (type === 'image' || type === 'audio' || type === 'binary') {
    if (!isNamed) return null;
    throw new QueryError('columns', `${JSON.stringify(column.name)} holds bytes, which are not searched`);
  }
  return leafMatch(engineType, key, matches, isNamed);
}

/** Whether a text inside of a value matches. Names of fields are no texts of it. */
export function leafMatch(
  type: DuckDBType,
  value: string,
  matches: (text: string) => string,
  isAnyScalar: boolean,
  depth = 0,
): string | null {
  if (type.typeId === DuckDBTypeId.VARCHAR) return matches(value);
  if (type instanceof DuckDBListType || type instanceof DuckDBArrayType) {
    return itemMatch(
      type.valueType,
      type instanceof DuckDBArrayType ? `cast(${value} as ${type.valueType}[])` : value,
      matches,
      isAnyScalar,
      depth,
    );
  }
  if (type instanceof DuckDBMapType)
    return itemMatch(type.valueType, `map_values(${value})`, matches, isAnyScalar, depth);
  if (type instanceof DuckDBStructType) {
    const parts = type.entryNames.flatMap((name, i) => {
      const entry = type.entryTypes[i];
      return (
        (entry && leafMatch(entry, `struct_extract(${value}, ${quoteText(name)})`, matches, isAnyScalar, depth)) ?? []
      );
    });
    return parts.length === 0 ? null : `(${parts.map((part) => `coalesce(${part}, false)`).join(' or ')})`;
  }
  if (!isAnyScalar || type.typeId === DuckDBTypeId.BLOB) return null;
  return matches(shownText(type, value));
}

function itemMatch(
  type: DuckDBType,
  list: string,
  matches: (text: string) => string,
  isAnyScalar: boolean,
  depth: number,
): string | null {
  const item = `x${depth}`;
  const inner = leafMatch(type, item, matches, isAnyScalar, depth + 1);
  return inner && `(len(list_filter(${list}, lambda ${item}: coalesce(${inner}, false))) > 0)`;
}

/** A scalar as a text, as it is shown. */
export function shownText({ typeId }: DuckDBType, value: string): string {
  const text = `cast(${value} as varchar)`;
  if (typeId === DuckDBTypeId.FLOAT || typeId === DuckDBTypeId.DOUBLE) return `regexp_replace(${text}, '\\.0$', '')`;
  if (typeId === DuckDBTypeId.TIMESTAMP_TZ) return `replace(replace(${text}, ' ', 'T'), '+00', 'Z')`;
  return TIMESTAMPS.has(typeId) ? `replace(${text}, ' ', 'T')` : text;
}

export const TIMESTAMPS: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_S,
  DuckDBTypeId.TIMESTAMP_MS,
  DuckDBTypeId.TIMESTAMP_NS,
  DuckDBTypeId.TIMESTAMP_TZ,
]);

/** The same of a text of JSON. */
function jsonMatch(key: string, matches: (text: string) => string): string {
  const isText = (json: string) => `json_type(${json}) = 'VARCHAR'`;
  const text = (json: string) => `json_extract_string(${json}, '$')`;
  return `(case json_type(${key}) when 'VARCHAR' then ${matches(text(key))}
    when 'ARRAY' then ${anyInside(`json_extract(${key}, '$..*')`)} when 'OBJECT' then ${anyInside(`json_extract(${key}, '$..*')`)} else false end)`;

  function anyInside(list: string): string {
    return `len(list_filter(${list}, lambda x: ${isText('x')} and coalesce(${matches(text('x'))}, false))) > 0`;
  }
}

/** The texts and numbers of a text of JSON, for a filter by what it contains. */
export function jsonContains(key: string, matches: (text: string) => string): string {
  const any = `len(list_filter(json_extract(${key}, '$..*'), lambda x: json_type(x) not in ('ARRAY', 'OBJECT') and coalesce(${matches("json_extract_string(x, '$')")}, false))) > 0`;
  return `(case when json_type(${key}) in ('ARRAY', 'OBJECT') then ${any} else ${matches(`json_extract_string(${key}, '$')`)} end)`;
}
