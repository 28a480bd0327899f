import { FormatError } from '../format-error.ts';
import { isMembers, membersOf, numbersOf, readEach, ringOf } from '../json/lines.ts';
import { parseLeniently, reasonOf } from '../json/parse.ts';
import type { Annotation, Shape } from '../model.ts';
import { baseName, stemOf } from '../paths.ts';
import { annotationOf, type ImageLabels, imageFilesReader, type Reading } from '../reading/label-files.ts';

/** V7 Darwin JSON, a file per image: https://docs.v7labs.com/reference/darwin-json */
export const darwin = imageFilesReader({
  format: 'darwin',
  what: 'is V7\u2019s Darwin JSON',
  extensions: ['json'],
  fits: (head) =>
    /"annotations"\s*:\s*\[/.test(head) &&
    (/darwin_json/.test(head) || /"image"\s*:\s*\{[^}]*"(workview_url|original_filename)"/.test(head)),
  stemsOf: (path) => [baseName(stemOf(path))],
  read: labelsOf,
});

function labelsOf(path: string, text: string, reading: Reading): ImageLabels {
  const document = parseLeniently(text);
  if (!isMembers(document)) throw new FormatError(reasonOf(text));
  const item = isMembers(document.item) ? document.item : isMembers(document.image) ? document.image : {};
  const [slot] = membersOf(item.slots);
  const [width = null, height = null] = numbersOf(slot ?? item, 'width', 'height') ?? [];
  const name = [item.name, item.original_filename, item.filename].find((value) => typeof value === 'string');
  const annotations = readEach(
    document.annotations,
    { path, pointer: 'annotations' },
    reading,
    (element, place, i): Annotation[] => {
      const label = element.name;
      const shapes = shapesOf(element);
      if (typeof label !== 'string' || typeof shapes === 'string') {
        const detail = typeof shapes === 'string' ? `${String(label)}: ${shapes}` : 'no name';
        const isUnknown = detail.includes('not supported');
        reading.report.add(isUnknown ? 'unsupported_annotation' : 'bad_box', { ...place, detail });
        return [];
      }
      const id = isMembers(element.instance_id) ? element.instance_id.value : undefined;
      return [annotationOf(reading, label, shapes, id === undefined ? {} : { instance_id: id }, i)];
    },
  );
  return {
    name: typeof name === 'string' ? name : null,
    width,
    height,
    annotate: () => annotations,
    source: { file: path },
    unit: 'annotations',
  };
}

/** The most exact that an element has; polygons come with a box that says nothing new. */
function shapesOf(element: Record<string, unknown>): Shape | string {
  const { polygon, bounding_box, keypoint, tag } = element;
  if (isMembers(polygon)) {
    const paths = Array.isArray(polygon.paths) ? polygon.paths : [polygon.path];
    const rings = paths.map(ringOf);
    const sound = rings.filter((ring) => ring !== null);
    return sound.length > 0 && sound.length === rings.length
      ? { type: 'polygon', geometry: { box: null, polygons: sound } }
      : 'a polygon of fewer than three points';
  }
  if (isMembers(bounding_box)) {
    const [x, y, width, height] = numbersOf(bounding_box, 'x', 'y', 'w', 'h') ?? [];
    return x === undefined || y === undefined || width === undefined || height === undefined || width < 0 || height < 0
      ? 'a bounding_box without x, y, w and h'
      : { type: 'bbox', geometry: { box: [x, y, width, height] } };
  }
  if (isMembers(keypoint)) {
    const [x, y] = numbersOf(keypoint, 'x', 'y') ?? [];
    return x === undefined || y === undefined
      ? 'a keypoint without x and y'
      : { type: 'keypoints', geometry: { box: null, keypoints: [x, y, 2] } };
  }
  if (isMembers(tag)) return { type: 'classification', geometry: {} };
  return 'not supported: neither a polygon, a box, a key point nor a tag';
}
