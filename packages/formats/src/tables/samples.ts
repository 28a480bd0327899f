import { baseName, folderOf } from '../paths.ts';

/** Files that say something about a dataset and are no part of a sample. */
const ABOUT = /^(\..*|(readme|license|licence|requirements|dataset_infos?|dataset_dict|state)(\.\w+)?)$/i;
/** Written in rows of their own, or packed: no member of a sample. */
const ROWS = /\.(parquet|pq|jsonl|ndjson|csv|tsv|arrow|feather|gz|zst|bz2|xz|tar|zip|7z|rar)$/i;
/** Members that are text: without one of them, files of equal names are no samples of texts. */
const TEXT = /^(txt|text|json|cls|cls2|caption|transcript|html?|md|xml)$/i;
/** What a single text of each sample is called. */
const SINGLE = /^(txt|text|json)$/i;
const NUMBERED = /^\d{4,}$/;
const SHARD = /(part|shard|chunk|split|train|test|valid|dev)[-_.]?\d*|-of-\d/i;
/** Texts of one folder that are more than this are documents, a sample each, where their names do not call them parts. */
const MOST_PARTS = 100;
const SHARE = 0.8;

/** The sample that a file belongs to, and what of it the file is: the name up to its first dot, and what follows. */
export function memberOf(path: string): { key: string; member: string } {
  const name = baseName(path);
  const dot = name.indexOf('.', 1);
  return dot < 0
    ? { key: path, member: '' }
    : { key: folderOf(path) + name.slice(0, dot), member: name.slice(dot + 1).toLowerCase() };
}

/**
 * The files of samples of texts, as WebDataset packs them: members of one sample lie side by side and differ in what
 * follows the first dot of their names. Texts alone are samples where they are numbered, or very many. Null where the
 * files are something else. See https://github.com/webdataset/webdataset
 */
export function samplesIn(paths: Iterable<string>): string[] | null {
  const members = new Map<string, Set<string>>();
  const files: string[] = [];
  for (const path of paths) {
    if (ABOUT.test(baseName(path)) || path.split('/').some((part) => part.startsWith('.'))) continue;
    if (ROWS.test(path)) return null;
    const { key, member } = memberOf(path);
    if (member === '') return null;
    files.push(path);
    const known = members.get(key);
    if (known) known.add(member);
    else members.set(key, new Set([member]));
  }
  const groups = [...members.values()];
  const isGroup = (group: Set<string>) => group.size > 1 && [...group].some((member) => TEXT.test(lastOf(member)));
  const grouped = groups.filter(isGroup);
  const numGrouped = grouped.reduce((sum, { size }) => sum + size, 0);
  const areNamedSo = [...members.keys()].every((key) => !SHARD.test(baseName(key)));
  if (grouped.length > 1 && areNamedSo && numGrouped >= files.length * SHARE) {
    const known = new Set(grouped.flatMap((group) => [...group]));
    return files.filter((path) => known.has(memberOf(path).member));
  }
  return areSingleTexts(members, areNamedSo) ? files : null;
}

const lastOf = (member: string): string => member.slice(member.lastIndexOf('.') + 1);

/** One text for each sample, all of one kind. */
function areSingleTexts(members: ReadonlyMap<string, ReadonlySet<string>>, areNamedSo: boolean): boolean {
  const kinds = new Set([...members.values()].flatMap((group) => [...group]));
  if (members.size < 2 || kinds.size !== 1 || ![...kinds].every((kind) => SINGLE.test(kind))) return false;
  if ([...members.keys()].every((key) => NUMBERED.test(baseName(key)))) return true;
  if (!areNamedSo) return false;
  const folders = Map.groupBy(members.keys(), folderOf);
  return [...folders.values()].every((keys) => keys.length > MOST_PARTS);
}
