import { splitOf } from '@granary/formats';

/** Where an image goes that another split gets: its path, and that of its label, in the folder of the split. */
export function placeIn(
  path: string,
  { from, to, folder }: { from: string | null; to: string; folder: string },
): string {
  const segments = path.split('/');
  const at = segments.findIndex((segment, i) => i < segments.length - 1 && splitOf(`${segment}/x`) === from);
  if (from === null || at < 0) return `${to}/${path}`;
  segments[at] = folder;
  return segments.join('/');
}

/** What the folder of a split is called, as the path of an image of it has it; the split's own name where there is none. */
export function folderOfSplit(split: string, example: string | undefined): string {
  const segments = (example ?? '').split('/').slice(0, -1);
  return segments.find((segment) => splitOf(`${segment}/x`) === split) ?? split;
}
