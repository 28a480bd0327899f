import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api';
import { z } from 'zod';
import { quoteText } from './engine.ts';
import { typeName } from './values.ts';

/** What a column holds. */
export interface Column {
  name: string;
  /** `string`, `int64`, `float64`, `bool`, `list`, `struct`, … as Arrow calls them; `image`, `audio` and `class_label` where the dataset says so. */
  type: string;
  /** Of a class label: the classes, in the order of their numbers. */
  names?: string[] | undefined;
}

/** A column as the engine has it. */
export interface EngineColumn extends Column {
  engineType: DuckDBType;
}

const feature = z.looseObject({ _type: z.string(), names: z.array(z.string()).optional() });
const footer = z.object({ info: z.object({ features: z.record(z.string(), z.unknown()) }) });

/**
 * The columns of a parquet file on disk. What the `datasets` library has written into its footer (`huggingface`: features)
 * says which are images and classes: https://huggingface.co/docs/datasets/about_dataset_features
 */
export async function columnsOf(connection: DuckDBConnection, path: string): Promise<EngineColumn[]> {
  const described = await connection.run(`select * from read_parquet(${quoteText(path)}) limit 0`);
  const features = await featuresOf(connection, path);
  return described.columnNames().map((name, i) => {
    const engineType = described.columnType(i);
    const said = feature.safeParse(features[name]).data;
    const special = said && SPECIAL[said._type];
    return {
      name,
      type: special ?? typeName(engineType),
      ...(special === 'class_label' && said?.names ? { names: said.names } : {}),
      engineType,
    };
  });
}

const SPECIAL: Record<string, string> = { Image: 'image', Audio: 'audio', ClassLabel: 'class_label' };

async function featuresOf(connection: DuckDBConnection, path: string): Promise<Record<string, unknown>> {
  const reader = await connection.runAndReadAll(
    `select decode(value) from parquet_kv_metadata(${quoteText(path)}) where decode(key) = 'huggingface'`,
  );
  const [row] = reader.getRowsJS();
  if (typeof row?.[0] !== 'string') return {};
  try {
    return footer.parse(JSON.parse(row[0])).info.features;
  } catch {
    // Another program's words under the same name.
    return {};
  }
}
