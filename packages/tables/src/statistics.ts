import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { z } from 'zod';
import { quoteName, quoteText } from './engine.ts';
import type { Shard } from './local-files.ts';
import type { EngineColumn } from './schema.ts';
import { isNumber } from './search.ts';
import type { Tables } from './tables.ts';

const bin = z.object({ from: z.number(), to: z.number(), count: z.number() });

const summary = z
  .object({
    min: z.number(),
    max: z.number(),
    mean: z.number(),
    percentiles: z
      .object({ p5: z.number(), p25: z.number(), p50: z.number(), p75: z.number(), p95: z.number() })
      .describe('Approximate.'),
    histogram: z.array(bin).describe('Bins from `from` up to, but not including, `to`; the last includes it.'),
  })
  // Sums of floating point may be off by the last digits.
  .refine(({ min, max, mean }) => mean >= min - tolerance(min) && mean <= max + tolerance(max), {
    error: 'the mean is not between the minimum and the maximum',
  });

const tolerance = (value: number): number => Math.abs(value) * 1e-9;

export const columnStatistics = z.object({
  type: z.string(),
  nulls: z.number(),
  distinct: z.number().optional().describe('Approximate (HyperLogLog).'),
  min: z.number().optional(),
  max: z.number().optional(),
  mean: z.number().optional(),
  percentiles: summary.shape.percentiles.optional(),
  histogram: z.array(bin).optional(),
  length: summary.optional().describe('Of texts in characters, of lists in items.'),
  values: z
    .array(z.object({ value: z.string(), count: z.number() }))
    .optional()
    .describe('The most frequent values: of classes all, of texts those that come often.'),
});

export const splitStatistics = z.object({
  rows: z.number(),
  countedRows: z.number().optional().describe('Where a bucket holds more than was looked through: how many rows were.'),
  columns: z.record(z.string(), columnStatistics),
});
export type SplitStatistics = z.infer<typeof splitStatistics>;
type ColumnStatistics = z.infer<typeof columnStatistics>;

const BINS = 20;
/** Lengths are counted by bins whose edges grow by a tenth of an octave: their number is bounded whatever the lengths are. */
const LENGTH_BINS_PER_OCTAVE = 10;
const TOP_VALUES = 50;
/** A text with more distinct values is no class. */
const MOST_CLASSES = 1000;
const LONGEST_CLASS = 200;

/**
 * Counts the columns of a split in one pass over its rows; the ranges of histograms come from the footers of its shards. Of a
 * bucket that holds more than the cache, shards are counted that stand for the rest.
 */
export async function statisticsOf(
  tables: Tables,
  shards: readonly Shard[],
  signal: AbortSignal,
): Promise<SplitStatistics> {
  const all = shards.reduce((sum, shard) => sum + shard.rows, 0);
  const counted = tables.files.fitting(shards);
  const rows = counted.reduce((sum, shard) => sum + shard.rows, 0);
  const schema = await tables.columns(shards, signal);
  if (rows === 0) return { rows: all, columns: emptyOf(schema) };
  const readable = schema.filter(({ type }) => type !== 'image' && type !== 'audio' && type !== 'binary');
  const what = { columns: readable.map(({ name }) => name) };
  return tables.files.use(
    counted.map((shard) => ({ shard, what })),
    signal,
    (paths) =>
      tables.engine.use(signal, async (connection) => {
        const source = `read_parquet([${paths.map(quoteText).join(', ')}], union_by_name = true)`;
        const ranges = await rangesOf(connection, paths, source, readable);
        const parts = schema.flatMap((column) => aggregatesOf(column, ranges.get(column.name)));
        const reader = await connection.runAndReadAll(
          `select ${parts.map(({ sql }) => sql).join(', ')} from ${source}`,
        );
        const [values = []]: unknown[][] = reader.getRowsJS();
        const byKey = new Map(parts.map(({ key }, i) => [key, values[i]]));
        const columns = schema.map((column): [string, ColumnStatistics] => [
          column.name,
          columnOf(column, rows, (aggregate) => byKey.get(`${column.name} ${aggregate}`), ranges.get(column.name)),
        ]);
        for (const [name, found] of columns) {
          if (isClass(found, rows)) found.values = await frequenciesOf(connection, name, source);
        }
        const part = rows < all ? { countedRows: rows } : {};
        return splitStatistics.parse({ rows: all, ...part, columns: Object.fromEntries(columns) });
      }),
  );
}

const emptyOf = (schema: readonly EngineColumn[]): Record<string, ColumnStatistics> =>
  Object.fromEntries(schema.map(({ name, type }) => [name, { type, nulls: 0 }]));

interface Range {
  min: number;
  max: number;
}

/** The least and the greatest value of number columns, by the footers; where these say nothing, by the values. */
async function rangesOf(
  connection: DuckDBConnection,
  paths: readonly string[],
  source: string,
  schema: readonly EngineColumn[],
): Promise<Map<string, Range>> {
  const ranges = new Map<string, Range>();
  const numbers = schema.filter(isNumber);
  if (numbers.length === 0) return ranges;
  const told = await connection.runAndReadAll(
    `select path_in_schema, min(try_cast(coalesce(stats_min_value, stats_min) as double)), max(try_cast(coalesce(stats_max_value, stats_max) as double)),
      bool_and(coalesce(stats_null_count, 0) = num_values or try_cast(coalesce(stats_min_value, stats_min) as double) is not null)
    from parquet_metadata([${paths.map(quoteText).join(', ')}]) group by 1`,
  );
  for (const [name, min, max, isComplete] of told.getRowsJS()) {
    if (isComplete && isFinite2(min) && isFinite2(max)) ranges.set(String(name), { min, max });
  }
  const unknown = numbers.filter(({ name }) => !ranges.has(name));
  if (unknown.length === 0) return ranges;
  const parts = unknown.flatMap(({ name }) => [`min(${finite(name)})`, `max(${finite(name)})`]);
  const [values = []] = (await connection.runAndReadAll(`select ${parts.join(', ')} from ${source}`)).getRowsJS();
  unknown.forEach(({ name }, i) => {
    const [min, max] = [values[2 * i], values[2 * i + 1]];
    if (isFinite2(min) && isFinite2(max)) ranges.set(name, { min, max });
  });
  return ranges;
}

const isFinite2 = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** A number column as doubles, without infinities and what is no number. */
const finite = (name: string): string =>
  `(case when isfinite(cast(${quoteName(name)} as double)) then cast(${quoteName(name)} as double) end)`;

function aggregatesOf(column: EngineColumn, range: Range | undefined): { key: string; sql: string }[] {
  const { name, type } = column;
  const quoted = quoteName(name);
  const of = (aggregate: string, sql: string) => ({ key: `${name} ${aggregate}`, sql });
  const summary = (kind: string, value: string) => [
    of(`${kind}min`, `min(${value})`),
    of(`${kind}max`, `max(${value})`),
    of(`${kind}mean`, `avg(${value})`),
    of(`${kind}percentiles`, `approx_quantile(${value}, [0.05, 0.25, 0.5, 0.75, 0.95])`),
  ];
  if (type === 'image' || type === 'audio' || type === 'binary') return [];
  const all = [of('nulls', `count(*) - count(${quoted})`)];
  if (isNumber(column)) {
    all.push(of('distinct', `approx_count_distinct(${quoted})`), ...summary('', finite(name)));
    if (range) {
      const width = (range.max - range.min) / BINS || 1;
      all.push(
        of(
          'bins',
          `histogram(case when ${finite(name)} is not null then cast(least(${BINS - 1}, floor((${finite(name)} - ${range.min}) / ${width})) as int) end)`,
        ),
      );
    }
    if (type === 'class_label') all.push(of('exact', `histogram(${quoted})`));
  } else if (type === 'string') {
    const length = `length(${quoted})`;
    all.push(
      of('distinct', `approx_count_distinct(${quoted})`),
      ...summary('length ', length),
      of('length bins', `histogram(cast(floor(${LENGTH_BINS_PER_OCTAVE} * log2(${length} + 1)) as int))`),
    );
  } else if (type === 'list') {
    const length = `len(${quoted})`;
    all.push(
      ...summary('length ', length),
      of('length bins', `histogram(cast(floor(${LENGTH_BINS_PER_OCTAVE} * log2(${length} + 1)) as int))`),
    );
  } else if (type === 'bool') all.push(of('exact', `histogram(${quoted})`));
  else if (type !== 'struct' && type !== 'map') all.push(of('distinct', `approx_count_distinct(${quoted})`));
  return all;
}

function columnOf(
  column: EngineColumn,
  rows: number,
  get: (aggregate: string) => unknown,
  range: Range | undefined,
): ColumnStatistics {
  const { type } = column;
  const distinct = numberOf(get('distinct'));
  const base = {
    type,
    nulls: numberOf(get('nulls')) ?? 0,
    // An estimate can not be more than there are.
    ...(distinct === undefined ? {} : { distinct: Math.min(distinct, rows) }),
  };
  if (isNumber(column)) {
    // The numbers of classes mean nothing.
    if (type === 'class_label') return { ...base, values: classesOf(get('exact'), column.names) };
    return { ...base, ...summaryOf(get, '', range ? binsOf(get('bins'), range) : []) };
  }
  if (type === 'bool') return { ...base, values: classesOf(get('exact'), undefined) };
  const length = summaryOf(get, 'length ', lengthBinsOf(get('length bins')));
  return { ...base, ...(length ? { length } : {}) };
}

/** Texts that are few and short, and come again and again, are classes. */
const isClass = ({ type, distinct = 0, length }: ColumnStatistics, rows: number): boolean => {
  const isFew = distinct > 0 && distinct <= MOST_CLASSES && distinct <= rows / 2;
  return type === 'string' && isFew && length !== undefined && length.max <= LONGEST_CLASS;
};

/** How often each value comes: of such a column alone, once its values are known to be few. */
async function frequenciesOf(
  connection: DuckDBConnection,
  name: string,
  source: string,
): Promise<{ value: string; count: number }[]> {
  const column = quoteName(name);
  const reader = await connection.runAndReadAll(
    `select ${column}, count(*) from ${source} where ${column} is not null group by 1 order by 2 desc, 1 limit ${TOP_VALUES}`,
  );
  return reader.getRowsJS().map(([value, count]) => ({ value: String(value), count: Number(count) }));
}

const numberOf = (value: unknown): number | undefined =>
  typeof value === 'bigint' ? Number(value) : typeof value === 'number' ? value : undefined;

function summaryOf(get: (aggregate: string) => unknown, kind: string, bins: z.infer<typeof bin>[]) {
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

function binsOf(map: unknown, { min, max }: Range): z.infer<typeof bin>[] {
  const counts = new Map(countsOf(map).map(([key, count]) => [Number(key), count]));
  const width = (max - min) / BINS || 1;
  const numBins = max > min ? BINS : 1;
  return Array.from({ length: numBins }, (_, i) => ({
    from: min + i * width,
    to: i === numBins - 1 ? max : min + (i + 1) * width,
    count: counts.get(i) ?? 0,
  }));
}

function lengthBinsOf(map: unknown): z.infer<typeof bin>[] {
  const edge = (bin: number) => Math.ceil(2 ** (bin / LENGTH_BINS_PER_OCTAVE) - 1);
  const merged = new Map<number, z.infer<typeof bin>>();
  // Short lengths have several bins for one length: those are one.
  for (const [key, count] of countsOf(map).sort(([a], [b]) => Number(a) - Number(b))) {
    const from = Math.floor(2 ** (Number(key) / LENGTH_BINS_PER_OCTAVE) - 1 + 1e-9);
    const known = merged.get(from);
    const to = Math.max(from + 1, edge(Number(key) + 1));
    merged.set(from, { from, to: Math.max(to, known?.to ?? 0), count: count + (known?.count ?? 0) });
  }
  return [...merged.values()];
}

function classesOf(map: unknown, names: readonly string[] | undefined): { value: string; count: number }[] {
  return countsOf(map)
    .map(([key, count]) => ({ value: names?.[Number(key)] ?? String(key), count }))
    .sort((a, b) => b.count - a.count)
    .slice(0, MOST_CLASSES);
}
