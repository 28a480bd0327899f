import { FormatError } from '../format-error.ts';

/** What an example says under one name: bytes, or numbers. */
export type Feature = Uint8Array[] | number[];

const VARINT = 0;
const FIXED_64 = 1;
const DELIMITED = 2;
const FIXED_32 = 5;

/**
 * The features of a `tf.train.Example`, by name.
 *
 * Its messages, as tensorflow/core/example has them: Example { Features features = 1 }, Features { map<string, Feature>
 * feature = 1 }, Feature { oneof { BytesList = 1, FloatList = 2, Int64List = 3 } }, each list { repeated value = 1 }.
 *
 * @throws FormatError for bytes that are no such message
 */
export function featuresOf(example: Uint8Array): Map<string, Feature> {
  const features = new Map<string, Feature>();
  for (const { number, bytes } of fieldsOf(example)) {
    if (number !== 1 || !bytes) continue;
    for (const entry of fieldsOf(bytes)) {
      if (entry.number !== 1 || !entry.bytes) continue;
      let name = '';
      let feature: Feature = [];
      for (const part of fieldsOf(entry.bytes)) {
        if (part.number === 1 && part.bytes) name = new TextDecoder().decode(part.bytes);
        if (part.number === 2 && part.bytes) feature = featureOf(part.bytes);
      }
      features.set(name, feature);
    }
  }
  return features;
}

function featureOf(message: Uint8Array): Feature {
  for (const { number, bytes } of fieldsOf(message)) {
    if (!bytes) continue;
    const values = [...fieldsOf(bytes)].filter((field) => field.number === 1);
    if (number === 1) return values.flatMap((value) => (value.bytes ? [value.bytes] : []));
    if (number === 2) return values.flatMap((value) => floatsOf(value));
    if (number === 3) return values.flatMap((value) => integersOf(value));
  }
  return [];
}

interface Field {
  number: number;
  /** Of a length-delimited field, or the four or eight bytes of a fixed one. */
  bytes: Uint8Array | null;
  /** Of a varint. */
  value: number;
}

function* fieldsOf(message: Uint8Array): Generator<Field> {
  const cursor = { at: 0 };
  while (cursor.at < message.length) {
    const tag = varint(message, cursor);
    const [number, type] = [Math.floor(tag / 8), tag % 8];
    if (type === VARINT) {
      yield { number, bytes: null, value: varint(message, cursor) };
      continue;
    }
    const length = type === DELIMITED ? varint(message, cursor) : type === FIXED_64 ? 8 : type === FIXED_32 ? 4 : -1;
    if (length < 0 || cursor.at + length > message.length) throw new FormatError('it is no tf.train.Example');
    yield { number, bytes: message.subarray(cursor.at, cursor.at + length), value: 0 };
    cursor.at += length;
  }
}

/** Numbers lie one by one or packed. */
function floatsOf({ bytes }: Field): number[] {
  if (!bytes || bytes.length % 4 !== 0) throw new FormatError('a list of numbers is cut off');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(i * 4, true));
}

function integersOf({ bytes, value }: Field): number[] {
  if (!bytes) return [value];
  const values: number[] = [];
  const cursor = { at: 0 };
  while (cursor.at < bytes.length) values.push(varint(bytes, cursor));
  return values;
}

/** Of up to 64 bits, in two's complement. */
function varint(bytes: Uint8Array, cursor: { at: number }): number {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) break;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return Number(BigInt.asIntN(64, value));
  }
  throw new FormatError('it is no tf.train.Example');
}
