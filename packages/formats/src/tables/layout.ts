import { baseName, folderOf } from '../paths.ts';

/** What the rows of a file are written in. */
export type TableKind = 'parquet' | 'jsonl' | 'csv' | 'lines' | 'arrow';

const KINDS: readonly [TableKind, RegExp][] = [
  ['parquet', /\.parquet$/i],
  ['jsonl', /\.(jsonl|ndjson|json)(\.gz|\.zst)?$/i],
  ['csv', /\.(csv|tsv)(\.gz|\.zst)?$/i],
  ['arrow', /\.arrow$/i],
  ['lines', /\.txt(\.gz|\.zst)?$/i],
];

/** What a file's name says of how its rows are written; null for a name that says nothing. */
export function tableKindOf(path: string): TableKind | null {
  return KINDS.find(([, ending]) => ending.test(path))?.[0] ?? null;
}

/** The rows of a subset and split, file by file in their order. */
export interface TableSplit {
  subset: string;
  split: string;
  kind: TableKind;
  paths: string[];
}

export const DEFAULT_SUBSET = 'default';

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
  ['train', /(?:^|[-._ \d])(?:train|training)(?:[-._ \d]|$)/i],
  ['validation', /(?:^|[-._ \d])(?:validation|valid|val|dev)(?:[-._ \d]|$)/i],
  ['test', /(?:^|[-._ \d])(?:test|testing|eval|evaluation)(?:[-._ \d]|$)/i],
];

/**
 * The split that a path names, by the rules of the `datasets` library
 * (https://huggingface.co/docs/hub/datasets-file-names-and-splits); null when it names none.
 */
export function tableSplitOf(path: string): string | null {
  const numbered = NUMBERED.exec(path);
  if (numbered?.[1]) return numbered[1];
  const segments = [...folderOf(path).split('/'), baseName(path).replace(/\.[a-z]+(?:\.(?:gz|zst))?$/i, '')];
  for (const segment of segments) {
    const found = WORDS.find(([, word]) => word.test(segment));
    if (found) return found[0];
  }
  return null;
}

/**
 * Puts files of rows into subsets and splits. Granary's own shards say both; of other files the kind that comes most often
 * is taken, all in the subset `default`; those that name no split are of the split `train`.
 */
export function layoutOf(paths: readonly string[]): TableSplit[] {
  const own: string[] = [];
  const byKind = new Map<TableKind, string[]>();
  for (const path of [...paths].sort()) {
    if (OWN_SHARD.test(path)) own.push(path);
    else {
      const kind = tableKindOf(path);
      if (kind) byKind.set(kind, [...(byKind.get(kind) ?? []), path]);
    }
  }
  const splits = new Map<string, TableSplit>();
  const add = (subset: string, split: string, kind: TableKind, path: string) => {
    const key = `${subset}/${split}`;
    const known = splits.get(key) ?? { subset, split, kind, paths: [] };
    splits.set(key, known);
    // Files of another kind are no part of it.
    if (known.kind === kind) known.paths.push(path);
  };
  for (const path of own) {
    const [, subset = DEFAULT_SUBSET, split = 'train'] = OWN_SHARD.exec(path) ?? [];
    add(subset, split, 'parquet', path);
  }
  const [kind, chosen = []] = [...byKind].sort(([, a], [, b]) => b.length - a.length)[0] ?? [];
  for (const path of chosen) if (kind) add(DEFAULT_SUBSET, tableSplitOf(path) ?? 'train', kind, path);
  return [...splits.values()];
}
