import { type Region, regionsOf } from '../masks/regions.ts';

/** Larger brushes are not unpacked: their pixels are held in memory. */
const MAX_PIXELS = 64 * 1024 * 1024;

/**
 * The mask of a brush: the alpha of its pixels, run by run, in the packing of @thi.ng/rle-pack that Label Studio writes.
 * Its bits are: the number of values in 32, the bits of a value less one in 5, and four lengths less one in 4 each; then
 * runs, of a bit that says whether one value is repeated, two that choose the length's size, the length less one, and the
 * value or the values (label-studio-converter, brush.py). A text says what is wrong.
 */
export function brushMask(packed: readonly number[], width: number, height: number): Region | string {
  if (width * height > MAX_PIXELS) return `a brush of ${width} × ${height} pixels`;
  const bits = new Bits(packed);
  const count = bits.read(32);
  if (count !== width * height * 4) return `a brush of ${count} values for ${width} × ${height} pixels`;
  const valueBits = bits.read(5) + 1;
  const lengthBits = [0, 0, 0, 0].map(() => bits.read(4) + 1);
  const alpha = new Uint8Array(width * height);
  for (let at = 0; at < count; ) {
    if (bits.isOver) return 'a brush whose end is missing';
    const isRepeated = bits.read(1) === 1;
    const end = Math.min(count, at + bits.read(lengthBits[bits.read(2)] ?? 1) + 1);
    let value = isRepeated ? bits.read(valueBits) : 0;
    for (; at < end; at++) {
      if (!isRepeated) value = bits.read(valueBits);
      // Red, green and blue say nothing.
      if (at % 4 === 3) alpha[at >> 2] = value;
    }
  }
  return regionsOf(width, height, (i) => (alpha[i] ? 1 : -1))?.get(1) ?? 'a brush that marks nothing';
}

class Bits {
  readonly #bytes: readonly number[];
  #at = 0;

  constructor(bytes: readonly number[]) {
    this.#bytes = bytes;
  }

  get isOver(): boolean {
    return this.#at >= this.#bytes.length * 8;
  }

  /** An unsigned number of so many bits, the highest first; what is missing is 0. */
  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++) {
      const bit = ((this.#bytes[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1;
      value = value * 2 + bit;
    }
    return value;
  }
}
