import { type DatasetSource, headOf } from '../source.ts';

/** Heads kept for one dataset, at most: 16 MiB of text. */
const MAX_KEPT = 256;
const kept = new WeakMap<DatasetSource, Map<string, Promise<string>>>();

/** The beginning of a sampled file, kept because every detector looks at the same samples. */
export function sampledHead(source: DatasetSource, path: string): Promise<string> {
  const heads = kept.get(source) ?? new Map<string, Promise<string>>();
  kept.set(source, heads);
  const known = heads.get(path);
  if (known) return known;
  const head = headOf(source, path);
  if (heads.size < MAX_KEPT) heads.set(path, head);
  return head;
}
