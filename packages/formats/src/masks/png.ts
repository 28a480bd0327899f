import { decode, encode } from 'fast-png';

/**
 * A mask's pixels, row by row: one number each. In a PNG of one channel it is the grey value or the index of the
 * palette, in one of colours red, green and blue as 24 bits; pixels that can be seen through are 0.
 */
export interface MaskPixels {
  width: number;
  height: number;
  values: Uint8Array | Uint16Array | Uint32Array;
  isColored: boolean;
  /** By index, as 24 bits; null without a palette. */
  palette: readonly number[] | null;
}

/** Larger masks are not decoded: their pixels are held in memory. */
export const MAX_MASK_PIXELS = 128 * 1024 * 1024;
const MAX_CHUNK_BYTES = 64 * 1024;

/** Decodes a PNG; a text says why it cannot be. */
export function decodeMask(bytes: Uint8Array): MaskPixels | string {
  if (bytes.length < 33 || bytes[1] !== 0x50 || bytes[2] !== 0x4e) return 'not a PNG';
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [width, height] = [header.getUint32(16), header.getUint32(20)];
  if (width * height === 0 || width * height > MAX_MASK_PIXELS) return `${width} × ${height} pixels`;
  // What inflates to more than its pixels would fill the memory.
  if (bytes.length > width * height * 9 + MAX_CHUNK_BYTES) return 'more data than its pixels have';
  if (bytes[28] === 1 && (bytes[24] ?? 0) < 8) return 'interlaced, with less than 8 bits for a pixel';
  try {
    const { data, depth, channels, palette } = decode(bytes);
    const colors = palette ? palette.map(([red = 0, green = 0, blue = 0]) => (red << 16) | (green << 8) | blue) : null;
    if (channels > 2) return { width, height, palette: null, ...colorsOf(data, channels, width * height, depth) };
    const values = depth < 8 ? unpack(data, depth, width, height) : channels === 2 ? firstOfTwo(data) : data;
    if (values.length < width * height) return 'fewer pixels than it should have';
    return { width, height, values: plain(values), isColored: false, palette: colors };
  } catch (error) {
    return error instanceof Error ? error.message.replace(/:\s*$/, '') : 'not a PNG';
  }
}

const plain = (values: Uint8Array | Uint8ClampedArray | Uint16Array): Uint8Array | Uint16Array =>
  values instanceof Uint8ClampedArray ? new Uint8Array(values.buffer, values.byteOffset, values.length) : values;

/** Colours of which all are greys are the values of one channel. */
function colorsOf(
  data: ArrayLike<number>,
  channels: number,
  count: number,
  depth: number,
): Pick<MaskPixels, 'values' | 'isColored'> {
  if (data.length < count * channels) throw new Error('fewer pixels than it should have');
  const shift = depth === 16 ? 8 : 0;
  const values = new Uint32Array(count);
  let isColored = false;
  for (let i = 0, at = 0; i < count; i++, at += channels) {
    if (channels === 4 && data[at + 3] === 0) continue;
    const red = (data[at] ?? 0) >> shift;
    const green = (data[at + 1] ?? 0) >> shift;
    const blue = (data[at + 2] ?? 0) >> shift;
    if (red !== green || green !== blue) isColored = true;
    values[i] = (red << 16) | (green << 8) | blue;
  }
  if (!isColored) for (let i = 0; i < count; i++) values[i] = (values[i] ?? 0) & 0xff;
  return { values, isColored };
}

function firstOfTwo(data: Uint8Array | Uint8ClampedArray | Uint16Array): Uint8Array | Uint16Array {
  const values = data instanceof Uint16Array ? new Uint16Array(data.length / 2) : new Uint8Array(data.length / 2);
  for (let i = 0; i < values.length; i++) values[i] = data[i * 2 + 1] === 0 ? 0 : (data[i * 2] ?? 0);
  return values;
}

/** Pixels of less than 8 bits lie in bytes, each row from a new one: https://www.w3.org/TR/png/#7Scanline */
function unpack(data: ArrayLike<number>, depth: number, width: number, height: number): Uint8Array {
  const rowBytes = Math.ceil((width * depth) / 8);
  const perByte = 8 / depth;
  const top = (1 << depth) - 1;
  const values = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const byte = data[y * rowBytes + Math.floor(x / perByte)] ?? 0;
      values[y * width + x] = (byte >> (8 - depth * ((x % perByte) + 1))) & top;
    }
  }
  return values;
}

/** A PNG of indices into a palette of at most 256 colours. */
export function encodeIndexed(
  width: number,
  height: number,
  indices: Uint8Array,
  palette: readonly number[],
): Uint8Array {
  return encode({ width, height, data: indices, channels: 1, depth: 8, palette: palette.map(partsOf) });
}

/** A PNG of colours of 24 bits. */
export function encodeColors(width: number, height: number, colors: Uint32Array): Uint8Array {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < colors.length; i++) data.set(partsOf(colors[i] ?? 0), i * 3);
  return encode({ width, height, data, channels: 3, depth: 8 });
}

export const partsOf = (color: number): [red: number, green: number, blue: number] => [
  color >> 16,
  (color >> 8) & 0xff,
  color & 0xff,
];
