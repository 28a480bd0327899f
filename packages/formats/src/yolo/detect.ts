import type { Candidate } from '../format.ts';
import type { Listing } from '../listing.ts';
import { folderOf } from '../paths.ts';
import type { DatasetSource } from '../source.ts';
import { readConfig } from './config.ts';
import { mayBeLabel } from './layout.ts';
import { parseLabelLines } from './lines.ts';

const SAMPLED = 50;

export async function detectYolo(source: DatasetSource, listing: Listing): Promise<Candidate | null> {
  const texts = listing.someTexts.filter((path) => mayBeLabel(path) && liesWithLabels(path, listing)).slice(0, SAMPLED);
  const contents = await source.texts(texts);
  let good = 0;
  let bad = 0;
  for (const text of contents.values()) {
    const lines = text === null ? null : parseLabelLines(text);
    if (lines === null || lines.some((line) => line.kind === 'bad')) bad++;
    else if (lines.length > 0) good++;
  }
  const config = await readConfig(source, listing);
  if (good === 0 && !(config && listing.numImages > 0 && contents.size > 0)) return null;
  const reasons: string[] = [];
  if (good > 0) reasons.push(`${good} of ${good + bad} text files looked at hold YOLO label lines.`);
  if (config)
    reasons.push(`${config.path} names ${config.names.length} classes and ${config.folders.length} split folders.`);
  const share = good / Math.max(1, good + bad);
  return { format: 'yolo', confidence: Math.min(0.99, 0.3 + 0.4 * share + (config ? 0.29 : 0.1)), reasons };
}

/** In a `labels` folder, or in one that has images too. */
function liesWithLabels(path: string, listing: Listing): boolean {
  const folder = folderOf(path);
  return /(^|\/)labels\//i.test(folder) || (listing.folders.get(folder)?.images ?? 0) > 0;
}
