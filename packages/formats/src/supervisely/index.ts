import { FormatError } from '../format-error.ts';
import { isMembers, membersOf, readEach, ringOf } from '../json/lines.ts';
import { parseLeniently, reasonOf } from '../json/parse.ts';
import type { Annotation, Shape } from '../model.ts';
import { baseName, stemOf } from '../paths.ts';
import { annotationOf, type ImageLabels, imageFilesReader, type Reading } from '../reading/label-files.ts';

/** Supervisely: `ann/{image}.json` beside `img/{image}` (https://docs.supervisely.com/data-organization/00_ann_format_navi) */
export const supervisely = imageFilesReader({
  format: 'supervisely',
  what: 'has Supervisely\u2019s objects',
  extensions: ['json'],
  fits: (head) => /"objects"\s*:\s*\[/.test(head) && /"size"\s*:\s*\{/.test(head) && !/"imgHeight"/.test(head),
  // The file of `a.jpg` is called `a.jpg.json`.
  stemsOf: (path) => [baseName(stemOf(path))],
  read: labelsOf,
});

function labelsOf(path: string, text: string, reading: Reading): ImageLabels | null {
  const document = parseLeniently(text);
  if (!isMembers(document)) throw new FormatError(reasonOf(text));
  const annotations = readEach(
    document.objects,
    { path, pointer: 'objects' },
    reading,
    (object, place, i): Annotation[] => {
      const { classTitle, tags } = object;
      if (typeof classTitle !== 'string') {
        reading.report.add('bad_annotation', { ...place, detail: 'no classTitle' });
        return [];
      }
      const shape = shapeOf(object);
      if (typeof shape === 'string') {
        const isUnknown = shape.startsWith('not supported');
        reading.report.add(isUnknown ? 'unsupported_annotation' : 'bad_box', {
          ...place,
          detail: `${classTitle}: ${shape}`,
        });
        return [];
      }
      const names = membersOf(tags).map(({ name }) => String(name));
      const attributes = names.length > 0 ? { tags: names } : {};
      return [annotationOf(reading, classTitle, shape, attributes, i)];
    },
  );
  annotations.push(
    ...readEach(document.tags, { path, pointer: 'tags' }, reading, ({ name }, place) => {
      if (typeof name === 'string') return [annotationOf(reading, name, { type: 'classification', geometry: {} })];
      reading.report.add('bad_annotation', { ...place, detail: 'a tag without a name' });
      return [];
    }),
  );
  const size = isMembers(document.size) ? document.size : {};
  const number = (value: unknown) => (typeof value === 'number' ? value : null);
  return {
    name: null,
    width: number(size.width),
    height: number(size.height),
    annotate: () => annotations,
    source: { file: path },
    unit: 'objects',
  };
}

function shapeOf({ geometryType, points }: Record<string, unknown>): Shape | string {
  const exterior = isMembers(points) && Array.isArray(points.exterior) ? points.exterior : [];
  const holes = isMembers(points) && Array.isArray(points.interior) ? points.interior.length : 0;
  if (geometryType === 'rectangle') {
    const [[x1, y1] = [], [x2, y2] = []] = exterior.map((point: unknown) =>
      Array.isArray(point) ? point.map(Number) : [],
    );
    if (x1 === undefined || y1 === undefined || x2 === undefined || y2 === undefined)
      return 'a rectangle without two corners';
    return {
      type: 'bbox',
      geometry: { box: [Math.min(x1, x2), Math.min(y1, y2), Math.abs(x2 - x1), Math.abs(y2 - y1)] },
    };
  }
  if (geometryType === 'polygon') {
    if (holes > 0) return 'not supported: a polygon with holes';
    const ring = ringOf(exterior);
    return ring
      ? { type: 'polygon', geometry: { box: null, polygons: [ring] } }
      : 'a polygon of fewer than three points';
  }
  if (geometryType === 'point') {
    const [point]: unknown[] = exterior;
    const [x, y] = Array.isArray(point) ? point.map(Number) : [];
    return x === undefined || y === undefined
      ? 'a point without x and y'
      : { type: 'keypoints', geometry: { box: null, keypoints: [x, y, 2] } };
  }
  return `not supported: an object of the type "${String(geometryType)}"`;
}
