import {
  DuckDBArrayType,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  type DuckDBType,
  DuckDBTypeId,
} from '@duckdb/node-api';
import { quoteText } from './sql.ts';

/** RE2 takes these as they are when a backslash stands before them. */
export const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

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
export function jsonMatch(key: string, matches: (text: string) => string): string {
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
