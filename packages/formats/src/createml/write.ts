import type { FormatWriter, WritableDataset } from '../format.ts';
import type { ImageRecord } from '../model.ts';
import { splitOf } from '../paths.ts';
import { boxed } from '../writing/shapes.ts';
import { jsonElements, splitFiles, statedName } from '../writing/split-files.ts';

/** `_annotations.createml.json` for each split, as Roboflow calls it. */
export const createmlWriter: FormatWriter = {
  format: 'createml',
  losesUnusedClasses: true,

  *losses(image) {
    if (image.split !== null && !image.isLabeled && splitOf(image.path) !== image.split)
      yield 'the splits of images without labels are left out';
    for (const annotation of image.annotations) {
      if (annotation.classIndex === null) yield 'annotations without a class are left out';
      if (annotation.type !== 'classification') {
        const { loss } = boxed(annotation);
        if (loss) yield loss;
      }
      for (const key of ['label', 'coordinates'])
        if (key in annotation.attributes)
          yield `the attribute "${key}" is left out: a member of the format is called so`;
    }
  },

  write(dataset) {
    const isOwn = dataset.format === 'createml';
    return splitFiles(dataset, {
      fileOf: (split) => `${split === null ? '' : `${split}/`}_annotations.createml.json`,
      isOwn,
      textOf: (_path, isInFile) => textOf(dataset, isInFile, isOwn),
    });
  },
};

async function* textOf(
  dataset: WritableDataset,
  isInFile: (image: ImageRecord) => boolean,
  isOwn: boolean,
): AsyncGenerator<string> {
  yield '[';
  yield* jsonElements(dataset, isInFile, function* (image) {
    yield JSON.stringify({ image: statedName(image, isOwn), annotations: objectsOf(image, dataset) });
  });
  yield ']\n';
}

function objectsOf({ annotations }: ImageRecord, { classes }: WritableDataset): object[] {
  return annotations.flatMap((annotation): object[] => {
    const label = classes[annotation.classIndex ?? -1]?.name;
    if (label === undefined) return [];
    const { attributes } = annotation;
    if (annotation.type === 'classification') return [{ ...attributes, label }];
    const { box } = boxed(annotation);
    if (!box) return [];
    const [x, y, width, height] = box;
    return [{ ...attributes, label, coordinates: { x: x + width / 2, y: y + height / 2, width, height } }];
  });
}
