const BINS = 20;

/** Lengths of sequences, counted one by one: no sequence is longer than the limit of the option, or than a text can be. */
export class Tally {
  readonly #counts = new Map<number, number>();
  #sequences = 0;
  #tokens = 0;
  #truncated = 0;

  add(lengths: Int32Array, numTruncated: number): void {
    for (const length of lengths) {
      this.#counts.set(length, (this.#counts.get(length) ?? 0) + 1);
      this.#tokens += length;
    }
    this.#sequences += lengths.length;
    this.#truncated += numTruncated;
  }

  statistics() {
    const most = Math.max(0, ...this.#counts.keys());
    const width = Math.max(1, Math.ceil((most + 1) / BINS));
    const histogram = Array.from({ length: Math.floor(most / width) + 1 }, (_, i) => ({
      from: i * width,
      to: (i + 1) * width,
      count: 0,
    }));
    for (const [length, count] of this.#counts) {
      const bin = histogram[Math.floor(length / width)];
      if (bin) bin.count += count;
    }
    return {
      numSequences: this.#sequences,
      numTokens: this.#tokens,
      avgSeqLength: this.#sequences === 0 ? 0 : this.#tokens / this.#sequences,
      maxSeqLength: most,
      truncatedShare: this.#sequences === 0 ? 0 : this.#truncated / this.#sequences,
      lengthHistogram: this.#sequences === 0 ? [] : histogram,
    };
  }
}
