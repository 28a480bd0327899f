/** Slots of a new map: there may be one for each of many small files. */
const FIRST = 64;

/**
 * A map from 64-bit hashes to small numbers, in typed arrays: a million entries take some 20 MB, where a Set of texts
 * takes ten times as much. Two different things share a hash with a chance of 1 to 30 million among a million of them.
 */
export class Fingerprints {
  #low: Uint32Array;
  #high: Uint32Array;
  #values: Uint8Array;
  #mask: number;
  #size = 0;

  constructor() {
    this.#low = new Uint32Array(FIRST);
    this.#high = new Uint32Array(FIRST);
    this.#values = new Uint8Array(FIRST);
    this.#mask = FIRST - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** Keeps `value` (1 to 255) unless the hash has one; returns the one it had, or 0. */
  add(hash: Hash, value = 1): number {
    const slot = this.#slotOf(hash.low, hash.high);
    const known = this.#values[slot] ?? 0;
    if (known !== 0) return known;
    this.#low[slot] = hash.low;
    this.#high[slot] = hash.high;
    this.#values[slot] = value;
    if (++this.#size * 10 > this.#mask * 7) this.#grow();
    return 0;
  }

  /** The value of a hash, or 0. */
  get(hash: Hash): number {
    return this.#values[this.#slotOf(hash.low, hash.high)] ?? 0;
  }

  #slotOf(low: number, high: number): number {
    let slot = (low ^ Math.imul(high, 0x9e3779b1)) & this.#mask;
    while (this.#values[slot] !== 0 && (this.#low[slot] !== low || this.#high[slot] !== high)) {
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }

  #grow(): void {
    const { length } = this.#low;
    const [low, high, values] = [this.#low, this.#high, this.#values];
    this.#low = new Uint32Array(length * 2);
    this.#high = new Uint32Array(length * 2);
    this.#values = new Uint8Array(length * 2);
    this.#mask = length * 2 - 1;
    for (let i = 0; i < length; i++) {
      const value = values[i] ?? 0;
      if (value === 0) continue;
      const slot = this.#slotOf(low[i] ?? 0, high[i] ?? 0);
      this.#low[slot] = low[i] ?? 0;
      this.#high[slot] = high[i] ?? 0;
      this.#values[slot] = value;
    }
  }
}

const doubles = new Float64Array(1);
const words = new Uint32Array(doubles.buffer);

/** Two 32-bit hashes with different multipliers (Murmur3's finalizer over each word), built up value by value. */
export class Hash {
  low = 0x2545f491;
  high = 0x4f6cdd1d;

  static of(...values: (string | number)[]): Hash {
    const hash = new Hash();
    for (const value of values) typeof value === 'string' ? hash.text(value) : hash.number(value);
    return hash;
  }

  text(value: string): this {
    for (let i = 0; i < value.length; i++) this.#mix(value.charCodeAt(i));
    this.#mix(0x1f0000 + value.length);
    return this;
  }

  number(value: number): this {
    doubles[0] = value;
    this.#mix(words[0] ?? 0);
    this.#mix(words[1] ?? 0);
    return this;
  }

  #mix(word: number): void {
    let low = Math.imul(this.low ^ word, 0x85ebca6b);
    low ^= low >>> 15;
    let high = Math.imul(this.high ^ word, 0xc2b2ae35);
    high ^= high >>> 13;
    this.low = Math.imul(low, 0x27d4eb2f) >>> 0;
    this.high = Math.imul(high + low, 0x165667b1) >>> 0;
  }
}
