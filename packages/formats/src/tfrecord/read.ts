import { FormatError } from '../format-error.ts';
import { isMembers } from '../json/lines.ts';
import { parseLeniently } from '../json/parse.ts';
import { everyFile } from '../listing.ts';
import { decodeMask } from '../masks/png.ts';
import { regionsOf } from '../masks/regions.ts';
import type { Annotation, Box, ImageEntry, Shape } from '../model.ts';
import { baseName, extensionOf, stemOf } from '../paths.ts';
import { annotationOf, type ImageLabels, imageFilesReader, type Reading } from '../reading/label-files.ts';

/** How the JSON files of {@link membersOf} begin. */
const LABEL = /^\ufeff?\s*\{\s*"tfrecord":/;
const OBJECT = 'image/object/';
const [LEFT, TOP, RIGHT, BOTTOM] = [
  `${OBJECT}bbox/xmin`,
  `${OBJECT}bbox/ymin`,
  `${OBJECT}bbox/xmax`,
  `${OBJECT}bbox/ymax`,
] as const;
const BOX = [LEFT, TOP, RIGHT, BOTTOM];

/**
 * Examples of TFRecord files, unpacked to an image and a JSON file each, with the features that TensorFlow's object
 * detection and classification have: https://github.com/tensorflow/models/tree/master/research/object_detection
 */
export const tfrecord = imageFilesReader({
  format: 'tfrecord',
  what: 'is an example of a TFRecord file',
  extensions: ['json'],
  fits: (text) => LABEL.test(text),
  stemsOf: (path) => [baseName(stemOf(path))],
  besides: (path) => extensionOf(path) === 'pbtxt',
  async prepare(reading) {
    reading.kept.labels = Object.fromEntries(await labelMapOf(reading));
  },
  read: labelsOf,
});

/** Classes by their numbers, of `item { id: 1 name: "cat" }`. */
async function labelMapOf({ source, listing }: Reading): Promise<Map<number, string>> {
  const names = new Map<number, string>();
  for await (const files of everyFile(source, listing, 'pbtxt')) {
    for (const text of (await source.texts(files.map(({ path }) => path))).values()) {
      for (const [, item = ''] of (text ?? '').matchAll(/item\s*\{([^}]*)\}/g)) {
        const [, id] = /\bid\s*:\s*(\d+)/.exec(item) ?? [];
        const said = /\bdisplay_name\s*:\s*(["'])(.*?)\1/.exec(item) ?? /\bname\s*:\s*(["'])(.*?)\1/.exec(item);
        if (id !== undefined && said?.[2]) names.set(Number(id), said[2]);
      }
    }
  }
  return names;
}

type Features = Record<string, readonly unknown[]>;

function labelsOf(path: string, text: string, reading: Reading): ImageLabels | null {
  const value = parseLeniently(text);
  if (!isMembers(value)) throw new FormatError('it is no JSON object');
  if (typeof value.problem === 'string') {
    reading.report.add('annotation_file_unreadable', { path, detail: `${value.tfrecord}: ${value.problem}` });
    return null;
  }
  const features = inOneSpelling(listsOf(value.features));
  const [width, height] = [numberIn(features['image/width']), numberIn(features['image/height'])];
  const refused = { count: 0 };
  return {
    name: typeof value.image === 'string' ? value.image : null,
    width,
    height,
    refused,
    isUnlabeled: !Object.keys(features).some((name) => /^image\/(object|class|caption)/.test(name)),
    annotate: (image) => {
      const before = reading.report.numRefused;
      const annotations = annotationsOf(path, features, image, reading);
      refused.count = reading.report.numRefused - before;
      return annotations;
    },
    source: { file: path },
    unit: 'object',
  };
}

const listsOf = (value: unknown): Features =>
  isMembers(value) ? Object.fromEntries(Object.entries(value).filter(isList)) : {};
const isList = (entry: [string, unknown]): entry is [string, readonly unknown[]] => Array.isArray(entry[1]);

/** TensorFlow's catalogue of datasets has names of its own, with the four sides of a box in one list. */
function inOneSpelling(features: Features): Features {
  const { label, class: target, 'objects/bbox': sides, 'objects/label': labels, ...others } = features;
  const of = (offset: number) => (sides ?? []).filter((_, i) => i % 4 === offset);
  return {
    ...(sides ? { [TOP]: of(0), [LEFT]: of(1), [BOTTOM]: of(2), [RIGHT]: of(3) } : {}),
    ...(labels ? { [`${OBJECT}class/label`]: labels } : {}),
    ...numbersOrTexts('image/class', label ?? target),
    ...others,
  };
}

function numbersOrTexts(name: string, values: readonly unknown[] | undefined): Features {
  if (!values) return {};
  return { [`${name}/${typeof values[0] === 'number' ? 'label' : 'text'}`]: values };
}

function numberIn(values: readonly unknown[] | undefined): number | null {
  const [value] = values ?? [];
  return typeof value === 'number' && value > 0 ? value : null;
}

function annotationsOf(path: string, features: Features, image: ImageEntry, reading: Reading): Annotation[] {
  return [
    ...objectsOf(path, features, image, reading),
    ...classesOf(features['image/class/text'], features['image/class/label'], reading).flatMap((name) =>
      name === undefined ? [] : [annotationOf(reading, name, { type: 'classification', geometry: {} })],
    ),
    ...(features['image/caption'] ?? []).flatMap((caption): Annotation[] => {
      if (typeof caption !== 'string') return [];
      reading.types.add('caption');
      return [{ type: 'caption', geometry: { caption }, classIndex: null, attributes: {} }];
    }),
  ];
}

function objectsOf(path: string, features: Features, image: ImageEntry, reading: Reading): Annotation[] {
  const corners = BOX.map((name) => features[name] ?? []);
  const count = Math.max(...corners.map(({ length }) => length));
  const names = classesOf(features[`${OBJECT}class/text`], features[`${OBJECT}class/label`], reading);
  const masks = features[`${OBJECT}mask`] ?? [];
  const others = attributesOf(path, features, count, reading);
  return Array.from({ length: count }).flatMap((_, i): Annotation[] => {
    const place = { path, pointer: `features[${OBJECT}bbox][${i}]`, image: image.path };
    const [left, top, right, bottom] = corners.map((values) => values[i]);
    const [width, height] = [image.width ?? 1, image.height ?? 1];
    const name = names[i];
    if (![left, top, right, bottom].every((value) => Number.isFinite(value)) || name === undefined) {
      const detail = `${name ?? 'no class'}: ${[left, top, right, bottom].join(', ')}`;
      reading.report.add('bad_box', { ...place, detail });
      return [];
    }
    const [x, y] = [Number(left) * width, Number(top) * height];
    const box: Box = [x, y, Number(right) * width - x, Number(bottom) * height - y];
    if (box[2] < 0 || box[3] < 0) {
      reading.report.add('bad_box', { ...place, detail: `corners ${left}, ${top} to ${right}, ${bottom}` });
      return [];
    }
    const shape = i < masks.length ? maskOf(masks[i], box) : boxOf(box);
    if (typeof shape === 'string') reading.report.add('bad_outline', { ...place, detail: shape });
    return [annotationOf(reading, name, typeof shape === 'string' ? boxOf(box) : shape, others[i] ?? {}, i)];
  });
}

const boxOf = (box: Box): Shape => ({ type: 'bbox', geometry: { box } });

/** A mask is a PNG of the whole image. */
function maskOf(mask: unknown, box: Box): Shape | string {
  if (!isMembers(mask) || typeof mask.base64 !== 'string') return 'the mask is no PNG';
  const pixels = decodeMask(Uint8Array.from(atob(mask.base64), (character) => character.charCodeAt(0)));
  if (typeof pixels === 'string') return pixels;
  const { values, width, height } = pixels;
  const region = regionsOf(width, height, (i) => (values[i] ? 1 : -1))?.get(1);
  return region ? { type: 'rle', geometry: { box, rle: region.rle } } : 'the mask has no pixels';
}

/** Names as the texts say, else as the label map does. */
function classesOf(
  texts: readonly unknown[] = [],
  numbers: readonly unknown[] = [],
  { kept }: Reading,
): (string | undefined)[] {
  const map = isMembers(kept.labels) ? kept.labels : {};
  return Array.from({ length: Math.max(texts.length, numbers.length) }, (_, i) => {
    const [text, number] = [texts[i], numbers[i]];
    if (typeof text === 'string' && text !== '') return text;
    if (typeof number !== 'number') return undefined;
    const named = map[number];
    return typeof named === 'string' ? named : `class_${number}`;
  });
}

/** Further lists with a value for each object; one of another length is told. */
function attributesOf(path: string, features: Features, count: number, { report }: Reading): Record<string, unknown>[] {
  const attributes = Array.from({ length: count }, (): Record<string, unknown> => ({}));
  const known = new Set([...BOX, `${OBJECT}class/text`, `${OBJECT}class/label`, `${OBJECT}mask`]);
  for (const [name, values] of Object.entries(features)) {
    if (!name.startsWith(OBJECT) || known.has(name) || values.length === 0) continue;
    const key = name.slice(OBJECT.length);
    if (values.length !== count) {
      report.add('not_lossless', { path, detail: `${name} has ${values.length} values for ${count} objects` });
      continue;
    }
    for (const [i, value] of values.entries()) {
      const own = attributes[i];
      if (own) own[key === 'is_crowd' ? 'iscrowd' : key] = value;
    }
  }
  return attributes;
}
