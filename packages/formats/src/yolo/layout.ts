import { stemOf } from '../paths.ts';

/**
 * Where an image's label file may be, the likeliest first: Ultralytics replaces the last `/images/` of the path by
 * `/labels/`; otherwise the label lies beside its image.
 */
export function labelPathsOf(imagePath: string): string[] {
  const stem = stemOf(imagePath);
  const beside = `${stem}.txt`;
  const mirrored = `/${stem}`.replace(/^(.*\/)images\//i, (_, before: string) => `${before}labels/`).slice(1);
  return mirrored === stem ? [beside] : [`${mirrored}.txt`, beside];
}

/** Text files that lie where labels lie, but are lists and notes. */
const NOT_LABELS = /(^|\/)(readme[^/]*|license[^/]*|classes|obj|train|val|valid|test|autosplit_[a-z]+)\.txt$/i;

export const mayBeLabel = (path: string): boolean => !NOT_LABELS.test(path);
