import { baseName, stemOf } from '../paths.ts';
import { annotationOf, type ImageLabels, imageFilesReader, type Reading } from '../reading/label-files.ts';

/** By their numbers from 0: https://github.com/VisDrone/VisDrone2018-DET-toolkit */
const CLASSES = [
  'ignored regions',
  'pedestrian',
  'people',
  'bicycle',
  'car',
  'van',
  'truck',
  'tricycle',
  'awning-tricycle',
  'bus',
  'motor',
  'others',
];

/** VisDrone: lines of left, top, width, height, score, class, truncation and occlusion, beside `images` in `annotations`. */
export const visdrone = imageFilesReader({
  format: 'visdrone',
  what: 'has VisDrone\u2019s lines of eight whole numbers',
  extensions: ['txt'],
  fits: (text, path) => {
    const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
    if (lines.length === 0) return /(^|\/)annotations\//i.test(path);
    return lines.slice(0, Math.max(1, lines.length - 1)).some((line) => lineOf(line) !== null);
  },
  stemsOf: (path) => [baseName(stemOf(path))],
  read: labelsOf,
});

function lineOf(line: string): number[] | null {
  const fields = line.trim().replace(/,$/, '').split(',');
  return fields.length === 8 && fields.every((field) => /^-?\d+$/.test(field.trim())) ? fields.map(Number) : null;
}

function labelsOf(path: string, text: string, reading: Reading): ImageLabels {
  const annotations = text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === '') return [];
    const numbers = lineOf(line);
    const [x = 0, y = 0, width = 0, height = 0, score = 1, number = 0, truncated = 0, occluded = 0] = numbers ?? [];
    if (numbers === null || width < 0 || height < 0) {
      reading.report.add(numbers === null ? 'bad_label_line' : 'bad_box', {
        path,
        line: i + 1,
        detail: line.slice(0, 100),
      });
      return [];
    }
    // In the ground truth the score says whether the object counts.
    const attributes = {
      ...(score === 0 ? { ignore: 1 } : {}),
      ...(truncated ? { truncated } : {}),
      ...(occluded ? { occluded } : {}),
    };
    const label = CLASSES[number] ?? `class_${number}`;
    return [
      annotationOf(reading, label, { type: 'bbox', geometry: { box: [x, y, width, height] } }, attributes, i + 1),
    ];
  });
  return { name: null, annotate: () => annotations, source: { file: path }, unit: 'line' };
}
