import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compress } from '../fixtures/compress.ts';
import { pngBytes, readAll } from '../fixtures/read.ts';
import { contentOf, differenceOf, type Model, writeAll } from '../fixtures/write.ts';
import type { Annotation, Format, ImageRecord, TaskType } from './index.ts';

/** The kinds of datasets that tasks are made of: each image has only annotations of these types. */
const TASKS = {
  bbox: 'object_detection',
  polygon: 'instance_segmentation',
  rle: 'instance_segmentation',
  obb: 'oriented_detection',
  keypoints: 'keypoint_detection',
  caption: 'image_captioning',
  classification: 'image_classification',
} as const satisfies Record<Annotation['type'], TaskType>;

/** What each format holds whole. */
const HELD: [Format, Annotation['type'][], names?: fc.Arbitrary<string>][] = [
  ['coco', ['bbox', 'polygon', 'rle', 'keypoints', 'caption']],
  ['dice', ['bbox', 'polygon', 'rle', 'keypoints', 'caption']],
  ['yolo', ['bbox', 'polygon', 'obb', 'keypoints', 'classification']],
  ['pascal_voc', ['bbox', 'polygon']],
  ['csv', ['bbox']],
  ['imagefolder', ['classification']],
  ['classification_csv', ['classification']],
  ['hf_metadata', ['bbox', 'classification']],
  ['dota', ['obb'], words()],
  ['kitti', ['bbox'], words()],
  ['createml', ['bbox', 'classification']],
  ['via', ['bbox', 'polygon']],
  ['cvat', ['bbox', 'polygon', 'classification']],
  ['labelme', ['bbox', 'polygon']],
  ['label_studio', ['bbox', 'polygon', 'classification']],
  ['datumaro', ['bbox', 'polygon', 'keypoints', 'caption', 'classification']],
];

/** Class names for formats whose fields are separated by blanks. */
function words(): fc.Arbitrary<string> {
  return fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,8}$/);
}

const word = fc.stringMatching(/^[a-z_]{1,6}$/);
const path = fc
  .tuple(fc.array(word, { maxLength: 2 }), word, fc.constantFrom('png', 'jpg'))
  .map(([folders, name, ending]) => `${[...folders, name].join('/')}.${ending}`);
const className = fc.oneof(
  fc.stringMatching(/^[A-Za-z][A-Za-z0-9 ,;:"'&<>#=.-]{0,8}$/).map((name) => name.trim()),
  fc.constantFrom('고양이', 'straße', 'null', 'yes', '1', '1.50', '=cmd', 'a: b', '😀'),
);

const _KEYPOINTS = 3;

function shapesOf(type: Annotation['type'], width: number, height: number): fc.Arbitrary<Annotation['geometry']> {
  const point = fc.tuple(
    fc.double({ min: 0, max: width, noNaN: true }),
    fc.double({ min: 0, max: height, noNaN: true }),
  );
  const ring = (minLength: number, maxLength: number) =>
    fc.array(point, { minLength, maxLength }).map((points) => points.flat());
  const box = fc
    .tuple(point, fc.double({ min: 2, max: width, noNaN: true }), fc.double({ min: 2, max: height, noNaN: true }))
    .map(([[x, y], boxWidth, boxHeight]) => [x, y, boxWidth, boxHeight]);
  switch (type) {
    case 'bbox':
      return fc.record({ box }) as never;
    case 'polygon':
      return ring(3, 8).map((points) => ({ box: null, polygons: [points] }));
    case 'rle':
      return fc
        .record({ box, cuts: fc.uniqueArray(fc.nat(width * height)), isCompressed: fc.boolean() })
        .map(({ box: around, cuts, isCompressed }) => {
          const ends = [...cuts.sort((a, b) => a - b), width * height];
          const runs = ends.map((end, i) => end - (ends[i - 1] ?? 0));
          return { box: around, rle: { size: [height, width], counts: isCompressed ? compress(runs) : runs } };
        }) as never;
    case 'obb':
      return ring(4, 4).map((corners) => ({ corners }));
    case 'keypoints':
      return fc
        .record({ box, points: fc.array(fc.tuple(point, fc.constantFrom(1, 2)), { minLength: 3, maxLength: 3 }) })
        .map(({ box: around, points }) => ({ box: around, keypoints: points.flat(2) })) as never;
    case 'caption':
      return fc.record({ caption: fc.string() });
    case 'classification':
      return fc.constant({});
  }
}

/** Random datasets; with attributes and images that nothing is said of only where a format may lose them. */
function modelOf(
  types: readonly Annotation['type'][],
  isFree: boolean,
  nameOf: fc.Arbitrary<string> = className,
): fc.Arbitrary<Model> {
  const isWhole = types.every((type) => type === 'classification');
  const names = fc.uniqueArray(nameOf, { minLength: 2, maxLength: 4 });
  const annotationOf = (width: number, height: number, numClasses: number): fc.Arbitrary<Annotation> =>
    fc.constantFrom(...types).chain(
      (type) =>
        fc.record({
          type: fc.constant(type),
          geometry: shapesOf(type, width, height),
          classIndex: type === 'caption' ? fc.constant(null) : fc.nat(numClasses - 1),
          attributes: isFree
            ? fc.dictionary(
                fc.constantFrom('iscrowd', 'score', 'difficult', 'name', 'polygon', 'a b', 'color'),
                fc.nat(5),
              )
            : fc.constant({}),
        }) as fc.Arbitrary<Annotation>,
    );
  const imageOf = (numClasses: number) =>
    fc
      .record({ path, width: fc.integer({ min: 5, max: 3000 }), height: fc.integer({ min: 5, max: 3000 }) })
      .chain((base) =>
        fc
          .record({
            split: fc.constantFrom('train', 'val', 'test', ...(isFree ? [null] : [])),
            annotations: fc.array(annotationOf(base.width, base.height, numClasses), {
              minLength: isWhole && !isFree ? 1 : 0,
              maxLength: isWhole && !isFree ? 1 : 4,
            }),
            isLabeled: isFree ? fc.boolean() : fc.constant(true),
          })
          .map(
            (more): ImageRecord => ({
              ...base,
              ...more,
              isLabeled: more.isLabeled || more.annotations.length > 0,
              className: null,
            }),
          ),
      );
  return names
    .chain((list) =>
      fc.record({
        classes: fc.constant(list.map((name) => ({ name, source: {} }))),
        images: fc.uniqueArray(imageOf(list.length), { selector: (image) => image.path, minLength: 1, maxLength: 8 }),
      }),
    )
    .map(({ classes, images }) => {
      const present = new Set(images.flatMap(({ annotations }) => annotations.map(({ type }) => type)));
      const order: Annotation['type'][] = ['keypoints', 'polygon', 'rle', 'obb', 'bbox', 'classification', 'caption'];
      const most = order.find((type) => present.has(type));
      return {
        format: null,
        taskType: most ? TASKS[most] : null,
        classes,
        source: {},
        images: new Map(images.map((image) => [image.path, image])),
      };
    });
}

async function thereAndBack(model: Model, format: Format) {
  const contents = new Map(
    [...model.images.values()].map(({ path: name, width, height }) => [name, pngBytes(width ?? 0, height ?? 0)]),
  );
  const { files, pathOf, losses } = await writeAll(model, contents, format);
  // Ultralytics' classification datasets are folders of classes.
  const isFolders = format === 'yolo' && model.taskType === 'image_classification';
  const read = await readAll(files, { formatHint: isFolders ? 'imagefolder' : format });
  return { losses, read, pathOf, difference: differenceOf(contentOf(model, pathOf), contentOf(read)) };
}

describe.each(HELD)('%s', (format, types, nameOf) => {
  test.each(types)(
    'a random dataset of the type %s comes back whole',
    async (type) => {
      await fc.assert(
        fc.asyncProperty(modelOf([type], false, nameOf), async (model) => {
          const { losses, difference, read } = await thereAndBack(model, format);
          expect(losses.filter(({ images }) => images > 0)).toEqual([]);
          expect(difference).toBeNull();
          expect(read.report.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
        }),
        { numRuns: 40 },
      );
    },
    60_000,
  );

  test('what does not come back of a random dataset is said before', async () => {
    const all = Object.keys(TASKS) as Annotation['type'][];
    await fc.assert(
      fc.asyncProperty(
        fc.subarray(all, { minLength: 1 }).chain((some) => modelOf(some, true)),
        async (model) => {
          const { losses, pathOf, read } = await thereAndBack(model, format);
          const concerned = new Set(losses.flatMap(({ examples }) => examples));
          const whole = new Map([...model.images].filter(([name]) => !concerned.has(name)));
          const [before, after] = [contentOf({ ...model, images: whole }, pathOf), contentOf(read)];
          for (const name of Object.keys(before)) expect(differenceOf(before[name], after[name])).toBeNull();
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);
});
