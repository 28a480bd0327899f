import { coco } from './coco/index.ts';
import { csv } from './csv/index.ts';
import { cvat } from './cvat/index.ts';
import { dice } from './dice/index.ts';
import type { Candidate, FormatReader } from './format.ts';
import { imageFolder } from './imagefolder/index.ts';
import { plainImages } from './images/index.ts';
import { labelme } from './labelme/index.ts';
import { labelStudio } from './labelstudio/index.ts';
import type { Listing } from './listing.ts';
import type { Format } from './model.ts';
import { mvtec } from './mvtec/index.ts';
import type { DatasetSource } from './source.ts';
import { pascalVoc } from './voc/index.ts';
import { yolo } from './yolo/index.ts';

/** All formats that can be read. A new one is a folder with a {@link FormatReader} and a line here. */
const READERS: readonly FormatReader[] = [
  coco,
  dice,
  yolo,
  pascalVoc,
  cvat,
  labelme,
  labelStudio,
  csv,
  mvtec,
  imageFolder,
  plainImages,
];

export const READABLE_FORMATS: readonly Format[] = READERS.map((reader) => reader.format);

export function readerOf(format: Format): FormatReader | undefined {
  return READERS.find((reader) => reader.format === format);
}

/** All formats, the most likely first; those with a confidence of 0 are ruled out. */
export async function detectFormats(source: DatasetSource, listing: Listing): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const { format, detect } of READERS) candidates.push({ format, ...(await detect(source, listing)) });
  return candidates.sort((a, b) => b.confidence - a.confidence);
}
