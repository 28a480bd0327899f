import { readJson } from '../json/read.ts';
import { countingRefused, type NamedLabels } from '../matching/records.ts';
import type { Annotation, Box } from '../model.ts';
import { annotationOf, datasetFilesReader, type Reading } from '../reading/label-files.ts';
import { splitOfFile } from '../reading/splits.ts';

type Members = Record<string, unknown>;

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Create ML's list of images: https://developer.apple.com/documentation/createml/building-an-object-detector-data-source */
export const createml = datasetFilesReader({
  format: 'createml',
  what: 'is Create ML\u2019s list of images',
  extensions: ['json'],
  fits: (head) =>
    /^\uFEFF?\s*\[\s*\{/.test(head) &&
    /"(image|imagefilename|imageFilename|imagepath)"\s*:\s*"/.test(head) &&
    /"annotations?"\s*:\s*(\[|")/.test(head) &&
    !/"(result|data)"\s*:/.test(head),
  isNamedSo: (path) => /createml\.json$/i.test(path),

  async *read({ path }, reading) {
    for await (const item of readJson(reading.source.stream(path), (key) => key === '')) {
      if (item.kind !== 'elements') continue;
      for (const { index, reason } of item.broken)
        reading.report.add('bad_annotation', { path, pointer: `[${item.firstIndex + index}]`, detail: reason });
      yield item.elements.flatMap((element, i) =>
        element === undefined
          ? []
          : countingRefused(reading, () => labelsOf(path, element, item.firstIndex + i, reading)),
      );
    }
  },
});

function labelsOf(path: string, element: unknown, index: number, reading: Reading): NamedLabels[] {
  const pointer = `[${index}]`;
  const name = isMembers(element)
    ? (element.image ?? element.imagefilename ?? element.imageFilename ?? element.imagepath)
    : null;
  if (!isMembers(element) || typeof name !== 'string' || name === '') {
    reading.report.add('bad_annotation', { path, pointer, detail: 'names no image' });
    return [];
  }
  const stated = element.annotations ?? element.annotation ?? [];
  const list = Array.isArray(stated) ? stated : [stated];
  const annotations = list.flatMap((item, i) => readObject(path, `${pointer}.annotations[${i}]`, item, reading) ?? []);
  return [
    {
      named: { name, split: splitOfFile(path), width: null, height: null, at: { path, pointer } },
      annotate: () => annotations,
      source: { file: path, name },
      unit: '',
    },
  ];
}

/** A text, or an object without coordinates, is the class of the whole image. */
function readObject(path: string, pointer: string, item: unknown, reading: Reading): Annotation | null {
  if (typeof item === 'string' && item !== '')
    return annotationOf(reading, item, { type: 'classification', geometry: {} });
  const label = isMembers(item) ? item.label : undefined;
  if (!isMembers(item) || (typeof label !== 'string' && typeof label !== 'number')) {
    reading.report.add('bad_annotation', { path, pointer, detail: 'no label' });
    return null;
  }
  const { label: _, coordinates, ...attributes } = item;
  if (coordinates === undefined || coordinates === null)
    return annotationOf(reading, String(label), { type: 'classification', geometry: {} }, attributes);
  const box = boxOf(coordinates);
  if (box === null) {
    const detail = `${label}: coordinates ${JSON.stringify(coordinates)?.slice(0, 80)}`;
    reading.report.add('bad_box', { path, pointer, detail });
    return null;
  }
  return annotationOf(reading, String(label), { type: 'bbox', geometry: { box } }, attributes);
}

/** x and y are the middle of the box. */
function boxOf(coordinates: unknown): Box | null {
  if (!isMembers(coordinates)) return null;
  const [x = 0, y = 0, width = 0, height = 0] = ['x', 'y', 'width', 'height'].map((key) =>
    typeof coordinates[key] === 'number' ? coordinates[key] : Number.NaN,
  );
  if (![x, y, width, height].every(Number.isFinite) || width < 0 || height < 0) return null;
  return [x - width / 2, y - height / 2, width, height];
}
