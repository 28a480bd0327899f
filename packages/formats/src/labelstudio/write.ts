import type { FormatWriter, WritableDataset } from '../format.ts';
import type { Annotation, ImageRecord } from '../model.ts';
import { splitOf } from '../paths.ts';
import { ringsFor } from '../writing/fitted.ts';
import { lostAttributes, nameOf } from '../writing/shapes.ts';
import { jsonElements, splitFiles, statedName } from '../writing/split-files.ts';

const KEPT = new Set(['id', 'score']);

/** A list of tasks with their annotations, as Label Studio exports and imports it, for each split. */
export const labelStudioWriter: FormatWriter = {
  format: 'label_studio',
  losesOwnDetails: true,
  losesUnusedClasses: true,

  *losses(image) {
    if (image.split !== null && !image.isLabeled && splitOf(image.path) !== image.split)
      yield 'the splits of images without labels are left out';
    for (const annotation of image.annotations) {
      const { type, attributes } = annotation;
      if (annotation.classIndex === null) yield `${nameOf(type)} without a class are left out`;
      if (type !== 'classification' && (image.width === null || image.height === null))
        yield 'images without readable dimensions lose their shapes';
      if (type !== 'bbox' && type !== 'classification') {
        const { loss } = ringsFor(annotation);
        if (loss) yield loss;
      }
      if (attributes.id !== undefined && typeof attributes.id !== 'string') yield 'ids that are numbers are left out';
      if (attributes.score !== undefined && typeof attributes.score !== 'number')
        yield 'the attribute "score" is left out where it is no number';
      yield* lostAttributes(annotation, KEPT);
    }
  },

  write(dataset) {
    const isOwn = dataset.format === 'label_studio';
    return splitFiles(dataset, {
      fileOf: (split) => `${split === null ? '' : `${split}/`}label_studio.json`,
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
  let number = 0;
  yield '[';
  yield* jsonElements(dataset, isInFile, function* (image) {
    number++;
    const id = isOwn && image.source?.id !== undefined ? image.source.id : number;
    const result = image.annotations.flatMap((annotation, i) => resultsOf(annotation, i, image, dataset));
    yield JSON.stringify({ id, data: { image: statedName(image, isOwn) }, annotations: [{ id: number, result }] });
  });
  yield ']\n';
}

/** Positions are shares of the image in percent. */
function resultsOf(annotation: Annotation, index: number, image: ImageRecord, { classes }: WritableDataset): object[] {
  const label = classes[annotation.classIndex ?? -1]?.name;
  if (label === undefined) return [];
  const { id, score } = annotation.attributes;
  const base = (part: number) => ({
    id: typeof id === 'string' ? id : `${index + 1}${part === 0 ? '' : `-${part}`}`,
    from_name: annotation.type === 'classification' ? 'choice' : annotation.type === 'bbox' ? 'box' : 'polygon',
    to_name: 'image',
    ...(typeof score === 'number' ? { score } : {}),
  });
  if (annotation.type === 'classification') return [{ ...base(0), type: 'choices', value: { choices: [label] } }];
  const { width, height } = image;
  if (width === null || height === null) return [];
  const size = { original_width: width, original_height: height, image_rotation: 0 };
  if (annotation.type === 'bbox') {
    const [x, y, boxWidth, boxHeight] = annotation.geometry.box;
    const value = {
      x: (x / width) * 100,
      y: (y / height) * 100,
      width: (boxWidth / width) * 100,
      height: (boxHeight / height) * 100,
      rotation: 0,
      rectanglelabels: [label],
    };
    return [{ ...base(0), ...size, type: 'rectanglelabels', value }];
  }
  return ringsFor(annotation).rings.map((ring, part) => {
    const points = ring.flatMap((x, i) =>
      i % 2 === 0 ? [[(x / width) * 100, ((ring[i + 1] ?? 0) / height) * 100]] : [],
    );
    return { ...base(part), ...size, type: 'polygonlabels', value: { points, closed: true, polygonlabels: [label] } };
  });
}
