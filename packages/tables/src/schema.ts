import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api';
import { z } from 'zod';
import { unique } from './reading/csv-dialect.ts';
import { quoteText } from './sql.ts';
import { typeName } from './values.ts';

/** What a column holds. */
export interface Column {
  name: string;
  /**
   * `string`, `int64`, `float64`, `bool`, `list`, `struct`, … as Arrow calls them; `image`, `audio` and `class_label` where the
   * dataset says so; `json` where values are of several types.
   */
  type: string;
  /** Of a class label: the classes, in the order of their numbers. */
  names?: string[] | undefined;
}

/** A column as the engine has it. */
export interface EngineColumn extends Column {
  engineType: DuckDBType;
  /** What it is called in statements: see {@link scanOf}. Null where the file lacks it. */
  key: string | null;
}

/** A parquet file on disk with its columns. */
export interface TableFile {
  path: string;
  columns: EngineColumn[];
  /** How many columns the file has. */
  width: number;
  /** The engine cannot number its rows, since a column of the file has the name that it would give to the numbers. */
  isUnnumbered: boolean;
}

const feature = z.looseObject({ _type: z.string(), names: z.array(z.string()).optional() });
const footer = z.object({ info: z.object({ features: z.record(z.string(), z.unknown()) }) });
/** What a conversion keeps of columns whose names or values Parquet cannot hold as they are. */
const kept = z.object({ columns: z.array(z.object({ name: z.string(), isJson: z.boolean().optional() })) });

export const FOOTER_KEY = 'granary';
const SPECIAL: Record<string, string> = { Image: 'image', Audio: 'audio', ClassLabel: 'class_label' };
const ROW_NUMBER = 'file_row_number';

/**
 * The columns of a parquet file on disk, under the names that people gave them. What the `datasets` library has written into
 * its footer (`huggingface`: features) says which are images and classes:
 * https://huggingface.co/docs/datasets/about_dataset_features
 */
export async function tableFileOf(connection: DuckDBConnection, path: string): Promise<TableFile> {
  const described = await connection.run(`select * from ${readParquet(path)} limit 0`);
  const known = described.columnNames();
  const own = kept.safeParse(await footerOf(connection, path, FOOTER_KEY)).data?.columns ?? [];
  const features = footer.safeParse(await footerOf(connection, path, 'huggingface')).data?.info.features ?? {};
  // The engine gives other names to columns whose names differ by case.
  const written = await writtenNames(connection, path);
  const names =
    own.length === known.length ? own.map(({ name }) => name) : written.length === known.length ? written : known;
  const columns = unique(names).map((name, i): EngineColumn => {
    const engineType = described.columnType(i);
    const said = feature.safeParse(Object.hasOwn(features, name) ? features[name] : undefined).data;
    const special = said && Object.hasOwn(SPECIAL, said._type) ? SPECIAL[said._type] : undefined;
    const type = special ?? (own[i]?.isJson ? 'json' : typeName(engineType));
    return {
      name,
      type,
      ...(special === 'class_label' && said?.names ? { names: said.names } : {}),
      engineType,
      key: `c${i}`,
    };
  });
  return {
    path,
    columns,
    width: columns.length,
    isUnnumbered: known.some((name) => name.toLowerCase() === ROW_NUMBER),
  };
}

/**
 * A parquet file as a table of `c0`, `c1`, … and `n`, the number of the row: names of our own, whatever the columns are
 * called.
 */
export function scanOf({ path, width, isUnnumbered }: TableFile): string {
  const keys = keysOf(width);
  return isUnnumbered
    ? `(select *, row_number() over () - 1 as n from ${readParquet(path)} as t(${keys.join(', ')}))`
    : `${readParquet(path, ', file_row_number = true')} as t(${[...keys, 'n'].join(', ')})`;
}

/** Files with the same columns as one table of `c0`, `c1`, …; its rows have no numbers. */
export function scanOfAll(files: readonly TableFile[]): string {
  return `${readParquet(files.map(({ path }) => path))} as t(${keysOf(files[0]?.width ?? 0).join(', ')})`;
}

const keysOf = (width: number): string[] => Array.from({ length: width }, (_, i) => `c${i}`);

/** The engine would take brackets, stars and question marks for patterns, and folders called `a=b` for columns. */
const readParquet = (path: string | readonly string[], options = ''): string =>
  `read_parquet([${[path]
    .flat()
    .map((one) => quoteText(fileName(one)))
    .join(', ')}], hive_partitioning = false${options})`;

/** A name of a file, of which nothing is a pattern. */
export const fileName = (path: string): string =>
  path.replace(/[*?[\\]/g, (sign) => (sign === '\\' ? '[\\\\]' : `[${sign}]`));

async function writtenNames(connection: DuckDBConnection, path: string): Promise<string[]> {
  const reader = await connection.runAndReadAll(
    `select name, num_children from parquet_schema(${quoteText(fileName(path))})`,
  );
  const [root, ...rest] = reader
    .getRowsJS()
    .map(([name, children]) => ({ name: String(name), children: Number(children ?? 0) }));
  const names: string[] = [];
  let inside = 0;
  for (const { name, children } of root ? rest : []) {
    if (inside === 0) names.push(name);
    else inside--;
    inside += children;
  }
  return names;
}

async function footerOf(connection: DuckDBConnection, path: string, key: string): Promise<unknown> {
  const text = await footerTextOf(connection, path, key);
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    // Another program's words under the same name.
    return null;
  }
}

/** What stands in the footer of a parquet file under a name. */
export async function footerTextOf(connection: DuckDBConnection, path: string, key: string): Promise<string | null> {
  const reader = await connection.runAndReadAll(
    `select decode(value) from parquet_kv_metadata(${quoteText(fileName(path))}) where key = encode(${quoteText(key)})`,
  );
  const [[value] = []] = reader.getRowsJS();
  return typeof value === 'string' ? value : null;
}
