import { isMembers, type JsonLine, jsonLines } from '../json/lines.ts';
import { countingRefused, type NamedLabels } from '../matching/records.ts';
import type { Annotation, ImageEntry, Shape } from '../model.ts';
import { splitName } from '../paths.ts';
import { datasetFilesReader, type Reading } from '../reading/label-files.ts';
import { splitOfFile } from '../reading/splits.ts';

/** Ultralytics' NDJSON: a line for the dataset, then one per image: https://docs.ultralytics.com/datasets/detect/#ultralytics-ndjson-format */
export const ultralyticsNdjson = datasetFilesReader({
  format: 'ultralytics_ndjson',
  what: 'is Ultralytics\u2019 NDJSON of a dataset',
  extensions: ['ndjson', 'jsonl'],
  fits: (head) =>
    /"type"\s*:\s*"dataset"/.test(head.split('\n')[0] ?? '') && /"class_names"\s*:/.test(head.split('\n')[0] ?? ''),

  async *read({ path }, reading) {
    const names = new Map<string, string>();
    let dimensions = 3;
    for await (const rows of jsonLines(path, reading)) {
      const labels: NamedLabels[] = [];
      for (const row of rows) {
        const { type, class_names, kpt_shape } = row.value;
        if (type === 'dataset') {
          for (const [number, name] of Object.entries(isMembers(class_names) ? class_names : {})) {
            names.set(number, String(name));
            reading.classes.indexOf(String(name));
          }
          if (Array.isArray(kpt_shape) && kpt_shape[1] === 2) dimensions = 2;
        } else if (type === 'image')
          labels.push(...countingRefused(reading, () => labelsOf(path, row, { names, dimensions, reading })));
        else
          reading.report.add('unsupported_annotation', {
            path,
            line: row.line,
            detail: `a line of the type "${String(type)}"`,
          });
      }
      yield labels;
    }
  },
});

interface Within {
  names: ReadonlyMap<string, string>;
  dimensions: number;
  reading: Reading;
}

function labelsOf(path: string, { value, line }: JsonLine, within: Within): NamedLabels[] {
  const { file, split, width, height, annotations } = value;
  if (typeof file !== 'string' || file === '') {
    within.reading.report.add('bad_annotation', { path, line, detail: 'an image without a file' });
    return [];
  }
  const number = (item: unknown) => (typeof item === 'number' ? item : null);
  const said = isMembers(annotations) ? annotations : {};
  // Shapes are registered before their image is known, since the task depends on them.
  const rows = Object.entries(said).flatMap(([kind, list]) =>
    Array.isArray(list) ? list.map((row: unknown) => ({ kind, row })) : [],
  );
  const read = rows.flatMap(({ kind, row }) => rowOf(path, line, kind, row, within));
  return [
    {
      named: {
        name: file,
        split: splitName(typeof split === 'string' ? split : '') ?? splitOfFile(path),
        width: number(width),
        height: number(height),
        at: { path, line },
      },
      annotate: (image) => read.map((make) => make(sizeOf(image, number(width), number(height)))),
      source: { file: path },
      unit: 'line',
    },
  ];
}

type Size = [width: number, height: number];

const sizeOf = (image: ImageEntry, width: number | null, height: number | null): Size => [
  image.width ?? width ?? 1,
  image.height ?? height ?? 1,
];

/** A class and shares of the image, by kind: `boxes`, `segments`, `pose`, `obb`, `classification`. */
function rowOf(
  path: string,
  line: number,
  kind: string,
  row: unknown,
  { names, dimensions, reading }: Within,
): ((size: Size) => Annotation)[] {
  const numbers = Array.isArray(row) ? row.map(Number) : [Number(row)];
  const [number = -1, ...values] = numbers;
  const label = names.get(String(number)) ?? `class_${number}`;
  const least: Record<string, number> = { boxes: 4, segments: 6, pose: 4, obb: 8, classification: 0 };
  if (least[kind] === undefined || values.length < least[kind] || !numbers.every(Number.isFinite)) {
    const isUnknown = least[kind] === undefined;
    reading.report.add(isUnknown ? 'unsupported_annotation' : 'bad_annotation', {
      path,
      line,
      detail: `${kind}: ${label}`,
    });
    return [];
  }
  const classIndex = reading.classes.indexOf(label);
  const shape = (size: Size): Shape => shapeOf(kind, values, dimensions, size);
  reading.types.add(shape([1, 1]).type);
  return [(size) => ({ ...shape(size), classIndex, attributes: {}, at: line })];
}

function shapeOf(kind: string, values: readonly number[], dimensions: number, [width, height]: Size): Shape {
  const scaled = (list: readonly number[]) => list.map((value, i) => value * (i % 2 === 0 ? width : height));
  const [cx = 0, cy = 0, w = 0, h = 0] = scaled(values.slice(0, 4));
  switch (kind) {
    case 'boxes':
      return { type: 'bbox', geometry: { box: [cx - w / 2, cy - h / 2, w, h] } };
    case 'segments':
      return { type: 'polygon', geometry: { box: null, polygons: [scaled(values)] } };
    case 'obb':
      return { type: 'obb', geometry: { corners: scaled(values.slice(0, 8)) } };
    case 'pose': {
      const rest = values.slice(4);
      const keypoints: number[] = [];
      for (let i = 0; i + dimensions <= rest.length; i += dimensions)
        keypoints.push((rest[i] ?? 0) * width, (rest[i + 1] ?? 0) * height, dimensions === 3 ? (rest[i + 2] ?? 0) : 2);
      return { type: 'keypoints', geometry: { box: [cx - w / 2, cy - h / 2, w, h], keypoints } };
    }
    default:
      return { type: 'classification', geometry: {} };
  }
}
