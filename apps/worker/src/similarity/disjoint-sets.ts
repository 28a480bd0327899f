/** Which hashes belong together: union-find with path halving. */
export class DisjointSets {
  readonly #nodes = new Map<string, number>();
  readonly #parents: number[] = [];

  nodeOf(hash: string): number {
    const known = this.#nodes.get(hash);
    if (known !== undefined) return known;
    const node = this.#parents.length;
    this.#nodes.set(hash, node);
    this.#parents.push(node);
    return node;
  }

  join(a: number, b: number): void {
    this.#parents[this.#rootOf(a)] = this.#rootOf(b);
  }

  *members(): Generator<[hash: string, root: number]> {
    for (const [hash, node] of this.#nodes) yield [hash, this.#rootOf(node)];
  }

  #rootOf(node: number): number {
    let at = node;
    for (;;) {
      const parent = this.#parents[at] ?? at;
      if (parent === at) return at;
      at = this.#parents[at] = this.#parents[parent] ?? parent;
    }
  }
}
