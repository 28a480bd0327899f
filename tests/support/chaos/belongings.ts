import { createHash } from 'node:crypto';

/** What a person has brought and not taken away again: path to SHA-256. */
export type Belongings = Map<string, string>;

/** A dataset as its only writer knows it, from the answers alone. */
export interface Known {
  id: string;
  name: string;
  state: 'live' | 'trash';
  files: Belongings;
  /** What each kept version had. */
  versions: Map<number, Belongings>;
  /** The numbers of the images, which their names have. */
  nextImage: number;
  /** Others who may look. */
  viewers: string[];
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Where two trees differ, in words, the first few; null where they are the same. */
export function difference(expected: Belongings, actual: Belongings): string | null {
  const lines: string[] = [];
  for (const [path, hash] of expected) {
    if (!actual.has(path)) lines.push(`${path} is missing`);
    else if (actual.get(path) !== hash) lines.push(`${path} is another file`);
  }
  for (const path of actual.keys()) if (!expected.has(path)) lines.push(`${path} should not be there`);
  if (lines.length === 0) return null;
  return `${lines.length} of ${expected.size} files differ: ${lines.slice(0, 3).join(', ')}`;
}
