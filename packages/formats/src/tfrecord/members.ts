import { FormatError } from '../format-error.ts';
import { baseName, extensionOf, folderOf, isImagePath, stemOf } from '../paths.ts';
import { type Feature, featuresOf } from './example.ts';
import { recordsOf } from './records.ts';

/** `train.tfrecord`, `train.record-00000-of-00010`, `train-00000-of-00010.tfrecord`. */
const NAME = /^(.*?)([-_.]?\d{3,}-of-\d{3,})?\.(?:tfrecords?|record)(-\d+-of-\d+)?$/i;

/** Whether a file is one of records by its name. */
export const isRecordsPath = (path: string): boolean => NAME.test(baseName(path));

/** A file that a record holds: an image, or what is said of it. */
export interface Member {
  path: string;
  bytes: Uint8Array;
}

/**
 * What a TFRecord file of images holds, as files in a folder called after it: each image, and beside it a JSON file
 * with all other features of its example. Of a damaged file the last member says which record could not be read.
 *
 * @throws FormatError for a file whose first record is damaged, or holds no image
 */
export async function* membersOf(path: string, stream: AsyncIterable<Uint8Array>): AsyncGenerator<Member> {
  const folder = folderOfMembers(path);
  const taken = new Set<string>();
  let number = 0;
  try {
    for await (const record of recordsOf(stream)) {
      const features = featuresOf(record);
      const image = takeImage(features);
      if (number === 0 && !image) throw new FormatError('its records hold something else than images');
      const name = nameOf(features, image, number, taken);
      if (image) yield { path: folder + name, bytes: image };
      yield { path: `${folder}${stemOf(name)}.json`, bytes: labelOf(path, number, image ? name : null, features) };
      number++;
    }
  } catch (error) {
    if (!(error instanceof FormatError) || number === 0) throw error;
    const said = { tfrecord: baseName(path), record: number, problem: error.message };
    yield { path: `${folder}record-${number}.json`, bytes: encode(said) };
  }
}

function folderOfMembers(path: string): string {
  const [, name = '', before = '', behind = ''] = NAME.exec(baseName(path)) ?? [];
  const shard = (before || behind).replace(/^[-_.]/, '');
  return `${folderOf(path)}${name || 'records'}/${shard ? `${shard}/` : ''}`;
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 1)}\n`);

/** As TensorFlow's models, its catalogue of datasets, and notebooks on Kaggle call them. */
const IMAGES = ['image/encoded', 'image', 'image_raw', 'image/data'];
const NAMES = [
  'image/filename',
  'filename',
  'file_name',
  'image_name',
  'image/source_id',
  'image/id',
  'image_id',
  'id',
];

/** The image of an example, which is no longer among its features then. */
function takeImage(features: Map<string, Feature>): Uint8Array | null {
  for (const name of IMAGES) {
    const bytes = bytesIn(features.get(name));
    if (!bytes || !(name === 'image/encoded' || isPicture(bytes))) continue;
    features.delete(name);
    return bytes;
  }
  return null;
}

/** By the signatures of JPEG, PNG and WebP. */
const isPicture = ([a, b, c]: Uint8Array): boolean =>
  (a === 0xff && b === 0xd8) || (a === 0x89 && b === 0x50) || (a === 0x52 && b === 0x49 && c === 0x46);

function bytesIn(feature: Feature | undefined): Uint8Array | null {
  const [first] = feature ?? [];
  return first instanceof Uint8Array ? first : null;
}

/** As the example calls its image, or else after the record's number; no two are called the same. */
function nameOf(
  features: ReadonlyMap<string, Feature>,
  image: Uint8Array | null,
  number: number,
  taken: Set<string>,
): string {
  const stated = NAMES.map((name) => textIn(features.get(name))).find((text) => text !== null) ?? '';
  const own = baseName(stated.replaceAll('\\', '/')).replace(/^\.+/, '');
  const numbered = String(number).padStart(6, '0');
  const stem = (isImagePath(own) ? stemOf(own) : own) || numbered;
  const extension = isImagePath(own) ? own.slice(-extensionOf(own).length) : extensionBy(features, image);
  const free = taken.has(stem) ? `${stem}-${numbered}` : stem;
  taken.add(free);
  return `${free}.${extension}`;
}

function extensionBy(features: ReadonlyMap<string, Feature>, image: Uint8Array | null): string {
  const stated = textIn(features.get('image/format'))?.toLowerCase() ?? '';
  if (isImagePath(`a.${stated}`)) return stated === 'jpeg' ? 'jpg' : stated;
  return image?.[0] === 0x89 ? 'png' : 'jpg';
}

function textIn(feature: Feature | undefined): string | null {
  const bytes = bytesIn(feature);
  return bytes ? new TextDecoder().decode(bytes).trim() || null : null;
}

/** Bytes that are text as text, others in base64. */
function labelOf(path: string, record: number, image: string | null, features: ReadonlyMap<string, Feature>) {
  const others = [...features]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, values]) => [name, values.map((value) => (value instanceof Uint8Array ? plain(value) : value))]);
  return encode({ tfrecord: baseName(path), record, image, features: Object.fromEntries(others) });
}

function plain(bytes: Uint8Array): string | { base64: string } {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { base64: base64Of(bytes) };
  }
}

const CHUNK = 0x8000;

function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}
