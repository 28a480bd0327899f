import { coco } from './coco/index.ts';
import type { Candidate, FormatReader } from './format.ts';
import { imageFolder } from './imagefolder/index.ts';
import { plainImages } from './images/index.ts';
import type { Listing } from './listing.ts';
import type { Format } from './model.ts';
import type { DatasetSource } from './source.ts';
import { yolo } from './yolo/index.ts';

/** All formats that can be read. A new one is a folder with a {@link FormatReader} and a line here. */
const READERS: readonly FormatReader[] = [coco, yolo, imageFolder, plainImages];

export const READABLE_FORMATS: readonly Format[] = READERS.map((reader) => reader.format);

export function readerOf(format: Format): FormatReader | undefined {
  return READERS.find((reader) => reader.format === format);
}

/** The formats that a dataset may have, the most likely first. */
export async function detectFormats(source: DatasetSource, listing: Listing): Promise<Candidate[]> {
  const candidates = await Promise.all(READERS.map((reader) => reader.detect(source, listing)));
  return candidates.filter((candidate) => candidate !== null).sort((a, b) => b.confidence - a.confidence);
}
