import type { FormatWriter, WritableDataset } from '../format.ts';
import type { Annotation, ImageRecord } from '../model.ts';
import { baseName } from '../paths.ts';
import { ringsFor } from '../writing/fitted.ts';
import { labelsBeside } from '../writing/labels-beside.ts';
import { lostAttributes } from '../writing/shapes.ts';

const KEPT = new Set(['group_id', 'description', 'flags']);

/** A JSON file beside each image. */
export const labelmeWriter: FormatWriter = {
  format: 'labelme',
  writesByImage: true,
  losesOwnDetails: true,
  losesUnusedClasses: true,

  *losses(image, { classes }) {
    const flags = image.annotations.filter(({ type }) => type === 'classification');
    if (new Set(flags.map(({ classIndex }) => classIndex)).size < flags.length)
      yield 'a class that an image has twice is kept once';
    for (const annotation of image.annotations) {
      const { type, attributes } = annotation;
      const name = classes[annotation.classIndex ?? -1]?.name ?? '';
      if (name === '') yield 'annotations without a class are left out';
      if (type === 'classification' && /^\d+$/.test(name)) yield 'classes of whole images that are numbers come first';
      if (type === 'classification') yield* lostAttributes(annotation, new Set());
      else {
        const loss = type === 'bbox' ? null : ringsFor(annotation).loss;
        if (loss) yield loss;
        yield* lostAttributes(annotation, KEPT);
        const { flags: own, description } = attributes;
        if (
          (own !== undefined && typeof own !== 'object') ||
          (description !== undefined && typeof description !== 'string')
        )
          yield 'attributes called as members of the format are left out where they are of another kind';
      }
    }
  },

  write(dataset) {
    const folder = (split: string | null) => (split === null ? '' : `${split}/`);
    return labelsBeside(dataset, {
      imagesOf: folder,
      labelsOf: folder,
      extension: 'json',
      isOwn: dataset.format === 'labelme',
      textOf: (image, path) => textOf(image, path, dataset),
    });
  },
};

function textOf(image: ImageRecord, path: string, { classes }: WritableDataset): string {
  const nameOf = ({ classIndex }: Annotation): string => classes[classIndex ?? -1]?.name ?? '';
  const flags = image.annotations.filter(
    (annotation) => annotation.type === 'classification' && nameOf(annotation) !== '',
  );
  const shapes = image.annotations.flatMap((annotation) => {
    const label = nameOf(annotation);
    if (label === '') return [];
    const { group_id, description, flags: own } = annotation.attributes;
    const base = {
      label,
      group_id: typeof group_id === 'number' || typeof group_id === 'string' ? group_id : null,
      description: typeof description === 'string' ? description : '',
      flags: typeof own === 'object' && own !== null ? own : {},
    };
    if (annotation.type === 'bbox') {
      const [x, y, width, height] = annotation.geometry.box;
      return [
        {
          ...base,
          points: [
            [x, y],
            [x + width, y + height],
          ],
          shape_type: 'rectangle',
        },
      ];
    }
    return ringsFor(annotation).rings.map((ring) => ({ ...base, points: pairsOf(ring), shape_type: 'polygon' }));
  });
  const document = {
    version: '5.5.0',
    flags: Object.fromEntries(flags.map((annotation) => [nameOf(annotation), true])),
    shapes,
    imagePath: baseName(path),
    imageData: null,
    imageHeight: image.height,
    imageWidth: image.width,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const pairsOf = (ring: readonly number[]): number[][] =>
  ring.flatMap((x, i) => (i % 2 === 0 ? [[x, ring[i + 1] ?? 0]] : []));
