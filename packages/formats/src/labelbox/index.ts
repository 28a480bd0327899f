import { isMembers, type JsonLine, jsonLines, membersOf, numbersOf, readEach, ringOf } from '../json/lines.ts';
import { countingRefused, type NamedLabels } from '../matching/records.ts';
import type { Annotation, Shape } from '../model.ts';
import { baseName } from '../paths.ts';
import { annotationOf, datasetFilesReader, type Reading } from '../reading/label-files.ts';
import { splitOfFile } from '../reading/splits.ts';

/** Labelbox' NDJSON export: https://docs.labelbox.com/reference/export-image-annotations */
export const labelbox = datasetFilesReader({
  format: 'labelbox',
  what: 'has Labelbox\u2019 rows of data',
  extensions: ['ndjson', 'jsonl', 'json'],
  fits: (head) => /^\uFEFF?\s*\{/.test(head) && /"data_row"\s*:\s*\{/.test(head) && /"projects"\s*:\s*\{/.test(head),

  async *read({ path }, reading) {
    for await (const rows of jsonLines(path, reading))
      yield rows.flatMap((row) => countingRefused(reading, () => labelsOf(path, row, reading)));
  },
});

function labelsOf(path: string, { value, line }: JsonLine, reading: Reading): NamedLabels[] {
  const row = isMembers(value.data_row) ? value.data_row : {};
  const url = typeof row.row_data === 'string' ? row.row_data.replace(/\?.*$/, '') : '';
  const names = [row.external_id, row.global_key, baseName(url)].filter(
    (name): name is string => typeof name === 'string' && name !== '',
  );
  const [name, ...alternatives] = names;
  if (name === undefined) {
    reading.report.add('bad_annotation', { path, line, detail: 'the row names no image' });
    return [];
  }
  const [width = null, height = null] = numbersOf(value.media_attributes, 'width', 'height') ?? [];
  const projects = isMembers(value.projects) ? Object.values(value.projects) : [];
  const labels = projects.flatMap((project) => (isMembers(project) ? membersOf(project.labels) : []));
  const annotations = labels.flatMap(({ annotations: said }) => {
    if (!isMembers(said)) return [];
    return [
      ...readEach(said.objects, { path, line, pointer: 'objects' }, reading, (object) =>
        objectOf(path, line, object, reading),
      ),
      ...readEach(said.classifications, { path, line, pointer: 'classifications' }, reading, (item) =>
        classesOf(path, line, item, reading),
      ),
    ];
  });
  return [
    {
      named: { name, alternatives, split: splitOfFile(path), width, height, at: { path, line } },
      annotate: () => annotations,
      source: { file: path },
      unit: 'line',
    },
  ];
}

function objectOf(path: string, line: number, object: Record<string, unknown>, reading: Reading): Annotation[] {
  const label = String(object.name ?? object.value ?? 'object');
  const shape = shapeOf(object);
  if (typeof shape === 'string') {
    const isUnknown = shape.startsWith('not supported');
    reading.report.add(isUnknown ? 'unsupported_annotation' : 'bad_box', { path, line, detail: `${label}: ${shape}` });
    return [];
  }
  const id = object.feature_id;
  return [annotationOf(reading, label, shape, typeof id === 'string' ? { id } : {}, line)];
}

function shapeOf(object: Record<string, unknown>): Shape | string {
  const { bounding_box, polygon, point, annotation_kind } = object;
  if (isMembers(bounding_box)) {
    const [x, y, width, height] = numbersOf(bounding_box, 'left', 'top', 'width', 'height') ?? [];
    return x === undefined || y === undefined || width === undefined || height === undefined || width < 0 || height < 0
      ? 'a bounding_box without left, top, width and height'
      : { type: 'bbox', geometry: { box: [x, y, width, height] } };
  }
  if (polygon !== undefined) {
    const ring = ringOf(polygon);
    return ring
      ? { type: 'polygon', geometry: { box: null, polygons: [ring] } }
      : 'a polygon of fewer than three points';
  }
  const [x, y] = numbersOf(point, 'x', 'y') ?? [];
  if (x !== undefined && y !== undefined) return { type: 'keypoints', geometry: { box: null, keypoints: [x, y, 2] } };
  const kind = annotation_kind ?? ['line', 'mask'].find((name) => name in object) ?? 'unknown';
  return `not supported: an object of the kind "${String(kind)}"`;
}

/** A single answer, or a list of answers, is a class of the whole image. */
function classesOf(path: string, line: number, item: Record<string, unknown>, reading: Reading): Annotation[] {
  const answers = isMembers(item.radio_answer) ? [item.radio_answer] : membersOf(item.checklist_answers);
  if (answers.length === 0)
    reading.report.add('unsupported_annotation', { path, line, detail: `${String(item.name)}: an answer in words` });
  return answers.map((answer) =>
    annotationOf(reading, String(answer.name ?? answer.value), { type: 'classification', geometry: {} }, {}, line),
  );
}
