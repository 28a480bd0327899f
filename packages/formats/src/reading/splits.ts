import { baseName, splitName, splitOf } from '../paths.ts';

/** The split that a path names by its folders, or else by a word of the file's name (`labels_train.json`). */
export function splitOfFile(path: string): string | null {
  const split = splitOf(path);
  if (split !== null) return split;
  for (const word of baseName(path).split(/[^a-zA-Z]+/)) {
    const named = splitName(word);
    if (named) return named;
  }
  return null;
}
