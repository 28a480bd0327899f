import { parse } from 'yaml';
import { z } from 'zod';
import { baseName, folderOf } from '../paths.ts';

/** What a card says of how its CSV files are written. */
export interface CardCsv {
  delimiter?: string;
  header?: boolean;
  quote?: string;
  columns?: string[];
}

/** A subset as a card describes it. */
export interface CardConfig {
  subset: string;
  /** The folder that its patterns are below, with a slash at its end; '' for the card's own. */
  folder: string;
  /** Patterns by split; the split is null where the names of the files say it. Null for all files of the folder. */
  data: { split: string | null; patterns: string[] }[] | null;
  csv: CardCsv | null;
}

export const DEFAULT_SUBSET = 'default';

const patterns = z.union([z.string().transform((path) => [path]), z.array(z.string())]);
const said = z.string().nullish();

/** `configs` of a card: https://huggingface.co/docs/hub/datasets-manual-configuration */
const config = z.object({
  config_name: z.coerce.string().default(DEFAULT_SUBSET),
  data_dir: z.string().default(''),
  data_files: z
    .union([
      patterns.transform((paths) => [{ split: null, patterns: paths }]),
      z.array(
        z
          .object({ split: z.coerce.string().optional(), path: patterns })
          .transform(({ split, path }) => ({ split: split ?? null, patterns: path })),
      ),
    ])
    .optional(),
  // Of CSV: https://huggingface.co/docs/datasets/package_reference/loading_methods#datasets.packaged_modules.csv.CsvConfig
  sep: said,
  delimiter: said,
  header: z
    .union([z.number(), z.null(), z.literal('infer')])
    .optional()
    .catch(undefined),
  names: z.array(z.coerce.string()).optional().catch(undefined),
  column_names: z.array(z.coerce.string()).optional().catch(undefined),
  quotechar: said,
  quoting: z.number().optional(),
});

/** `csv.QUOTE_NONE` of Python. */
const QUOTE_NONE = 3;

/** The subsets that a card describes; null for a description that cannot be understood, none for a card without one. */
export function configsOf(cardData: unknown): CardConfig[] | null {
  const given = z.looseObject({ configs: z.unknown() }).safeParse(cardData).data?.configs;
  if (given === undefined || given === null) return [];
  const known = z.array(config).safeParse(given).data;
  if (!known) return null;
  return known.map(({ config_name: subset, data_dir, data_files, ...written }) => ({
    subset,
    folder: data_dir.replace(/^\.?\/|\/$/g, '').replace(/(.)$/, '$1/'),
    data: data_files ?? null,
    csv: csvOf(written),
  }));
}

function csvOf(written: Omit<z.infer<typeof config>, 'config_name' | 'data_dir' | 'data_files'>): CardCsv | null {
  const { sep, delimiter = sep, header, names, column_names: columns = names, quotechar, quoting } = written;
  const quote = quoting === QUOTE_NONE ? '' : quotechar;
  const csv: CardCsv = {
    ...(delimiter ? { delimiter } : {}),
    ...(typeof quote === 'string' ? { quote } : {}),
    ...(columns ? { columns } : {}),
    // Names that are given stand for a header that is not there, unless it is said to be.
    ...(header === null || (columns && typeof header !== 'number') ? { header: false } : {}),
    ...(typeof header === 'number' ? { header: true } : {}),
  };
  return Object.keys(csv).length > 0 ? csv : null;
}

/** The card of some files: the README.md of the topmost folder that has one. */
export function cardPathOf(paths: Iterable<string>): string | null {
  let found: string | null = null;
  const depth = (path: string) => path.split('/').length;
  for (const path of paths)
    if (/^readme\.md$/i.test(baseName(path)) && (found === null || depth(path) < depth(found))) found = path;
  return found;
}

/** What a README.md describes in YAML above its text. Null for a description that cannot be understood. */
export function cardOf(path: string, readme: string): CardConfig[] | null {
  const [, yaml] = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(readme) ?? [];
  if (yaml === undefined) return [];
  const folder = folderOf(path);
  try {
    const configs = configsOf(parse(yaml, { maxAliasCount: 100 }));
    return configs?.map((one) => ({ ...one, folder: `${folder}${one.folder}` })) ?? null;
  } catch {
    return null;
  }
}
