import { expect } from 'vitest';
import { png, sha256, zipOf } from './archives.ts';
import type { Client } from './client.ts';
import type { TestGranary } from './granary.ts';
import { keysOf } from './kill.ts';
import {
  filesOf,
  imagePath,
  labelOf,
  labelPath,
  mapping,
  namesOf,
  type Step,
  saidBy,
  type Tree,
  undone,
  withFiles,
  withoutFiles,
} from './version-model.ts';
import { compact, done, said } from './versions.ts';

/** A dataset, and beside it what it should be at each of its revisions; null for those that are no longer kept. */
export class Modelled {
  readonly trees: (Tree | null)[] = [new Map()];
  readonly versions = new Set<number>();
  readonly #granary: TestGranary;
  readonly #client: Client;
  readonly id: string;

  constructor(granary: TestGranary, client: Client, id: string) {
    this.#granary = granary;
    this.#client = client;
    this.id = id;
  }

  get #now(): Tree {
    return this.trees.at(-1) ?? new Map();
  }

  /** The first revision: some images with their labels. */
  async begin(): Promise<void> {
    const files = new Map([['data.yaml', namesOf(0)]]);
    for (const i of [0, 1, 2]) {
      files.set(imagePath(i), await pictureOf(i));
      files.set(labelPath(i), labelOf(i));
    }
    await this.#import(files);
  }

  async #import(files: Tree, options?: object): Promise<void> {
    const { job } = await this.#client.importArchive(this.id, 'a.zip', await zipOf(files), options);
    expect(job).toMatchObject({ state: 'completed' });
    this.trees.push(withFiles(this.#now, files));
  }

  async take(step: Step): Promise<void> {
    const { id } = this;
    const client = this.#client;
    const newest = this.trees.length - 1;
    switch (step.do) {
      case 'add': {
        const label = labelOf(step.boxes);
        return this.#import(
          new Map([
            [imagePath(step.image), await pictureOf(step.image)],
            [labelPath(step.image), label],
          ]),
        );
      }
      case 'relabel':
        if (!this.#now.has(labelPath(step.image))) return;
        return this.#import(new Map([[labelPath(step.image), labelOf(step.boxes)]]), {
          labelsOnly: step.isLabelsOnly,
          onConflict: 'replace',
        });
      case 'rename':
        return this.#import(new Map([['data.yaml', namesOf(step.to)]]));
      case 'map': {
        const label = new Map([[labelPath(step.image), labelOf(step.boxes)]]);
        if (!this.#now.has(labelPath(step.image))) return;
        const to = step.to === 'own' ? step.from : step.to;
        await this.#import(label, { classMap: { [step.from]: to }, onConflict: 'replace' });
        this.trees.push(mapping(this.trees.pop() ?? label, step.from, to));
        return;
      }
      case 'remove': {
        const paths = [imagePath(step.image), labelPath(step.image)].filter((path) => this.#now.has(path));
        if (paths.length === 0) return;
        await done(client, `/datasets/${id}/files/remove`, { paths });
        this.trees.push(withoutFiles(this.#now, paths));
        return;
      }
      case 'version': {
        const { status } = await client.json('POST', `/api/v1/datasets/${id}/versions`, { message: `of ${newest}` });
        expect([201, 409]).toContain(status);
        if (status === 201) this.versions.add(newest);
        return;
      }
      case 'undo': {
        const revision = 1 + (step.which % newest);
        const known = this.trees.slice(revision - 1);
        if (known.some((tree) => tree === null)) return;
        const trees = this.trees.map((tree) => tree ?? new Map());
        const { tree, conflicts } = undone(trees, revision);
        // Texts alone would be taken for a dataset of texts.
        if (tree.size > 0 && !tree.has('data.yaml')) return;
        expect(await done(client, `/datasets/${id}/revisions/${revision}/undo`)).toMatchObject({ conflicts });
        this.trees.push(tree);
        return;
      }
      case 'rollback': {
        const revision = 1 + (step.which % newest);
        const tree = this.trees[revision];
        if (!tree) return;
        await done(client, `/datasets/${id}/rollback`, { to: `r${revision}` });
        this.trees.push(tree);
        return;
      }
      case 'compact':
        await compact(this.#granary);
        for (let revision = 1; revision < newest; revision++)
          if (!this.versions.has(revision)) this.trees[revision] = null;
    }
  }

  /** Every ref answers what the model says, and the store has what they need and nothing else. */
  async compare(): Promise<void> {
    for (const [revision, tree] of this.trees.entries()) {
      if (revision === 0) continue;
      if (tree) expect(await said(this.#client, this.id, `r${revision}`), `r${revision}`).toEqual(saidBy(tree));
      else
        expect(await this.#client.json('GET', `/api/v1/datasets/${this.id}/files?version=r${revision}`)).toMatchObject({
          status: 409,
          body: { code: 'revision_gone' },
        });
    }
    const now = this.#now;
    const { contentHash, revision } = await this.#client.dataset(this.id);
    expect({ contentHash, revision }).toEqual({
      contentHash: saidBy(now).contentHash,
      revision: this.trees.length - 1,
    });
    const needed = this.trees.flatMap((tree) =>
      filesOf(tree ?? new Map())
        .filter(([path, bytes]) => !now.get(path)?.equals(bytes))
        .map(([, bytes]) => sha256(bytes)),
    );
    const kept = (await keysOf(this.#granary, `history/${this.id}/`)).map((key) => key.split('/')[2] ?? '');
    expect(needed.filter((hash) => !kept.includes(hash))).toEqual([]);
  }
}

const pictureOf = async (image: number): Promise<Buffer> => Buffer.concat([await png(), Buffer.from(String(image))]);
