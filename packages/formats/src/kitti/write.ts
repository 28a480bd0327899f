import type { FormatWriter } from '../format.ts';
import type { Annotation, ImageRecord } from '../model.ts';
import { labelsBeside, rounded, wordOf } from '../writing/labels-beside.ts';
import { boxed, lostAttributes } from '../writing/shapes.ts';

const NUMBERS = ['truncated', 'occluded', 'alpha', 'rotation_y', 'score'];
const KEPT = new Set([...NUMBERS, 'dimensions', 'location']);
const FOLDERS: Record<string, string> = { train: 'training/', val: 'validation/', test: 'testing/' };

/** `image_2` and `label_2` for each split; what a dataset does not say of objects in space is 0. */
export const kittiWriter: FormatWriter = {
  format: 'kitti',
  writesByImage: true,
  losesUnusedClasses: true,

  *losses(image, dataset) {
    for (const annotation of image.annotations) {
      const { loss } = boxed(annotation);
      if (loss) yield loss;
      const name = dataset.classes[annotation.classIndex ?? -1]?.name;
      if (name !== undefined && wordOf(name) !== name) yield `the class "${name}" is called "${wordOf(name)}"`;
      for (const key of NUMBERS) {
        const value = annotation.attributes[key];
        if (value !== undefined && !Number.isFinite(Number(value)))
          yield `the attribute "${key}" is left out where it is no number`;
      }
      yield* lostAttributes(annotation, KEPT);
    }
  },

  write(dataset) {
    const folder = (split: string | null) => (split === null ? '' : (FOLDERS[split] ?? `${split}/`));
    return labelsBeside(dataset, {
      imagesOf: (split) => `${folder(split)}image_2/`,
      labelsOf: (split) => `${folder(split)}label_2/`,
      extension: 'txt',
      isOwn: dataset.format === 'kitti',
      textOf: (image) => textOf(image, dataset.classes),
    });
  },
};

function textOf({ annotations }: ImageRecord, classes: readonly { name: string }[]): string {
  const lines = annotations.flatMap((annotation) => {
    const name = classes[annotation.classIndex ?? -1]?.name;
    return name === undefined ? [] : lineOf(annotation, wordOf(name));
  });
  return lines.join('');
}

function lineOf(annotation: Annotation, label: string): string[] {
  const { box } = boxed(annotation);
  if (!box) return [];
  const { attributes } = annotation;
  const number = (key: string): number => (Number.isFinite(Number(attributes[key])) ? Number(attributes[key]) : 0);
  const three = (key: string): number[] => {
    const value = attributes[key];
    return Array.isArray(value) && value.length === 3 && value.every(Number.isFinite) ? value : [0, 0, 0];
  };
  const [x, y, width, height] = box;
  const fields = [
    label,
    number('truncated'),
    number('occluded'),
    number('alpha'),
    ...[x, y, x + width, y + height].map(rounded),
    ...three('dimensions'),
    ...three('location'),
    number('rotation_y'),
    ...(attributes.score === undefined ? [] : [number('score')]),
  ];
  return [`${fields.join(' ')}\n`];
}
