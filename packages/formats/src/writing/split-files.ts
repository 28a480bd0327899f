import type { OutputFile, WritableDataset } from '../format.ts';
import type { ImageRecord } from '../model.ts';
import { splitsOf } from './shapes.ts';

/** The files of a format that describe many images each, and what stands in each for one image. */
export interface SplitFiles {
  fileOf(split: string | null): string;
  /** Where the format itself was read from, images go into the files that they were in. */
  isOwn: boolean;
  textOf(path: string, isInFile: (image: ImageRecord) => boolean): AsyncIterable<string>;
}

/** A file for each of those that a dataset was read from, or else for each split, and the images where they are. */
export async function* splitFiles(
  dataset: WritableDataset,
  { fileOf, isOwn, textOf }: SplitFiles,
): AsyncGenerator<OutputFile> {
  const fileOfImage = (image: ImageRecord): string =>
    isOwn && typeof image.source?.file === 'string' ? image.source.file : fileOf(image.split);
  const files = new Set<string>();
  if (isOwn) for await (const batch of dataset.images()) for (const image of batch) files.add(fileOfImage(image));
  else for (const split of await splitsOf(dataset)) files.add(fileOf(split));
  for (const path of files) yield { path, text: textOf(path, (image) => fileOfImage(image) === path) };
  for await (const batch of dataset.images()) {
    for (const image of batch) yield { path: image.path, copyOf: image.path };
  }
}

/** The elements of a JSON list, one per line, of all labelled images of a file. */
export async function* jsonElements(
  dataset: WritableDataset,
  isInFile: (image: ImageRecord) => boolean,
  elementsOf: (image: ImageRecord) => Iterable<string>,
): AsyncGenerator<string> {
  let separator = '\n';
  for await (const batch of dataset.images()) {
    let text = '';
    for (const image of batch) {
      if (!isInFile(image) || (!image.isLabeled && image.annotations.length === 0)) continue;
      for (const element of elementsOf(image)) {
        text += separator + element;
        separator = ',\n';
      }
    }
    if (text !== '') yield text;
  }
  yield '\n';
}

/** The name that an annotation file has for an image: what it said itself, or the dataset's path. */
export const statedName = (image: ImageRecord, isOwn: boolean): string =>
  isOwn && typeof image.source?.name === 'string' ? image.source.name : image.path;
