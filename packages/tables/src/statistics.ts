import { type DuckDBConnection, DuckDBTypeId, type DuckDBValue, VARCHAR } from '@duckdb/node-api';
import { isNumber } from './filters.ts';
import { shownText, TIMESTAMPS } from './matching.ts';
import { type EngineColumn, scanOfAll, type TableFile } from './schema.ts';
import type { Bin, ColumnStatistics } from './statistics-schema.ts';

/** Of more rows than these, different values are estimated. */
const EXACT_ROWS = 3_000_000;
const BINS = 20;
/** Lengths are counted by bins whose edges grow by a tenth of an octave: their number is bounded whatever the lengths are. */
const LENGTH_BINS_PER_OCTAVE = 10;
const TOP_VALUES = 50;
/** A text with more distinct values is no class. */
const MOST_CLASSES = 1000;
const LONGEST_CLASS = 200;
/** So many columns are counted in one pass: each has its own state in memory. */
const COLUMNS_AT_ONCE = 40;
const DISTINCT_AT_ONCE = 4;
/** The largest doubles would not add up: a power of two takes no digits. */
const SCALE = '18446744073709551616.0';
/** So many values of a column are told apart in a pass with others. */
const FEW_ROWS = 100_000;

/** A column over all files of a split: its values are `v0`, `v1`, … */
interface Counted extends EngineColumn {
  key: string;
}

/**
 * Counts the columns of a split, some dozens in one pass over its rows; histograms of numbers take a second one, since their
 * bins depend on the least and the greatest.
 */
export async function countColumns(
  connection: DuckDBConnection,
  files: readonly TableFile[],
  rows: number,
  signal: AbortSignal,
): Promise<[name: string, ColumnStatistics][]> {
  const columns = countedOf(files);
  const found: [string, ColumnStatistics][] = [];
  for (let at = 0; at < columns.length; at += COLUMNS_AT_ONCE) {
    signal.throwIfAborted();
    const some = columns.slice(at, at + COLUMNS_AT_ONCE);
    const source = sourceOf(files, some);
    const values = await aggregate(
      connection,
      source,
      some.flatMap((column) => aggregatesOf(column, rows)),
    );
    await aggregateDistinct(connection, files, some, rows, values, signal);
    const bins = await binsOf(connection, source, some, values);
    for (const column of some) {
      const statistics = columnOf(
        column,
        rows,
        (name) => values.get(`${column.key} ${name}`),
        bins.get(column.key) ?? [],
      );
      if (isClass(statistics, rows))
        statistics.values = await frequenciesOf(connection, column.key, sourceOf(files, [column]));
      found.push([column.name, statistics]);
    }
  }
  return found;
}

/** The columns of all files together; where files hold them in different types, they are texts. */
function countedOf(files: readonly TableFile[]): Counted[] {
  const [first] = files;
  if (!first) return [];
  return first.columns.map((column, i) => {
    const own = files.flatMap((file) => file.columns[i] ?? []).filter(({ key }) => key !== null);
    const [known = column] = own;
    const isSame = own.every(
      ({ engineType, type }) => String(engineType) === String(known.engineType) && type === known.type,
    );
    return { ...known, name: column.name, key: `v${i}`, ...(isSame ? {} : { type: 'mixed', engineType: VARCHAR }) };
  });
}

function sourceOf(files: readonly TableFile[], wanted: readonly Counted[]): string {
  const groups = Map.groupBy(files, (file) =>
    JSON.stringify([file.width, file.columns.map(({ key, engineType }) => [key, String(engineType)])]),
  );
  const parts = [...groups.values()].map((group) => {
    const [file] = group;
    if (!file) return '';
    const values = wanted.map(({ key, type, name }) => {
      const own = file.columns.find((column) => column.name === name);
      if (!own || own.key === null) return `null as ${key}`;
      return `${type === 'mixed' ? shownText(own.engineType, own.key) : own.key} as ${key}`;
    });
    return `select ${values.join(', ')} from ${scanOfAll(group)}`;
  });
  return `(${parts.join(' union all ')})`;
}

interface Aggregate {
  key: string;
  sql: string;
}

async function aggregate(
  connection: DuckDBConnection,
  source: string,
  parts: readonly Aggregate[],
): Promise<Map<string, unknown>> {
  if (parts.length === 0) return new Map();
  const reader = await connection.runAndReadAll(`select ${parts.map(({ sql }) => sql).join(', ')} from ${source}`);
  const [values = []]: unknown[][] = reader.getRowsJS();
  return new Map(parts.map(({ key }, i) => [key, values[i]]));
}

/** A number column as doubles, without infinities and what is no number. */
const finite = (key: string): string => `(case when isfinite(cast(${key} as double)) then cast(${key} as double) end)`;

const isOrdered = ({ engineType: { typeId } }: EngineColumn): boolean =>
  TIMESTAMPS.has(typeId) || typeId === DuckDBTypeId.DATE || typeId === DuckDBTypeId.TIME;

/** What no aggregate compares as it is. */
const isNested = ({ type }: EngineColumn): boolean => ['list', 'struct', 'map'].includes(type);
const hasNoValues = ({ type }: EngineColumn): boolean => ['image', 'audio', 'binary'].includes(type);

function aggregatesOf(column: Counted, rows: number): Aggregate[] {
  const { key, type, engineType } = column;
  const of = (name: string, sql: string): Aggregate => ({ key: `${key} ${name}`, sql });
  if (hasNoValues(column)) return [of('nulls', `count(*) - count(${key})`)];
  const summary = (kind: string, value: string) => [
    of(`${kind}min`, `min(${value})`),
    of(`${kind}max`, `max(${value})`),
    of(`${kind}mean`, `avg(${value} / ${SCALE}) * ${SCALE}`),
    of(`${kind}percentiles`, `approx_quantile(${value}, [0.05, 0.25, 0.5, 0.75, 0.95])`),
  ];
  const lengths = (length: string) => [
    ...summary('length ', length),
    of('length bins', `histogram(cast(floor(${LENGTH_BINS_PER_OCTAVE} * log2(${length} + 1) + 1e-9) as int))`),
  ];
  const all = [of('nulls', `count(*) - count(${key})`)];
  if (rows > EXACT_ROWS) all.push(of('distinct', `approx_count_distinct(${comparable(column)})`));
  else if (rows <= FEW_ROWS) all.push(of('distinct', `count(distinct ${comparable(column)})`));
  if (isNumber(column)) {
    all.push(
      ...summary('', finite(key)),
      of('from', shownText(engineType, `min(${key})`)),
      of('to', shownText(engineType, `max(${key})`)),
    );
    if (type === 'class_label') all.push(of('exact', `histogram(${key})`));
  } else if (type === 'string' && engineType.typeId === DuckDBTypeId.VARCHAR) all.push(...lengths(`length(${key})`));
  else if (type === 'list') all.push(...lengths(`len(${key})`));
  else if (type === 'bool') all.push(of('exact', `histogram(${key})`));
  else if (isOrdered(column)) {
    all.push(of('from', shownText(engineType, `min(${key})`)), of('to', shownText(engineType, `max(${key})`)));
  }
  return all;
}

/** Texts and what is nested by 128 bits of them: as good as the values themselves, and bounded. */
function comparable(column: Counted): string {
  if (isNested(column)) return `md5_number(cast(to_json(${column.key}) as varchar))`;
  return column.engineType.typeId === DuckDBTypeId.VARCHAR ? `md5_number(${column.key})` : column.key;
}

async function aggregateDistinct(
  connection: DuckDBConnection,
  files: readonly TableFile[],
  some: readonly Counted[],
  rows: number,
  values: Map<string, unknown>,
  signal: AbortSignal,
): Promise<void> {
  if (rows > EXACT_ROWS || rows <= FEW_ROWS) return;
  const told = some.filter((column) => !hasNoValues(column));
  for (let at = 0; at < told.length; at += DISTINCT_AT_ONCE) {
    signal.throwIfAborted();
    const few = told.slice(at, at + DISTINCT_AT_ONCE);
    const parts = few.map((column) => ({
      key: `${column.key} distinct`,
      sql: `count(distinct ${comparable(column)})`,
    }));
    for (const [key, value] of await aggregate(connection, sourceOf(files, few), parts)) values.set(key, value);
  }
}

async function binsOf(
  connection: DuckDBConnection,
  source: string,
  columns: readonly Counted[],
  values: ReadonlyMap<string, unknown>,
): Promise<Map<string, Bin[]>> {
  const ranges = columns.flatMap((column) => {
    const [min, max] = [numberOf(values.get(`${column.key} min`)), numberOf(values.get(`${column.key} max`))];
    const isCounted = isNumber(column) && column.type !== 'class_label' && min !== undefined && max !== undefined;
    return isCounted ? [{ key: column.key, min, max }] : [];
  });
  const parts = ranges.map(({ key, min, max }) => {
    const width = widthOf(min, max);
    const from = Number.isFinite(max - min)
      ? `(${finite(key)} - (${min})) / ${width}`
      : `${finite(key)} / ${width} - (${min / width})`;
    const place = `cast(least(${BINS - 1}, greatest(0, floor(${from}))) as int)`;
    return { key, sql: `histogram(case when ${finite(key)} is not null then ${place} end)` };
  });
  const counted = await aggregate(connection, source, parts);
  return new Map(ranges.map(({ key, min, max }) => [key, linearBins(counted.get(key), min, max)]));
}

function columnOf(column: Counted, rows: number, get: (aggregate: string) => unknown, bins: Bin[]): ColumnStatistics {
  const { type, engineType } = column;
  const distinct = numberOf(get('distinct'));
  const base: ColumnStatistics = {
    type,
    nulls: numberOf(get('nulls')) ?? 0,
    // An estimate cannot be more than there are.
    ...(distinct === undefined ? {} : { distinct: Math.min(distinct, rows) }),
    ...(distinct !== undefined && rows > EXACT_ROWS ? { isDistinctApproximate: true } : {}),
  };
  const [from, to] = [get('from'), get('to')];
  const range = typeof from === 'string' && typeof to === 'string' ? { from, to } : null;
  if (isNumber(column)) {
    // The numbers of classes mean nothing.
    if (type === 'class_label') return { ...base, values: classesOf(get('exact'), column.names) };
    const isExact =
      engineType.typeId !== DuckDBTypeId.DECIMAL &&
      [from, to].every((end) => Number.isSafeInteger(Number(end)) || !/^-?\d+$/.test(String(end)));
    return { ...base, ...summaryOf(get, '', bins), ...(range && !isExact ? { range } : {}) };
  }
  if (range) return { ...base, range };
  if (type === 'bool') return { ...base, values: classesOf(get('exact'), undefined) };
  const length = summaryOf(get, 'length ', lengthBinsOf(get('length bins')));
  return { ...base, ...(length ? { length: { ...length, scale: 'logarithmic' } } : {}) };
}

/** Texts that are few and short, and come again and again, are classes. */
const isClass = ({ type, distinct = 0, length }: ColumnStatistics, rows: number): boolean => {
  const isFew = distinct > 0 && distinct <= MOST_CLASSES && distinct <= rows / 2;
  return type === 'string' && isFew && length !== undefined && length.max <= LONGEST_CLASS;
};

/** How often each value comes: of such a column alone, once its values are known to be few. */
async function frequenciesOf(
  connection: DuckDBConnection,
  key: string,
  source: string,
): Promise<{ value: string; count: number }[]> {
  const reader = await connection.runAndReadAll(
    `select ${key}, count(*) from ${source} where ${key} is not null group by 1 order by 2 desc, 1 limit ${TOP_VALUES}`,
  );
  return reader.getRowsJS().map(([value, count]) => ({ value: String(value), count: Number(count) }));
}

const numberOf = (value: unknown): number | undefined =>
  typeof value === 'bigint' ? Number(value) : typeof value === 'number' ? value : undefined;

function summaryOf(get: (aggregate: string) => unknown, kind: string, bins: Bin[]) {
  const [min, max, mean] = ['min', 'max', 'mean'].map((name) => numberOf(get(`${kind}${name}`)));
  const percentiles = get(`${kind}percentiles`);
  if (min === undefined || max === undefined || mean === undefined || !Array.isArray(percentiles)) return undefined;
  const [p5 = min, p25 = min, p50 = min, p75 = min, p95 = max] = percentiles.map((value) =>
    Math.min(max, Math.max(min, Number(value))),
  );
  const histogram = bins.map(({ from, to, count }, i) => ({
    from: Math.max(min, from),
    to: i === bins.length - 1 ? max : to,
    count,
  }));
  return { min, max, mean: Math.min(max, Math.max(min, mean)), percentiles: { p5, p25, p50, p75, p95 }, histogram };
}

/** Counts by bin as DuckDB's MAP is read: a list of keys and values. */
function countsOf(map: unknown): [key: DuckDBValue, count: number][] {
  if (!Array.isArray(map)) return [];
  return map.map(({ key, value }: { key: DuckDBValue; value: unknown }) => [key, Number(value)]);
}

const widthOf = (min: number, max: number): number => max / BINS - min / BINS || 1;

function linearBins(map: unknown, min: number, max: number): Bin[] {
  const counts = new Map(countsOf(map).map(([key, count]) => [Number(key), count]));
  const width = widthOf(min, max);
  const numBins = max > min ? BINS : 1;
  // Of the largest doubles some steps together are beyond them.
  const edge = (i: number) => (Number.isFinite(max - min) ? min + i * width : min * (1 - i / BINS) + max * (i / BINS));
  return Array.from({ length: numBins }, (_, i) => ({
    from: edge(i),
    to: i === numBins - 1 ? max : edge(i + 1),
    count: counts.get(i) ?? 0,
  }));
}

/** A bin has the lengths from its edge up to the next one's: no length is in two. */
function lengthBinsOf(map: unknown): Bin[] {
  const edge = (bin: number) => Math.ceil(2 ** (bin / LENGTH_BINS_PER_OCTAVE) - 1 - 1e-6);
  return countsOf(map)
    .map(([key, count]) => ({ from: edge(Number(key)), to: edge(Number(key) + 1), count }))
    .sort((a, b) => a.from - b.from);
}

function classesOf(map: unknown, names: readonly string[] | undefined): { value: string; count: number }[] {
  return countsOf(map)
    .map(([key, count]) => ({ value: names?.[Number(key)] ?? String(key), count }))
    .sort((a, b) => b.count - a.count)
    .slice(0, MOST_CLASSES);
}
