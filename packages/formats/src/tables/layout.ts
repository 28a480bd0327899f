import picomatch from 'picomatch';
import { baseName, folderOf } from '../paths.ts';
import { type CardConfig, type CardCsv, DEFAULT_SUBSET } from './card.ts';
import { samplesIn } from './samples.ts';
import { UNREAD_ROWS } from './unread.ts';

/** What the rows of a file are written in. */
export type TableKind = 'parquet' | 'jsonl' | 'csv' | 'lines' | 'arrow';

const KINDS: readonly [TableKind, RegExp][] = [
  ['parquet', /\.(parquet|pq)$/i],
  ['jsonl', /\.(jsonl|ndjson|json)(\.(gz|zst|bz2|xz))?$/i],
  ['csv', /\.(csv|tsv)(\.(gz|zst|bz2|xz))?$/i],
  ['arrow', /\.(arrow|feather)$/i],
  ['lines', /\.txt(\.(gz|zst|bz2|xz))?$/i],
];

/** What a file's name says of how its rows are written; null for a name that says nothing. */
export function tableKindOf(path: string): TableKind | null {
  return KINDS.find(([, ending]) => ending.test(path))?.[0] ?? null;
}

/** Rows of a subset and split that are written in one way, file by file in their order. */
export interface TableSplit {
  subset: string;
  split: string;
  kind: TableKind;
  paths: string[];
  /** What the card says of its CSV files. */
  csv?: CardCsv;
  /** Several files make up a row, which is written as JSON; see samples.ts. */
  areSamples?: true;
}

/** Which files hold which rows. */
export interface TableLayout {
  splits: TableSplit[];
  /** Files that may hold rows and are no part of a split, with the reason. */
  unread: { path: string; reason: string }[];
  /** Patterns of the card that no file fits. */
  unmatched: string[];
}

/** Where Granary puts the shards of a split, below a dataset's prefix. `number` counts from 0. */
export function shardPath(subset: string, split: string, number: number): string {
  return `data/${subset}/${split}-${String(number).padStart(5, '0')}.parquet`;
}

export const isOwnShard = (path: string): boolean => OWN_SHARD.test(path);

const OWN_SHARD = /^data\/([^/]+)\/([^/]+)-\d{5}\.parquet$/;
/** `data/train-00000-of-00004.parquet`: here a split may have any name. */
const NUMBERED = /(?:^|\/)data\/(\w+(?:\.\w+)*)-\d{5}-of-\d{5}[^/]*\.\w+$/;
/** The words that name a split in a folder or file name, with anything but letters around them. */
const WORDS: readonly [split: string, word: RegExp][] = [
  ['train', /(?:^|\P{L})(?:train|training)(?:\P{L}|$)/iu],
  ['validation', /(?:^|\P{L})(?:validation|valid|val|dev)(?:\P{L}|$)/iu],
  ['test', /(?:^|\P{L})(?:test|testing|eval|evaluation)(?:\P{L}|$)/iu],
];

/**
 * The split that a path names, by the rules of the `datasets` library
 * (https://huggingface.co/docs/hub/datasets-file-names-and-splits); null when it names none.
 */
export function tableSplitOf(path: string): string | null {
  const numbered = NUMBERED.exec(path);
  if (numbered?.[1]) return numbered[1];
  const segments = [...folderOf(path).split('/'), baseName(path).replace(/\.[a-z]+(?:\.(?:gz|zst|bz2|xz))?$/i, '')];
  for (const segment of segments) {
    const found = WORDS.find(([, word]) => word.test(segment));
    if (found) return found[0];
  }
  return null;
}

/** Files that say something about rows and have none: of `save_to_disk`, of the Hub, and of repositories as such. */
const ABOUT =
  /(^|\/)(\.[^/]*|dataset_infos?\.json|dataset_dict\.json|state\.json|(license|licence|readme|requirements)(\.[a-z]+)?)$/i;
/** What `map` of the `datasets` library leaves beside the rows that it has made. */
const CACHE = /(^|\/)cache-[^/]+\.arrow$/;

/** Whether a file may hold rows by its name. */
export const mayHoldRows = (path: string): boolean => tableKindOf(path) !== null && !ABOUT.test(path);

/**
 * Puts files into subsets and splits: as their card says; else Granary's own shards, which say both; else by their names,
 * where some name a split those that name none belong to none. Files that hold rows in several ways are read each in its own.
 *
 * @param hasSubsets whether folders at the top are subsets, where all files lie in one
 * @param hasSamples whether a row may be made up of several files
 */
export function layoutOf(
  paths: readonly string[],
  {
    configs = [],
    hasSubsets = false,
    hasSamples = false,
  }: { configs?: readonly CardConfig[]; hasSubsets?: boolean; hasSamples?: boolean } = {},
): TableLayout {
  const layout: TableLayout = { splits: [], unread: [], unmatched: [] };
  const samples = hasSamples && configs.length === 0 ? samplesIn(paths.filter((path) => !OWN_SHARD.test(path))) : null;
  if (samples) return layoutOfSamples(paths, samples, layout);
  const files = [...paths].sort().filter(mayHoldRows);
  const own = files.filter((path) => OWN_SHARD.test(path));
  const others = files.filter((path) => !OWN_SHARD.test(path));
  if (configs.length > 0) {
    const stated = byCard(files, configs, layout);
    if (layout.splits.length > 0) {
      for (const path of others) {
        if (!stated.has(path)) layout.unread.push({ path, reason: UNREAD_ROWS.not_on_card });
      }
      return layout;
    }
  }
  for (const [subset, paths] of Map.groupBy(own, (path) => OWN_SHARD.exec(path)?.[1] ?? DEFAULT_SUBSET)) {
    for (const path of paths) add(layout, subset, OWN_SHARD.exec(path)?.[2] ?? 'train', path);
  }
  const folders = hasSubsets ? subsetsOf(others) : null;
  if (folders) for (const [subset, inside] of folders) byNames(inside, subset, layout);
  else byNames(others, DEFAULT_SUBSET, layout);
  return layout;
}

/** Samples are of the split that their folder names; those of one split are read together. */
function layoutOfSamples(paths: readonly string[], samples: readonly string[], layout: TableLayout): TableLayout {
  const isMember = new Set(samples);
  for (const path of paths) {
    if (!isMember.has(path) && mayHoldRows(path)) layout.unread.push({ path, reason: UNREAD_ROWS.no_sample });
  }
  const bySplit = Map.groupBy([...samples].sort(), (path) => tableSplitOf(folderOf(path)) ?? 'train');
  for (const [split, ofSplit] of bySplit)
    layout.splits.push({ subset: DEFAULT_SUBSET, split, kind: 'jsonl', paths: ofSplit, areSamples: true });
  return layout;
}

/** @returns the files that a pattern fits */
function byCard(files: readonly string[], configs: readonly CardConfig[], layout: TableLayout): Set<string> {
  const stated = new Set<string>();
  for (const { subset, folder, data, csv } of configs) {
    const inFolder = files.filter((path) => path.startsWith(folder));
    const take = (split: string | null, paths: readonly string[]) => {
      for (const path of paths) stated.add(path);
      if (split === null) byNames(paths, subset, layout, csv);
      else for (const path of paths) add(layout, subset, split, path, csv);
    };
    if (data === null) take(null, inFolder);
    for (const { split, patterns } of data ?? []) {
      const matched = new Set<string>();
      for (const pattern of patterns.map((one) => `${folder}${one.replace(/^\.?\//, '')}`)) {
        const isMatch = picomatch(pattern);
        // A name may have characters that mean something in a pattern.
        const fitting = inFolder.includes(pattern) ? [pattern] : inFolder.filter((path) => isMatch(path));
        if (fitting.length === 0) layout.unmatched.push(pattern);
        for (const path of fitting) matched.add(path);
      }
      take(split, [...matched].sort());
    }
  }
  return stated;
}

/** Folders at the top, each with files of its own, none of which is named after a split; null where that is not so. */
function subsetsOf(paths: readonly string[]): Map<string, string[]> | null {
  const folders = Map.groupBy(paths, (path) => (path.includes('/') ? (path.split('/')[0] ?? '') : ''));
  if (folders.has('') || folders.size === 0 || (folders.size === 1 && folders.has('data'))) return null;
  if ([...folders.keys()].some((folder) => folder.includes('=') || tableSplitOf(`${folder}/x`) !== null)) return null;
  return folders;
}

function byNames(paths: readonly string[], subset: string, layout: TableLayout, csv: CardCsv | null = null): void {
  const leave = (path: string, reason: string) => layout.unread.push({ path, reason });
  const isTable = (path: string) => tableKindOf(path) !== 'lines' && !CACHE.test(path);
  const hasTables = paths.some(isTable);
  const isDocument = (path: string) => /\.json(\.\w+)?$/i.test(path);
  const hasOthers = paths.some((path) => isTable(path) && !isDocument(path));
  const hasNamed = paths.some((path) => isTable(path) === hasTables && tableSplitOf(path) !== null);
  for (const path of paths) {
    const split = tableSplitOf(path);
    if (CACHE.test(path)) leave(path, UNREAD_ROWS.cache);
    else if (hasTables && !isTable(path)) leave(path, UNREAD_ROWS.text_beside_tables);
    else if (hasNamed && split === null) leave(path, UNREAD_ROWS.names_no_split);
    else if (hasOthers && split === null && isDocument(path)) leave(path, UNREAD_ROWS.document_beside_rows);
    else add(layout, subset, split ?? 'train', path, csv);
  }
}

function add({ splits }: TableLayout, subset: string, split: string, path: string, csv: CardCsv | null = null): void {
  const kind = tableKindOf(path);
  if (kind === null) return;
  const known = splits.find((one) => one.subset === subset && one.split === split && one.kind === kind);
  if (known) known.paths.push(path);
  else splits.push({ subset, split, kind, paths: [path], ...(csv && kind === 'csv' ? { csv } : {}) });
}

/**
 * What the folders of a path say of its rows (`lang=de/year=2024/part-0.parquet`), as Hive and `partitionBy` of Spark write
 * them: the values of columns by their names.
 */
export function partitionsOf(path: string): Record<string, string> {
  const pairs = folderOf(path)
    .split('/')
    .flatMap((folder): [string, string][] => {
      const [, name, value] = /^([^=]+)=(.*)$/.exec(folder) ?? [];
      return name === undefined || value === undefined ? [] : [[decodedPart(name), decodedPart(value)]];
    });
  return Object.fromEntries(pairs);
}

function decodedPart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
