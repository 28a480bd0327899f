import { extentOf } from '../checks/geometry.ts';
import type { FormatWriter, WritableDataset } from '../format.ts';
import type { Annotation, Box, ImageRecord } from '../model.ts';

const NAMES: Record<Annotation['type'], string> = {
  bbox: 'boxes',
  polygon: 'polygons',
  rle: 'masks',
  keypoints: 'key points',
  obb: 'oriented boxes',
  classification: 'classes of whole images',
  caption: 'captions',
};

export const nameOf = (type: Annotation['type']): string => NAMES[type];

/** The box of an annotation for a format that has only boxes, with what is lost on the way; null when it has none. */
export function boxed(annotation: Annotation): { box: Box | null; loss: string | null } {
  if (annotation.type === 'bbox') return { box: annotation.geometry.box, loss: null };
  const box = extentOf(annotation);
  const name = nameOf(annotation.type);
  return box ? { box, loss: `${name} become the boxes around them` } : { box: null, loss: `${name} are left out` };
}

/** Attributes that say something and that the target does not keep. Areas are computed anew, by whoever wants them. */
export function* lostAttributes({ attributes }: Annotation, kept: ReadonlySet<string>): Generator<string> {
  for (const [key, value] of Object.entries(attributes)) {
    const isSaying = value !== null && value !== 0 && value !== '' && value !== false;
    if (isSaying && key !== 'area' && !kept.has(key)) yield `the attribute "${key}" is left out`;
  }
}

/** Something that a conversion would lose. */
export interface Loss {
  message: string;
  /** How many images it concerns; 0 for something of the dataset as a whole. */
  images: number;
  /** Paths of the first ones, or names. */
  examples: string[];
}

const MAX_EXAMPLES = 20;

/** What of a dataset a format cannot hold, said before a conversion starts; empty when it comes back whole. */
export async function lossesOf(writer: FormatWriter, dataset: WritableDataset): Promise<Loss[]> {
  const losses = new Map<string, Loss>();
  const unused = new Set(writer.losesUnusedClasses ? dataset.classes.keys() : []);
  for await (const batch of dataset.images()) {
    for (const image of batch) {
      for (const { classIndex } of image.annotations) if (classIndex !== null) unused.delete(classIndex);
      for (const message of new Set(writer.losses(image, dataset))) {
        const loss = losses.get(message) ?? { message, images: 0, examples: [] };
        loss.images++;
        if (loss.examples.length < MAX_EXAMPLES) loss.examples.push(image.path);
        losses.set(message, loss);
      }
    }
  }
  const ofImages = [...losses.values()].sort((a, b) => b.images - a.images);
  if (unused.size === 0) return ofImages;
  const names = [...unused].slice(0, MAX_EXAMPLES).flatMap((index) => dataset.classes[index]?.name ?? []);
  const message =
    unused.size === 1
      ? 'a class without annotations is left out'
      : `${unused.size} classes without annotations are left out`;
  return [...ofImages, { message, images: 0, examples: names }];
}

/** Which splits a dataset has, in the order of appearance; null for images of none. */
export async function splitsOf(dataset: WritableDataset): Promise<(string | null)[]> {
  const splits = new Set<string | null>();
  for await (const batch of dataset.images()) for (const { split } of batch) splits.add(split);
  return [...splits];
}

/** Lines of a file, one at a time from what a pass over the images makes of each. */
export async function* textOfImages(
  dataset: WritableDataset,
  textOf: (image: ImageRecord) => string,
): AsyncGenerator<string> {
  for await (const batch of dataset.images()) {
    const text = batch.map(textOf).join('');
    if (text !== '') yield text;
  }
}

/** A text that is known whole. */
export async function* wholeText(text: string): AsyncGenerator<string> {
  yield text;
}
