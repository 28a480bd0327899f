import { readTable } from '../csv/table.ts';
import { readMembers } from '../json/members.ts';
import { parse, TOO_DEEP } from '../json/parse.ts';
import { countingRefused, type NamedLabels } from '../matching/records.ts';
import type { Annotation } from '../model.ts';
import { extensionOf } from '../paths.ts';
import { annotationOf, datasetFilesReader, type Reading } from '../reading/label-files.ts';
import { splitOfFile } from '../reading/splits.ts';
import { headOf } from '../source.ts';
import { classKeyOf, isMembers, labelOf, shapeOf } from './regions.ts';

const PROJECT = '_via_img_metadata';
const BATCH = 200;

/** VGG Image Annotator 1 and 2, as JSON, project or CSV: https://www.robots.ox.ac.uk/~vgg/software/via/ */
export const via = datasetFilesReader({
  format: 'via',
  what: 'is of VGG Image Annotator',
  extensions: ['json', 'csv'],
  isNamedSo: (path) => /via_(region_data|project|export)[^/]*\.(json|csv)$/i.test(path),
  fits: (head, path) =>
    extensionOf(path) === 'csv'
      ? /^\uFEFF?"?#?filename"?,[^\n]*region_shape_attributes/.test(head)
      : /^\uFEFF?\s*\{/.test(head) &&
        (head.includes(`"${PROJECT}"`) ||
          (/"regions"\s*:\s*[[{]/.test(head) &&
            /"filename"\s*:/.test(head) &&
            /"(size|file_attributes)"\s*:/.test(head))),

  async *read({ path }, reading) {
    if (extensionOf(path) === 'csv') {
      yield* readCsv(path, reading);
      return;
    }
    const head = await headOf(reading.source, path);
    let batch: NamedLabels[] = [];
    for await (const { key, value } of readMembers(
      reading.source.stream(path),
      head.includes(`"${PROJECT}"`) ? PROJECT : null,
    )) {
      batch.push(...countingRefused(reading, () => labelsOf(path, key, value, reading)));
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
    yield batch;
  },
});

function labelsOf(path: string, key: string, value: unknown, reading: Reading): NamedLabels[] {
  const { report } = reading;
  if (!isMembers(value) || typeof value.filename !== 'string' || value.filename === '') {
    const detail = value === undefined ? `too long to be read, or ${TOO_DEEP}` : 'names no image';
    report.add('bad_annotation', { path, pointer: key, detail });
    return [];
  }
  const regions: unknown[] = Array.isArray(value.regions)
    ? value.regions
    : isMembers(value.regions)
      ? Object.values(value.regions)
      : [];
  const annotations = regions.flatMap((region, i) => {
    const pointer = `${key}.regions[${i}]`;
    if (!isMembers(region) || !isMembers(region.shape_attributes)) {
      report.add('bad_annotation', { path, pointer, detail: 'no shape_attributes' });
      return [];
    }
    return regionOf(path, { pointer }, region.shape_attributes, region.region_attributes, reading);
  });
  const { size, file_attributes } = value;
  return [
    {
      named: { name: value.filename, split: splitOfFile(path), width: null, height: null, at: { path, pointer: key } },
      annotate: () => annotations,
      source: {
        file: path,
        name: value.filename,
        ...(typeof size === 'number' ? { size } : {}),
        ...(isMembers(file_attributes) && Object.keys(file_attributes).length > 0 ? { file_attributes } : {}),
      },
      unit: 'regions',
    },
  ];
}

function regionOf(
  path: string,
  place: { pointer?: string; line?: number },
  shapeAttributes: Record<string, unknown>,
  regionAttributes: unknown,
  reading: Reading,
): Annotation[] {
  const { report } = reading;
  const shape = shapeOf(shapeAttributes);
  const attributes = isMembers(regionAttributes) ? regionAttributes : {};
  const key = classKeyOf(attributes);
  const label = key === null ? null : labelOf(attributes[key]);
  if (typeof shape === 'string') {
    const code = shape.startsWith('not supported') ? 'unsupported_annotation' : 'bad_box';
    report.add(code, { path, ...place, detail: label === null ? shape : `${label}: ${shape}` });
    return [];
  }
  const others = Object.fromEntries(
    Object.entries(attributes).filter(
      ([name, value]) => (name !== key || label === null) && value !== '' && value !== null,
    ),
  );
  const isPlain = shapeAttributes.name === 'rect' || shapeAttributes.name === 'polygon';
  return [
    annotationOf(reading, label ?? 'region', shape, {
      ...others,
      ...(key === null || key === 'label' ? {} : { class_attribute: key }),
      ...(isPlain ? {} : { shape: shapeAttributes }),
    }),
  ];
}

/** A row per region; its shape and attributes are JSON. */
async function* readCsv(path: string, reading: Reading): AsyncGenerator<NamedLabels[]> {
  let titles: string[] | null = null;
  for await (const batch of readTable(reading.source.stream(path))) {
    const rows = titles === null ? batch.slice(1) : batch;
    titles ??= (batch[0]?.fields ?? []).map((title) => title.replace(/^#/, ''));
    const at = (name: string): number => titles?.indexOf(name) ?? -1;
    const [name, count, shape, region] = [
      'filename',
      'region_count',
      'region_shape_attributes',
      'region_attributes',
    ].map(at);
    yield [...Map.groupBy(rows, ({ fields }) => fields[name ?? -1] ?? '')].flatMap(([filename, group]) => {
      const [first] = group;
      if (!first || filename === '') return [];
      const before = reading.report.numRefused;
      const annotations = group.flatMap(({ fields, line }) => {
        const shapeAttributes = parse(fields[shape ?? -1] ?? '');
        if (isMembers(shapeAttributes) && Object.keys(shapeAttributes).length > 0)
          return regionOf(path, { line }, shapeAttributes, parse(fields[region ?? -1] ?? ''), reading);
        if (fields[count ?? -1] !== '0')
          reading.report.add('bad_annotation', { path, line, detail: 'no region_shape_attributes' });
        return [];
      });
      const named = {
        name: filename,
        split: splitOfFile(path),
        width: null,
        height: null,
        at: { path, line: first.line },
      };
      const refused = { count: reading.report.numRefused - before };
      return [{ named, annotate: () => annotations, refused, source: { file: path, name: filename }, unit: 'line' }];
    });
  }
}
