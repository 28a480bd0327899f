import { stringify } from 'yaml';
import { Fingerprints, Hash } from '../fingerprints.ts';
import type { FormatWriter, OutputFile, WritableDataset } from '../format.ts';
import { imageFolderWriter } from '../imagefolder/write.ts';
import type { Annotation, ClassDefinition, ImageRecord } from '../model.ts';
import { baseName, folderOf, stemOf } from '../paths.ts';
import { ringsFor } from '../writing/fitted.ts';
import { UniquePaths } from '../writing/names.ts';
import { boxed, lostAttributes, nameOf, splitsOf, textOfImages, wholeText } from '../writing/shapes.ts';
import { isScore, type LineLayout, lineOf } from './lines.ts';
import type { ImageList } from './splits.ts';

/** A score is a share, or it could not be told from other numbers behind a shape. */
const keptOf = ({ attributes }: Annotation): ReadonlySet<string> =>
  new Set(isScore(attributes.score) ? ['extra', 'score'] : ['extra']);

/** Labels beside a `data.yaml`, or Darknet's files; a classification becomes folders, as Ultralytics wants it. */
export const yoloWriter: FormatWriter = {
  format: 'yolo',
  writesByImage: true,

  *losses(image, dataset) {
    if (dataset.taskType === 'image_classification') return yield* imageFolderWriter.losses(image, dataset);
    const layout = layoutFor(dataset, image);
    if (image.split === null && dataset.format !== 'yolo') yield `images of no split are put into "${SPLIT_OF_NONE}"`;
    for (const annotation of image.annotations) {
      const { shapes, loss } = fitted(annotation, layout, dataset);
      if (loss) yield loss;
      if (shapes.length > 0) yield* lostAttributes(annotation, keptOf(annotation));
      if (image.width === null) yield 'images without readable dimensions lose their labels';
    }
  },

  async *write(dataset): AsyncGenerator<OutputFile> {
    if (dataset.taskType === 'image_classification') return yield* imageFolderWriter.write(dataset);
    const layout = layoutFor(dataset, await withMostKeypoints(dataset));
    const places = await placesOf(dataset);
    // Two images of one name but for the extension share their label.
    const written = new Fingerprints();
    for await (const batch of dataset.images()) {
      for (const image of batch) {
        const path = places.imageOf(image);
        yield { path, copyOf: image.path };
        if (!image.isLabeled && image.annotations.length === 0) continue;
        const label = places.labelOf(image);
        if (written.add(Hash.of(label)) === 0)
          yield { path: label, text: wholeText(labelOf(image, layout, dataset)), of: image.path };
      }
    }
    yield* description(dataset, layout, places);
  },
};

interface Places {
  imageOf(image: ImageRecord): string;
  labelOf(image: ImageRecord): string;
}

/** Where they came from, or else in folders `images` and `labels`. */
async function placesOf(dataset: WritableDataset): Promise<Places> {
  if (dataset.format === 'yolo') {
    return {
      imageOf: ({ path }) => path,
      labelOf: (image) => (typeof image.source?.label === 'string' ? image.source.label : labelBeside(image.path)),
    };
  }
  const paths = await UniquePaths.open(dataset, ({ path }) => (/(^|\/)images\//.test(path) ? path : `images/${path}`));
  return { imageOf: (image) => paths.of(image), labelOf: (image) => labelBeside(paths.of(image)) };
}

/** Ultralytics looks for it below `labels`, where the image is below the last `images`. */
const labelBeside = (path: string): string =>
  `${`/${stemOf(path)}`.replace(/^(.*\/)images\//, '$1labels/').slice(1)}.txt`;

const LAYOUT: LineLayout = { task: 'detect', keypointShape: null, boxLengths: new Set() };

/** An image with an object of the most key points. */
async function withMostKeypoints(dataset: WritableDataset): Promise<ImageRecord | null> {
  if (dataset.taskType !== 'keypoint_detection') return null;
  let most: ImageRecord | null = null;
  for await (const batch of dataset.images()) {
    for (const image of batch) if (countKeypoints(image) > countKeypoints(most)) most = image;
  }
  return most;
}

const countKeypoints = (image: ImageRecord | null): number =>
  Math.max(
    0,
    ...(image?.annotations ?? []).map(({ geometry }) => ('keypoints' in geometry ? geometry.keypoints.length / 3 : 0)),
  );

/** As the dataset was, or what its task asks for; key points are as many as the classes name, or an image has. */
function layoutFor({ format, taskType, source, classes }: WritableDataset, most: ImageRecord | null): LineLayout {
  if (taskType === 'keypoint_detection') {
    const kept =
      format === 'yolo' && Array.isArray(source.keypointShape) ? (source.keypointShape as [number, number]) : null;
    const named = Math.max(
      0,
      ...classes.map((definition) =>
        Array.isArray(definition.source.keypoints) ? definition.source.keypoints.length : 0,
      ),
    );
    return { ...LAYOUT, task: 'pose', keypointShape: kept ?? [named || countKeypoints(most) || 17, 3] };
  }
  if (taskType === 'instance_segmentation' || taskType === 'semantic_segmentation')
    return { ...LAYOUT, task: 'segment' };
  return { ...LAYOUT, task: taskType === 'oriented_detection' ? 'obb' : 'detect' };
}

/** The shapes that an annotation's lines have, and what is lost by it. A dataset that was YOLO keeps its mixed lines. */
function fitted(
  annotation: Annotation,
  layout: LineLayout,
  { format }: WritableDataset,
): { shapes: Annotation[]; loss: string | null } {
  const { type, geometry, attributes, classIndex } = annotation;
  const base = { attributes, classIndex };
  const ring = (points: number[]): Annotation => ({
    ...base,
    type: 'polygon',
    geometry: { box: null, polygons: [points] },
  });
  if (type === 'keypoints' && layout.task === 'pose') {
    const [count, dimensions] = layout.keypointShape ?? [17, 3];
    const { box, loss } = boxed(annotation);
    if (!box) return { shapes: [], loss };
    const keypoints = Array.from({ length: count * 3 }, (_, i) => geometry.keypoints[i] ?? 0);
    const isCut = geometry.keypoints.length > count * 3;
    const isFilled = geometry.keypoints.length < count * 3;
    const isFlat = dimensions === 2 && geometry.keypoints.some((value, i) => i % 3 === 2 && value === 1);
    const outline =
      geometry.polygons?.length || geometry.rle ? 'outlines of objects with keypoints are left out' : null;
    const what = isCut
      ? `key points beyond ${count} are left out`
      : isFlat
        ? 'the visibility of keypoints is left out'
        : isFilled
          ? `objects of fewer than ${count} key points get absent ones`
          : (outline ?? (geometry.box ? null : loss));
    return { shapes: [{ ...base, type, geometry: { box, keypoints } }], loss: what };
  }
  if (type === 'polygon' && (layout.task === 'segment' || format === 'yolo')) {
    const { polygons, box } = geometry;
    const around = boxed({ ...annotation, geometry: { ...geometry, box: null } } as Annotation).box;
    const hasOwnBox = box !== null && around !== null && box.some((value, i) => Math.abs(value - (around[i] ?? 0)) > 1);
    const loss =
      polygons.length > 1
        ? 'objects of several rings become an object per ring'
        : hasOwnBox
          ? 'boxes that differ from their polygons are left out'
          : null;
    return { shapes: polygons.map(ring), loss };
  }
  if (type === 'rle' && layout.task === 'segment') {
    const { rings, loss } = ringsFor(annotation);
    return { shapes: rings.map(ring), loss };
  }
  if (type === 'obb' && (layout.task === 'obb' || format === 'yolo')) return { shapes: [annotation], loss: null };
  const { box, loss } = boxed(annotation);
  if (!box) return { shapes: [], loss };
  if (layout.task === 'segment' && format !== 'yolo') {
    const [x, y, width, height] = box;
    return {
      shapes: [ring([x, y, x + width, y, x + width, y + height, x, y + height])],
      loss: `${nameOf(type)} become polygons of four corners`,
    };
  }
  if (layout.task === 'obb' && format !== 'yolo') {
    const [x, y, width, height] = box;
    const corners = [x, y, x + width, y, x + width, y + height, x, y + height];
    return {
      shapes: [{ ...base, type: 'obb', geometry: { corners } }],
      loss: `${nameOf(type)} become oriented boxes that are not turned`,
    };
  }
  return { shapes: [{ ...base, type: 'bbox', geometry: { box } }], loss };
}

function labelOf(image: ImageRecord, layout: LineLayout, dataset: WritableDataset): string {
  const { width, height } = image;
  if (width === null || height === null) return '';
  const lines = image.annotations.flatMap((annotation) =>
    fitted(annotation, layout, dataset).shapes.flatMap(
      (shape) => lineOf(shape, annotation.classIndex ?? 0, layout, width, height) ?? [],
    ),
  );
  return lines.map((line) => `${line}\n`).join('');
}

/** The files that describe the dataset: those that it had, or a `data.yaml` with a list of images for each split. */
async function* description(
  dataset: WritableDataset,
  layout: LineLayout,
  { imageOf }: Places,
): AsyncGenerator<OutputFile> {
  const names = dataset.classes.map(({ name }) => name);
  const { config, lists, areMerged } = dataset.source as {
    config?: Kept | null;
    lists?: ImageList[];
    areMerged?: boolean;
  };
  // Of several descriptions none is that of the whole.
  if (dataset.format === 'yolo' && !areMerged && !dataset.isPacked) {
    for (const list of lists ?? []) yield { path: list.path, text: textOfImages(dataset, lineIn(list)) };
    if (config) yield* keptDescription(config, dataset, names);
    else yield yamlFile('data.yaml', { names: numbered(names) });
    return;
  }
  const files: Record<string, string> = {};
  for (const stated of await splitsOf(dataset)) {
    const split = stated ?? SPLIT_OF_NONE;
    if (split in files) continue;
    files[split] = `${split}.txt`;
    const line = (image: ImageRecord) => ((image.split ?? SPLIT_OF_NONE) === split ? `./${imageOf(image)}\n` : '');
    yield { path: `${split}.txt`, text: textOfImages(dataset, line) };
  }
  yield yamlFile('data.yaml', {
    ...(dataset.isPacked ? { path: '.' } : {}),
    ...files,
    task: layout.task,
    ...(layout.keypointShape ? { kpt_shape: layout.keypointShape } : {}),
    names: numbered(names),
  });
}

/** Ultralytics trains on nothing that is in no split. */
const SPLIT_OF_NONE = 'train';

const lineIn =
  ({ split, prefix, below }: ImageList) =>
  (image: ImageRecord): string =>
    image.split === split
      ? `${prefix ?? ''}${image.path.startsWith(below) ? image.path.slice(below.length) : image.path}\n`
      : '';

/** The description that a dataset was read with. */
interface Kept {
  path: string;
  members: Record<string, unknown>;
}

function* keptDescription(
  { path, members }: Kept,
  dataset: WritableDataset,
  names: readonly string[],
): Generator<OutputFile> {
  const listOfNames = names.map((name) => `${name}\n`).join('');
  if (path.endsWith('.data')) {
    const lines = Object.entries(members).map(([key, value]) => `${key} = ${value}\n`);
    yield { path, text: wholeText(lines.join('')) };
    yield { path: folderOf(path) + baseName(String(members.names ?? 'obj.names')), text: wholeText(listOfNames) };
  } else if (/\.ya?ml$/.test(path)) {
    const { nc, ...others } = members;
    const count = nc === undefined ? {} : { nc: names.length };
    yield yamlFile(path, { ...others, ...count, ...namesMember(members, dataset.classes) });
  } else {
    yield { path, text: wholeText(listOfNames) };
  }
}

const yamlFile = (path: string, content: object): OutputFile => ({ path, text: wholeText(stringify(content)) });

const numbered = (names: readonly string[]): Record<number, string> =>
  Object.fromEntries(names.map((name, index) => [index, name]));

/** Names as they were written, a list or a map, unless a repair has renamed one. */
function namesMember(members: Record<string, unknown>, classes: readonly ClassDefinition[]): Record<string, unknown> {
  const names = classes.map(({ name }) => name);
  const { names: stated } = members;
  if (stated === undefined || typeof stated === 'string') return {};
  return { names: Array.isArray(stated) ? names : numbered(names) };
}
