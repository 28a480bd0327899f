import type { OutputFile, WritableDataset } from '../format.ts';
import type { ImageRecord } from '../model.ts';
import { stemOf } from '../paths.ts';
import { flatName, UniquePaths } from './names.ts';
import { wholeText } from './shapes.ts';

/** Where a format with a file per image has its images and its labels. */
export interface BesideLayout {
  /** The folder of a split's images, with its trailing slash. */
  imagesOf(split: string | null): string;
  labelsOf(split: string | null): string;
  extension: string;
  /** Where the format itself was read from, files stay where they were. */
  isOwn: boolean;
  textOf(image: ImageRecord, path: string): string;
}

/** A label file for each labelled image, called after it. */
export async function* labelsBeside(dataset: WritableDataset, layout: BesideLayout): AsyncGenerator<OutputFile> {
  const { isOwn, extension, imagesOf, labelsOf, textOf } = layout;
  const names = await UniquePaths.open(dataset, ({ path, split }) => `${split ?? ''}/${flatName(path)}`);
  for await (const batch of dataset.images()) {
    for (const image of batch) {
      const name = names.of(image).slice((image.split ?? '').length + 1);
      const path = isOwn ? image.path : imagesOf(image.split) + name;
      yield { path, copyOf: image.path };
      if (!image.isLabeled && image.annotations.length === 0) continue;
      const kept = isOwn && typeof image.source?.file === 'string' ? image.source.file : null;
      const stem = isOwn
        ? labelBeside(image.path, imagesOf(image.split), labelsOf(image.split))
        : labelsOf(image.split) + stemOf(name);
      yield { path: kept ?? `${stem}.${extension}`, text: wholeText(textOf(image, path)), of: image.path };
    }
  }
}

/** Where the label of an image lies, without its extension: in the folder of labels that belongs to its own, or else beside it. */
const labelBeside = (path: string, images: string, labels: string): string =>
  stemOf(images !== '' && path.startsWith(images) ? labels + path.slice(images.length) : path);

/** Enough digits to give a text's numbers back, and few enough to hide what sums and shares add. */
export const rounded = (value: number): number => Number(value.toPrecision(12));

/** A class's name as one word, for formats whose fields are separated by blanks. */
export function wordOf(name: string): string {
  const word = name.trim().replace(/\s+/g, '_');
  return word === '' || /^[-+.\d]/.test(word) ? `_${word}` : word;
}
