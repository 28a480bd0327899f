import {
  DuckDBArrayType,
  type DuckDBConnection,
  DuckDBDecimalType,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  type DuckDBType,
  DuckDBTypeId,
} from '@duckdb/node-api';
import { type Filter, QueryError } from './query.ts';
import type { EngineColumn } from './schema.ts';
import { escapeRegex, jsonContains, leafMatch, shownText, TIMESTAMPS } from './search.ts';

const INTEGERS = new Set([
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.UHUGEINT,
]);
const FLOATS = new Set([DuckDBTypeId.FLOAT, DuckDBTypeId.DOUBLE]);

export const isNumber = ({ engineType: { typeId } }: EngineColumn): boolean =>
  INTEGERS.has(typeId) || FLOATS.has(typeId) || typeId === DuckDBTypeId.DECIMAL;

interface FilterSql {
  sql: string;
  /** Of the parameter, if it has one. */
  value?: string | number | undefined;
}

/**
 * A filter as a condition of SQL. Values are compared as they are shown: `min` and `max` by their order, where they have one.
 *
 * @throws QueryError for a filter that no value of the column could meet or miss
 */
export async function filterSql(
  connection: DuckDBConnection,
  column: EngineColumn,
  filter: Filter,
  parameter: string,
): Promise<FilterSql> {
  const { op, value } = filter;
  const key = column.key ?? 'null';
  if (op === 'null') return { sql: `${key} is null` };
  if (op === 'not_null') return { sql: `${key} is not null` };
  if (value === undefined) throw refused(column, 'lacks its value');
  if (column.key === null) return { sql: op === 'not_equals' ? 'true' : 'false' };
  if (column.type === 'image' || column.type === 'audio' || column.type === 'binary') {
    throw refused(column, 'is about bytes, which are only null or not');
  }
  const text = String(value);
  if (op === 'contains') return containsSql(column, key, text, parameter);
  if (column.type === 'json') return jsonSql(column, key, filter, text, parameter);
  if (isNumber(column)) return { sql: numberSql(column, key, op, classNumber(column, text)) };
  const { engineType } = column;
  if (engineType.typeId === DuckDBTypeId.BOOLEAN) {
    const isTrue = /^true$/i.test(text);
    if (!isTrue && !/^false$/i.test(text))
      throw refused(column, `compares ${JSON.stringify(value)} with true and false`);
    return { sql: compare(`cast(${key} as int)`, op, isTrue ? '1' : '0') };
  }
  if (TIMESTAMPS.has(engineType.typeId)) return timestampSql(connection, column, key, op, text, parameter);
  if (engineType.typeId === DuckDBTypeId.DATE || engineType.typeId === DuckDBTypeId.TIME) {
    await assertCast(connection, column, text);
    return { sql: compare(key, op, `cast(${parameter} as ${engineType})`), value: text };
  }
  if (isNested(engineType)) return nestedSql(column, key, op, text, parameter);
  return {
    sql: compare(engineType.typeId === DuckDBTypeId.VARCHAR ? key : `cast(${key} as varchar)`, op, parameter),
    value: text,
  };
}

const isNested = (type: DuckDBType): boolean =>
  type instanceof DuckDBListType ||
  type instanceof DuckDBArrayType ||
  type instanceof DuckDBStructType ||
  type instanceof DuckDBMapType;

const refused = ({ name }: EngineColumn, why: string): QueryError =>
  new QueryError('filters', `the filter of ${JSON.stringify(name)} ${why}`);

function compare(left: string, op: Filter['op'], right: string): string {
  if (op === 'equals') return `${left} = ${right}`;
  if (op === 'not_equals') return `${left} is distinct from ${right}`;
  return `${left} ${op === 'min' ? '>=' : '<='} ${right}`;
}

function containsSql(column: EngineColumn, key: string, text: string, parameter: string): FilterSql {
  const matches = (value: string) => `regexp_matches(${value}, ${parameter}, 'i')`;
  const value = escapeRegex(text);
  if (column.type === 'json') return { sql: jsonContains(key, matches), value };
  const { names } = column;
  if (names) {
    const found = names.flatMap((name, i) => (name.toLowerCase().includes(text.toLowerCase()) ? [i] : []));
    return { sql: found.length === 0 ? 'false' : `${key} in (${found.join(', ')})` };
  }
  return { sql: leafMatch(column.engineType, key, matches, true) ?? matches(shownText(column.engineType, key)), value };
}

/** A class is asked for by its name or its number. */
function classNumber({ names }: EngineColumn, text: string): string {
  const at = names?.indexOf(text) ?? -1;
  return at >= 0 ? String(at) : text;
}

/** Numbers are compared digit by digit: a double would take neighbours beyond 2^53 for the same. */
function numberSql(column: EngineColumn, key: string, op: Filter['op'], text: string): string {
  const { engineType } = column;
  if (FLOATS.has(engineType.typeId)) {
    const number = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isNaN(number) && text !== 'NaN') throw refused(column, `compares ${JSON.stringify(text)} with numbers`);
    const literal = `cast('${text === 'NaN' ? 'NaN' : String(number)}' as double)`;
    const isOrder = op === 'min' || op === 'max';
    return isOrder ? `(${compare(key, op, literal)} and not isnan(${key}))` : compare(key, op, literal);
  }
  const scale = engineType instanceof DuckDBDecimalType ? engineType.scale : 0;
  const exact = decimalOf(text);
  if (!exact) throw refused(column, `compares ${JSON.stringify(text)} with numbers`);
  const { floor, isWhole } = scaledTo(exact, scale);
  if (String(floor).replace('-', '').length > 38) {
    throw refused(column, `compares ${text.slice(0, 40)} with numbers that have no more than 38 digits`);
  }
  const literal = `cast('${unscaled(floor, scale)}' as ${engineType instanceof DuckDBDecimalType ? `decimal(38,${scale})` : 'hugeint'})`;
  const left =
    engineType instanceof DuckDBDecimalType ? `cast(${key} as decimal(38,${scale}))` : `cast(${key} as hugeint)`;
  const isNarrow = !(engineType instanceof DuckDBDecimalType) && floor >= -(2n ** 31n) && floor < 2n ** 31n;
  // As it is, the column's own statistics tell which row groups to leave out.
  const [value, compared] = isNarrow ? [key, String(floor)] : [left, literal];
  if (isWhole) return compare(value, op, compared);
  if (op === 'equals') return 'false';
  if (op === 'not_equals') return 'true';
  return `${value} ${op === 'min' ? '>' : '<='} ${compared}`;
}

interface Decimal {
  digits: bigint;
  /** How many of the digits are behind the point; negative for zeros that are not written. */
  scale: number;
}

function decimalOf(text: string): Decimal | null {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*$/.exec(text) ?? [];
  if (whole + fraction === '' || Math.abs(Number(exponent)) > 1000) return null;
  const digits = BigInt(whole + fraction);
  return { digits: sign === '-' ? -digits : digits, scale: fraction.length - Number(exponent) };
}

function scaledTo({ digits, scale }: Decimal, wanted: number): { floor: bigint; isWhole: boolean } {
  if (scale <= wanted) return { floor: digits * 10n ** BigInt(wanted - scale), isWhole: true };
  const unit = 10n ** BigInt(scale - wanted);
  const quotient = digits / unit;
  const isWhole = quotient * unit === digits;
  return { floor: isWhole || digits >= 0n ? quotient : quotient - 1n, isWhole };
}

function unscaled(value: bigint, scale: number): string {
  if (scale === 0) return String(value);
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** A day is all of its moments. */
async function timestampSql(
  connection: DuckDBConnection,
  column: EngineColumn,
  key: string,
  op: Filter['op'],
  text: string,
  parameter: string,
): Promise<FilterSql> {
  await assertCast(connection, column, text);
  const moment = `cast(${parameter} as ${column.engineType})`;
  if (!/^\s*-?\d{4,}-\d\d?-\d\d?\s*$/.test(text) || op === 'min') return { sql: compare(key, op, moment), value: text };
  const next = `cast(cast(${parameter} as date) + 1 as ${column.engineType})`;
  if (op === 'max') return { sql: `${key} < ${next}`, value: text };
  const isOfDay = `(${key} >= ${moment} and ${key} < ${next})`;
  return { sql: op === 'equals' ? isOfDay : `not coalesce(${isOfDay}, false)`, value: text };
}

async function assertCast(connection: DuckDBConnection, column: EngineColumn, text: string): Promise<void> {
  const reader = await connection.runAndReadAll(`select try_cast($text as ${column.engineType}) is not null`, { text });
  if (reader.getRowsJS()[0]?.[0] !== true) {
    const example = { date: '2024-05-06', time: '07:08:09' }[column.type] ?? '2024-05-06T07:08:09';
    throw refused(column, `compares ${JSON.stringify(text)} with values such as ${example}`);
  }
}

function nestedSql(column: EngineColumn, key: string, op: Filter['op'], text: string, parameter: string): FilterSql {
  if (op === 'min' || op === 'max') throw refused(column, 'asks for an order, and lists and objects have none');
  try {
    JSON.parse(text);
  } catch (error) {
    throw new QueryError(
      'filters',
      `the filter of ${JSON.stringify(column.name)} compares with JSON, such as ["a", "b"]: ${(error as Error).message}`,
      { cause: error },
    );
  }
  return { sql: compare(`cast(to_json(${key}) as varchar)`, op, `cast(json(${parameter}) as varchar)`), value: text };
}

/** Texts are compared by what they say, everything else as JSON; only numbers have an order. */
function jsonSql(column: EngineColumn, key: string, { op }: Filter, text: string, parameter: string): FilterSql {
  const isNumberSql = `json_type(${key}) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE')`;
  if (op === 'min' || op === 'max') {
    if (text.trim() === '' || Number.isNaN(Number(text)))
      throw refused(column, `asks for an order, which only the numbers among its values have`);
    return {
      sql: `(${isNumberSql} and ${compare(`try_cast(${key} as double)`, op, `cast(${parameter} as double)`)})`,
      value: text,
    };
  }
  const shown = `case json_type(${key}) when 'VARCHAR' then json_extract_string(${key}, '$') when 'ARRAY' then cast(json(${key}) as varchar) when 'OBJECT' then cast(json(${key}) as varchar) else ${key} end`;
  return { sql: compare(`(${shown})`, op, parameter), value: /^\s*[[{]/.test(text) ? minify(text) : text };
}

function minify(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}
