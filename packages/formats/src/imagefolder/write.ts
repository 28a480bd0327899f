import type { FormatWriter, OutputFile, WritableDataset } from '../format.ts';
import type { ImageRecord } from '../model.ts';
import { flatName, lostAttributes, nameOf } from '../writing/shapes.ts';

const KEPT = new Set<string>();

/** A folder per class: `[split/]{class}/{image}`. */
export const imageFolderWriter: FormatWriter = {
  format: 'imagefolder',

  *losses(image, dataset) {
    const labels = image.annotations.filter(({ type }) => type === 'classification');
    if (labels.length === 0) yield 'images without a class are left out';
    if (labels.length > 1) yield 'images of several classes keep the first';
    for (const annotation of image.annotations) {
      if (annotation.type !== 'classification') yield `${nameOf(annotation.type)} are left out`;
      else if (dataset.format !== 'imagefolder') yield* lostAttributes(annotation, KEPT);
    }
  },

  async *write(dataset): AsyncGenerator<OutputFile> {
    for await (const batch of dataset.images()) {
      for (const image of batch) {
        const path = placeOf(image, dataset);
        if (path !== null) yield { path, copyOf: image.path };
      }
    }
  },
};

/** Null for an image without a class. */
function placeOf(image: ImageRecord, { format, classes }: WritableDataset): string | null {
  const label = image.annotations.find(({ type }) => type === 'classification');
  const name = label?.classIndex == null ? undefined : classes[label.classIndex]?.name;
  if (name === undefined) return null;
  if (format === 'imagefolder' && image.className === name) return image.path;
  const folder = name.replaceAll(/[/\\]/g, '_');
  return `${image.split ? `${image.split}/` : ''}${folder}/${flatName(image.path)}`;
}
