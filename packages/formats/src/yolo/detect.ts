import type { Detection } from '../format.ts';
import { filesOf, type Listing, spread } from '../listing.ts';
import { folderOf } from '../paths.ts';
import type { DatasetSource } from '../source.ts';
import { readConfigs } from './config.ts';
import { ElsewhereFinder } from './elsewhere.ts';
import { mayBeLabel } from './layout.ts';
import { layoutOf, parseLabelLines } from './lines.ts';

const PER_FOLDER = 20;
const SAMPLED = 200;

/** The numbers of label lines from all over the dataset, and how many files held such lines, or others. */
export async function sampleLabels(
  source: DatasetSource,
  listing: Listing,
): Promise<{ lines: number[][]; good: number; bad: number; files: number }> {
  const possible = filesOf(listing, 'txt').filter(({ path }) => mayBeLabel(path));
  const files = possible.filter(({ path }) => liesWithLabels(path, listing));
  const contents = await source.texts(spread(files, PER_FOLDER, SAMPLED));
  if (contents.size === 0 && listing.numImages > 0) {
    for (const [path, text] of await labelsElsewhere(source, listing, spread(possible, PER_FOLDER, SAMPLED)))
      contents.set(path, text);
  }
  const sample = { lines: [] as number[][], good: 0, bad: 0, files: contents.size };
  for (const text of contents.values()) {
    const lines = text === null ? null : parseLabelLines(text);
    if (lines === null || (lines.length > 0 && lines.every((line) => line.kind === 'bad'))) sample.bad++;
    else if (lines.length > 0) sample.good++;
    for (const line of lines ?? []) if (line.kind === 'numbers') sample.lines.push(line.values);
  }
  return sample;
}

export async function detectYolo(source: DatasetSource, listing: Listing): Promise<Detection> {
  if (listing.numImages === 0) return { confidence: 0, reasons: ['There are no images.'] };
  if (source.isListingOnly) return detectByNames(listing);
  const { good, bad, files, lines } = await sampleLabels(source, listing);
  const [config] = await readConfigs(source, listing);
  if (good === 0 && !(config && files > 0)) {
    const why =
      files === 0 ? 'No text files are in "labels" folders or next to images.' : 'The text files have no label lines.';
    return { confidence: 0, reasons: [why] };
  }
  const reasons: string[] = [];
  if (good > 0) {
    const { task } = layoutOf(lines, config ?? null);
    reasons.push(`${good} of ${good + bad} text files looked at have YOLO label lines (${task}).`);
  }
  if (config) reasons.push(`${config.path} names ${config.names?.length ?? 0} classes.`);
  const share = good / Math.max(1, good + bad);
  return { confidence: Math.min(0.99, 0.3 + 0.4 * share + (config ? 0.29 : 0.1)), reasons };
}

/** Text files of nothing but label lines, that are called like images wherever these are. */
async function labelsElsewhere(source: DatasetSource, listing: Listing, paths: readonly string[]) {
  const images = await new ElsewhereFinder(source, listing).find(paths);
  const texts = await source.texts([...images.keys()]);
  return [...texts].filter(
    ([, text]) => text !== null && parseLabelLines(text).every(({ kind }) => kind === 'numbers'),
  );
}

/** In a `labels` folder, or in one that has images too. */
export function liesWithLabels(path: string, listing: Listing): boolean {
  const folder = folderOf(path);
  return /(^|\/)labels\//i.test(folder) || (listing.folders.get(folder)?.images ?? 0) > 0;
}

/** Where only names are known: label files as there are images, or a `data.yaml` beside them. */
function detectByNames(listing: Listing): Detection {
  const labels = filesOf(listing, 'txt').filter(({ path }) => mayBeLabel(path) && liesWithLabels(path, listing));
  const hasConfig = filesOf(listing, 'yaml', 'yml', 'data').length > 0;
  if (labels.length === 0)
    return { confidence: 0, reasons: ['No text files are in "labels" folders or next to images.'] };
  const reasons = [`${labels[0]?.path} and others lie where YOLO's labels do.`];
  return { confidence: hasConfig ? 0.75 : 0.6, reasons };
}
