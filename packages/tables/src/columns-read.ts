import { type Query, QueryError } from './query.ts';

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

export const NESTED_TYPES = new Set(['list', 'struct', 'map']);
/** Types of columns that are searched when none is named. */
export const TEXT_TYPES = new Set(['string', 'json', ...NESTED_TYPES]);

/** @throws QueryError */
export function columnOf<C extends { name: string }>(
  schema: readonly C[],
  name: string,
  field: QueryError['field'],
): C {
  const column = schema.find((known) => known.name === name);
  if (!column) throw new QueryError(field, `there is no column ${JSON.stringify(name)}`);
  return column;
}
