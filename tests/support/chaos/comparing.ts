import { type Belongings, difference, type Known, sha256 } from './belongings.ts';
import type { Caller } from './caller.ts';
import type { Tally } from './tally.ts';

/** Compares what a dataset is to have with what is served; each difference is a breach. */
export class Comparing {
  readonly #caller: Caller;
  readonly #tally: Tally;

  constructor(caller: Caller, tally: Tally) {
    this.#caller = caller;
    this.#tally = tally;
  }

  /** The paths and hashes of the whole tree. */
  async tree(dataset: Known): Promise<void> {
    const tree: Belongings = new Map();
    let cursor: string | null = null;
    do {
      const query = new URLSearchParams({ limit: '100', ...(cursor ? { cursor } : {}) });
      const { status, body } = await this.#caller.json('GET', `/api/v1/datasets/${dataset.id}/files?${query}`);
      if (status !== 200) throw new Error(`The files of ${dataset.name}: ${status} ${JSON.stringify(body)}`);
      for (const { path, sha256: hash } of body.items) tree.set(path, hash);
      cursor = body.nextCursor;
    } while (cursor);
    this.#tally.count('trees compared');
    const differs = difference(dataset.files, tree);
    if (differs) this.#tally.break(`${dataset.name} (${dataset.id}): ${differs}`);
  }

  /** The bytes of a file, now or in a version. */
  async file(dataset: Known, path: string, hash: string, version?: number): Promise<boolean> {
    const query = new URLSearchParams({ path, ...(version === undefined ? {} : { version: `v${version}` }) });
    const { status, bytes } = await this.#caller.ask('GET', `/api/v1/datasets/${dataset.id}/files/content?${query}`);
    const of = `${dataset.name} (${dataset.id})${version === undefined ? '' : ` version ${version}`}: ${path}`;
    if (status !== 200) this.#tally.break(`${of} is not served: ${status} ${bytes.toString().slice(0, 200)}`);
    else if (sha256(bytes) !== hash) this.#tally.break(`${of} has other bytes (${bytes.length})`);
    this.#tally.count('files compared by their bytes');
    return true;
  }
}
