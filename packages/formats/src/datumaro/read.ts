import { readJson } from '../json/read.ts';
import { countingRefused, type NamedLabels } from '../matching/records.ts';
import { baseName, isImagePath, stemOf } from '../paths.ts';
import { annotationOf, datasetFilesReader, type Reading, withExtensions } from '../reading/label-files.ts';
import { MirrorFolders } from '../reading/mirrors.ts';
import { splitOfFile } from '../reading/splits.ts';
import { headOf } from '../source.ts';
import { attributesOf, type Grouped, isMembers, joined, type Members, shapeOf } from './annotations.ts';

/** A file of Datumaro, as its writer needs it. */
export interface KeptFile {
  path: string;
  members: Members;
}

/** Datumaro's own JSON, a file per subset in `annotations`. */
export const datumaro = datasetFilesReader({
  format: 'datumaro',
  what: 'has Datumaro\u2019s categories and items',
  extensions: ['json'],
  confidence: 0.98,
  fits: (head) =>
    /^\uFEFF?\s*\{/.test(head) &&
    /"categories"\s*:\s*\{/.test(head) &&
    (/"items"\s*:\s*\[/.test(head) || /"label"\s*:\s*\{\s*"labels"\s*:/.test(head)),

  async *read({ path }, reading) {
    const names: string[] = [];
    const members: Members = {};
    const mirrors = new MirrorFolders(reading.listing);
    const head = await headOf(reading.source, path);
    if (head.indexOf('"items"') >= 0 && head.indexOf('"items"') < head.indexOf('"categories"')) {
      for await (const item of readJson(reading.source.stream(path), () => false))
        if (item.kind === 'value' && item.key === 'categories') names.push(...addClasses(item.value, reading));
    }
    for await (const item of readJson(reading.source.stream(path), (key) => key === 'items')) {
      if (item.kind === 'value') {
        members[item.key] = item.value;
        if (item.key === 'categories' && names.length === 0) names.push(...addClasses(item.value, reading));
        continue;
      }
      if (item.kind === 'left_out') {
        reading.report.add('not_lossless', { path, detail: item.reason });
        continue;
      }
      for (const { index, reason } of item.broken)
        reading.report.add('bad_annotation', { path, pointer: `items[${item.firstIndex + index}]`, detail: reason });
      yield item.elements.flatMap((element, i) =>
        element === undefined
          ? []
          : countingRefused(reading, () => labelsOf(path, element, item.firstIndex + i, { reading, names, mirrors })),
      );
    }
    const files: KeptFile[] = Array.isArray(reading.kept.files) ? reading.kept.files : [];
    reading.kept.files = [...files, { path, members }];
  },
});

/** The names of the file's labels, by their number there. */
function addClasses(categories: unknown, { classes }: Reading): string[] {
  const label = isMembers(categories) ? categories.label : undefined;
  const points = isMembers(categories) ? categories.points : undefined;
  const layouts = isMembers(points) && Array.isArray(points.items) ? points.items.filter(isMembers) : [];
  const labels = isMembers(label) && Array.isArray(label.labels) ? label.labels : [];
  return labels.map((item, id) => {
    const { name, ...others } = isMembers(item) ? item : { name: item };
    const layout = layouts.find(({ label_id }) => label_id === id);
    const keypoints =
      layout && Array.isArray(layout.labels) && layout.labels.length > 0 ? { keypoints: layout.labels } : {};
    const skeleton =
      layout && Array.isArray(layout.joints) && layout.joints.length > 0 ? { skeleton: layout.joints } : {};
    classes.indexOf(String(name), { ...others, ...keypoints, ...skeleton });
    return String(name);
  });
}

interface Within {
  reading: Reading;
  names: readonly string[];
  mirrors: MirrorFolders;
}

function labelsOf(path: string, element: unknown, index: number, { reading, names, mirrors }: Within): NamedLabels[] {
  const pointer = `items[${index}]`;
  const image = isMembers(element) && isMembers(element.image) ? element.image : null;
  const media = isMembers(element) && isMembers(element.media) ? element.media : null;
  const id = isMembers(element) ? element.id : undefined;
  if (!isMembers(element) || (typeof id !== 'string' && typeof id !== 'number')) {
    reading.report.add('bad_annotation', { path, pointer, detail: 'an item without an id' });
    return [];
  }
  const stated = image?.path ?? media?.path;
  const name = typeof stated === 'string' && stated !== '' ? stated : String(id);
  const size = Array.isArray(image?.size) ? image.size : [];
  const [height = null, width = null] = size.map((value) => (typeof value === 'number' ? value : null));
  const annotations = annotationsOf(path, pointer, element.annotations, { reading, names, mirrors });
  const { annotations: _a, image: _i, media: _m, id: _id, ...others } = element;
  const withId = isImagePath(String(id)) ? [String(id)] : withExtensions(String(id), mirrors).slice(1);
  return [
    {
      named: {
        name,
        alternatives: [...withId, baseName(name)],
        split: splitOfFile(path),
        width,
        height,
        at: { path, pointer },
      },
      annotate: () => annotations,
      source: {
        file: path,
        name: stated === undefined ? `${name}.${mirrors.extensions[0] ?? 'jpg'}` : name,
        id,
        others,
      },
      unit: `${pointer}.annotations`,
    },
  ];
}

function annotationsOf(path: string, pointer: string, list: unknown, { reading, names }: Within) {
  const found = (Array.isArray(list) ? list : []).flatMap((element: unknown, i): Grouped[] => {
    const place = { path, pointer: `${pointer}.annotations[${i}]` };
    const shape = isMembers(element) ? shapeOf(element) : 'not an object';
    if (!isMembers(element) || typeof shape === 'string') {
      const isUnknown = typeof shape === 'string' && shape.startsWith('not supported');
      const detail = typeof shape === 'string' ? shape : 'not an object';
      reading.report.add(isUnknown ? 'unsupported_annotation' : 'bad_box', { ...place, detail });
      return [];
    }
    const group = typeof element.group === 'number' ? element.group : 0;
    const attributes = attributesOf(element);
    if (shape.type === 'caption') {
      reading.types.add('caption');
      return [{ group: 0, annotation: { ...shape, classIndex: null, attributes, at: i } }];
    }
    const label = typeof element.label_id === 'number' ? names[element.label_id] : undefined;
    if (label === undefined) {
      reading.report.add('dangling_category', { ...place, detail: `label_id ${String(element.label_id)}` });
      return [];
    }
    return [{ group, annotation: annotationOf(reading, label, shape, attributes, i) }];
  });
  return joined(found);
}

/** The id that an image has where none was read: its path without the extension. */
export const itemIdOf = (path: string): string => stemOf(path);
