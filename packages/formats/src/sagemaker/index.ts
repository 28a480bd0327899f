import { isMembers, type JsonLine, jsonLines, membersOf, numbersOf, readEach } from '../json/lines.ts';
import { countingRefused, type NamedLabels } from '../matching/records.ts';
import type { Annotation } from '../model.ts';
import { baseName } from '../paths.ts';
import { annotationOf, datasetFilesReader, type Reading } from '../reading/label-files.ts';
import { splitOfFile } from '../reading/splits.ts';

/** SageMaker Ground Truth's output manifest: https://docs.aws.amazon.com/sagemaker/latest/dg/sms-data-output.html */
export const sagemaker = datasetFilesReader({
  format: 'sagemaker',
  what: 'is a manifest of SageMaker Ground Truth',
  extensions: ['manifest', 'jsonl', 'json'],
  fits: (head) =>
    /^\uFEFF?\s*\{/.test(head) && /"source-ref"\s*:/.test(head.split('\n')[0] ?? '') && /-metadata"\s*:/.test(head),
  isNamedSo: (path) => /\.manifest$/i.test(path),

  async *read({ path }, reading) {
    for await (const rows of jsonLines(path, reading))
      yield rows.flatMap((row) => countingRefused(reading, () => labelsOf(path, row, reading)));
  },
});

function labelsOf(path: string, { value, line }: JsonLine, reading: Reading): NamedLabels[] {
  const url = value['source-ref'];
  if (typeof url !== 'string' || url === '') {
    reading.report.add('bad_annotation', { path, line, detail: 'no source-ref' });
    return [];
  }
  const name = url.replace(/^[a-z0-9]+:\/\/[^/]*\//i, '');
  const jobs = Object.keys(value).filter((key) => isMembers(value[`${key}-metadata`]));
  const annotations = jobs.flatMap((job) => annotationsOf(path, line, value[job], value[`${job}-metadata`], reading));
  const [size] = jobs.flatMap((job) => (isMembers(value[job]) ? membersOf(value[job].image_size) : []));
  const [width = null, height = null] = numbersOf(size, 'width', 'height') ?? [];
  return [
    {
      named: { name, alternatives: [baseName(name)], split: splitOfFile(path), width, height, at: { path, line } },
      annotate: () => annotations,
      source: { file: path },
      unit: 'line',
    },
  ];
}

function annotationsOf(path: string, line: number, value: unknown, metadata: unknown, reading: Reading): Annotation[] {
  const map = isMembers(metadata) && isMembers(metadata['class-map']) ? metadata['class-map'] : {};
  const nameOf = (id: unknown): string => String(map[String(id)] ?? `class_${String(id)}`);
  if (isMembers(value) && Array.isArray(value.annotations)) {
    const scores = isMembers(metadata) ? membersOf(metadata.objects) : [];
    return readEach(value.annotations, { path, line, pointer: 'annotations' }, reading, (item, _, i): Annotation[] => {
      const box = numbersOf(item, 'left', 'top', 'width', 'height');
      const [x = 0, y = 0, width = 0, height = 0] = box ?? [];
      if (box === null || width < 0 || height < 0) {
        reading.report.add('bad_box', {
          path,
          line,
          detail: `${nameOf(item.class_id)}: no left, top, width and height`,
        });
        return [];
      }
      const confidence = scores[i]?.confidence;
      const attributes = typeof confidence === 'number' ? { score: confidence } : {};
      return [
        annotationOf(
          reading,
          nameOf(item.class_id),
          { type: 'bbox', geometry: { box: [x, y, width, height] } },
          attributes,
          line,
        ),
      ];
    });
  }
  const name = isMembers(metadata) ? metadata['class-name'] : undefined;
  const labels = typeof name === 'string' ? [name] : Array.isArray(value) ? value.map(nameOf) : [];
  if (labels.length === 0)
    reading.report.add('unsupported_annotation', {
      path,
      line,
      detail: 'a job that is neither of boxes nor of classes',
    });
  return labels.map((label) => annotationOf(reading, label, { type: 'classification', geometry: {} }, {}, line));
}
