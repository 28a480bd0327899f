import { type DuckDBConnection, DuckDBTypeId } from '@duckdb/node-api';
import { columnOf, NESTED_TYPES, TEXT_TYPES } from './columns-read.ts';
import { filterSql } from './filters.ts';
import { escapeRegex, jsonMatch, leafMatch } from './matching.ts';
import { type Query, QueryError } from './query.ts';
import type { EngineColumn } from './schema.ts';

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
  // Numbers are searched in a column of them that was named, and nowhere inside of others.
  return leafMatch(engineType, key, matches, isNamed && !NESTED_TYPES.has(type));
}
