import type { FormatWriter } from '../format.ts';
import type { Annotation, ImageRecord } from '../model.ts';
import { labelsBeside, rounded, wordOf } from '../writing/labels-beside.ts';
import { boxed, lostAttributes, nameOf } from '../writing/shapes.ts';

const KEPT = new Set(['difficult']);

/** `images` and `labelTxt` for each split. */
export const dotaWriter: FormatWriter = {
  format: 'dota',
  writesByImage: true,
  losesUnusedClasses: true,

  *losses(image, dataset) {
    for (const annotation of image.annotations) {
      const { loss } = cornersOf(annotation);
      if (loss) yield loss;
      const name = dataset.classes[annotation.classIndex ?? -1]?.name;
      if (name !== undefined && labelOf(name) !== name) yield `the class "${name}" is called "${labelOf(name)}"`;
      const { difficult } = annotation.attributes;
      if (difficult !== undefined && !/^\d$/.test(String(difficult)))
        yield 'the attribute "difficult" is left out where it is no digit';
      yield* lostAttributes(annotation, KEPT);
    }
  },

  write(dataset) {
    const folder = (split: string | null) => (split === null ? '' : `${split}/`);
    return labelsBeside(dataset, {
      imagesOf: (split) => `${folder(split)}images/`,
      labelsOf: (split) => `${folder(split)}labelTxt/`,
      extension: 'txt',
      isOwn: dataset.format === 'dota',
      textOf: (image) => textOf(image, dataset.classes),
    });
  },
};

/** Fields are separated by blanks, or by commas. */
const labelOf = (name: string): string => wordOf(name.replaceAll(',', '_'));

function textOf({ annotations, source }: ImageRecord, classes: readonly { name: string }[]): string {
  const header = Array.isArray(source?.header) ? source.header.map((line) => `${line}\n`) : [];
  const lines = annotations.flatMap((annotation) => {
    const { corners } = cornersOf(annotation);
    const name = classes[annotation.classIndex ?? -1]?.name;
    if (corners === null || name === undefined) return [];
    const difficult = String(annotation.attributes.difficult ?? 0);
    return `${corners.map(rounded).join(' ')} ${labelOf(name)} ${/^\d$/.test(difficult) ? difficult : 0}\n`;
  });
  return [...header, ...lines].join('');
}

function cornersOf(annotation: Annotation): { corners: number[] | null; loss: string | null } {
  if (annotation.type === 'obb') return { corners: annotation.geometry.corners, loss: null };
  const { box } = boxed(annotation);
  if (!box) return { corners: null, loss: `${nameOf(annotation.type)} are left out` };
  const [x, y, width, height] = box;
  return {
    corners: [x, y, x + width, y, x + width, y + height, x, y + height],
    loss: `${nameOf(annotation.type)} become oriented boxes that are not turned`,
  };
}
