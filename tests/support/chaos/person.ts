import { setTimeout as sleep } from 'node:timers/promises';
import { png, zipOf } from '../archives.ts';
import { type Belongings, type Known, sha256 } from './belongings.ts';
import { Caller, type Said } from './caller.ts';
import { Comparing } from './comparing.ts';
import { Jobs, type Json, STUCK_AFTER_MS } from './jobs.ts';
import type { Chance } from './random.ts';
import type { Tally } from './tally.ts';
import { Uploading } from './uploading.ts';

/** How often each thing is done, of so many. */
const HABITS = {
  create: 2,
  addImages: 5,
  addFile: 3,
  editLabels: 5,
  download: 12,
  look: 6,
  remove: 3,
  undo: 2,
  keepVersion: 2,
  downloadVersion: 3,
  share: 2,
  trashAndRestore: 1,
  trashAndPurge: 1,
} as const;
type Habit = keyof typeof HABITS;

const MOST_DATASETS = 4;

/** Someone who lives with a Granary for a while, and remembers what it promised. */
export class Person {
  readonly name: string;
  readonly datasets: Known[] = [];
  readonly #caller: Caller;
  readonly #tally: Tally;
  readonly #chance: Chance;
  readonly #jobs: Jobs;
  readonly #comparing: Comparing;
  readonly #uploading: Uploading;
  #others: readonly Person[] = [];
  /** The last revision that took files away, and what they were, so that it can be taken back. */
  #undoable: { dataset: Known; revision: number; files: Belongings } | null = null;
  /** Datasets of others that this person may look at. */
  readonly #shared: Known[] = [];

  constructor(name: string, base: string, tally: Tally, chance: Chance) {
    this.name = name;
    this.#tally = tally;
    this.#chance = chance;
    this.#caller = new Caller(base, tally);
    this.#jobs = new Jobs(this.#caller, tally);
    this.#comparing = new Comparing(this.#caller, tally);
    this.#uploading = new Uploading(this.#caller, tally, chance);
  }

  async join(others: readonly Person[]): Promise<void> {
    this.#others = others.filter((other) => other !== this);
    const account = { email: `${this.name}@example.org`, password: 'correct horse' };
    const made = await this.#caller.json('POST', '/api/v1/auth/register', { ...account, name: this.name });
    if (made.status === 201) return;
    const signedIn = await this.#caller.json('POST', '/api/v1/auth/login', account);
    if (signedIn.status !== 200) throw new Error(`${this.name} can't sign in: ${JSON.stringify(signedIn.body)}`);
  }

  /** Does one thing after another until the time is over; what is begun is brought to its end. */
  async live(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const habit = this.#chance.weighted<Habit>(HABITS);
      try {
        if (await this.#does(habit)) this.#tally.count(`did: ${habit}`);
      } catch (error) {
        this.#tally.break(`${this.name}, ${habit}: ${error instanceof Error ? error.message : error}`);
      }
      await sleep(this.#chance.between(50, 1500), null, { signal }).catch(() => {});
    }
  }

  /** Compares everything that should be there with what is, byte by byte. */
  async lookThrough(): Promise<void> {
    for (const dataset of this.datasets.filter(({ state }) => state === 'live')) {
      await this.#comparing.tree(dataset);
      for (const [path, hash] of dataset.files) await this.#comparing.file(dataset, path, hash);
      for (const [version, files] of dataset.versions)
        for (const [path, hash] of files) await this.#comparing.file(dataset, path, hash, version);
    }
  }

  /** As an admin: everything that the store and the database say of each other, by a check of the site. */
  async checkIntegrity(): Promise<Json[]> {
    const started = await this.#caller.json('POST', '/api/v1/integrity-checks', { deep: true });
    if (started.status !== 202) throw new Error(`The check did not start: ${JSON.stringify(started.body)}`);
    const job = await this.#jobs.end(started.body.jobId);
    if (job.state !== 'completed') throw new Error(`The check ended otherwise: ${JSON.stringify(job)}`);
    const { body } = await this.#caller.json('GET', `/api/v1/integrity-checks/${job.id}/findings?limit=100`);
    for (const dataset of job.result.busyDatasets ?? []) this.#tally.count(`checked: busy ${dataset}`);
    this.#tally.count('checked: objects', job.result.objects);
    this.#tally.count('checked: files', job.result.files);
    return body.items;
  }

  /** Jobs of the whole site that wait or run, for an admin. */
  async openJobs(): Promise<Json[]> {
    const pages = await Promise.all(
      ['queued', 'running'].map((state) => this.#caller.json('GET', `/api/v1/admin/jobs?state=${state}&limit=100`)),
    );
    return pages.flatMap(({ body }) => body.items);
  }

  /** Whether there was anything to do. */
  async #does(habit: Habit): Promise<boolean> {
    if (habit === 'create') return this.#create();
    if (habit === 'look' && this.#shared.length > 0 && this.#chance.next() < 0.3) return this.#lookAtShared();
    const live = this.datasets.filter(({ state, files }) => state === 'live' && files.size > 0);
    if (live.length === 0) return this.#create();
    const dataset = this.#chance.one(live);
    switch (habit) {
      case 'addImages':
        return this.#import(dataset, await this.#images(dataset, this.#chance.between(5, 40)));
      case 'addFile':
        return this.#addFile(dataset);
      case 'editLabels':
        return this.#editLabels(dataset);
      case 'download': {
        const [path, hash] = this.#chance.one([...dataset.files]);
        return this.#comparing.file(dataset, path, hash);
      }
      case 'look':
        return this.#look(dataset);
      case 'remove':
        return this.#remove(dataset);
      case 'undo':
        return this.#undo();
      case 'keepVersion':
        return this.#keepVersion(dataset);
      case 'downloadVersion': {
        if (dataset.versions.size === 0) return false;
        const [version, files] = this.#chance.one([...dataset.versions]);
        const [path, hash] = this.#chance.one([...files]);
        return this.#comparing.file(dataset, path, hash, version);
      }
      case 'share':
        return this.#share(dataset);
      case 'trashAndRestore':
        return this.#trashAndRestore(dataset);
      case 'trashAndPurge':
        return this.#trashAndPurge(dataset);
    }
  }

  async #create(): Promise<boolean> {
    if (this.datasets.length >= MOST_DATASETS) return false;
    const name = `${this.name} ${this.#chance.between(0, 1e9)}`;
    const made = await this.#caller.json('POST', '/api/v1/datasets', { name });
    const id = made.status === 201 ? made.body.id : await this.#idOf(name);
    const dataset: Known = {
      ...{ id, name, state: 'live', files: new Map(), versions: new Map(), nextImage: 0, viewers: [] },
    };
    this.datasets.push(dataset);
    const files = await this.#images(dataset, this.#chance.between(10, 60));
    files.set('data.yaml', Buffer.from('path: .\ntrain: images/train\nval: images/val\nnames: [ant, bee, cat]\n'));
    return this.#import(dataset, files);
  }

  async #idOf(name: string): Promise<string> {
    const { body } = await this.#caller.json('GET', `/api/v1/datasets?owner=me&search=${encodeURIComponent(name)}`);
    const found = body.items.find((item: Json) => item.name === name);
    if (!found) throw new Error(`The dataset ${name} was neither created nor found`);
    return found.id;
  }

  /** Images that no one else has, with labels. */
  async #images(dataset: Known, count: number): Promise<Map<string, Uint8Array>> {
    const shade = await png(64, 48, this.#chance.between(20, 200));
    const files = new Map<string, Uint8Array>();
    for (let i = 0; i < count; i++) {
      const split = this.#chance.next() < 0.25 ? 'val' : 'train';
      const name = String(dataset.nextImage++).padStart(6, '0');
      // Bytes behind the end of a PNG are ignored by decoders.
      files.set(`images/${split}/${name}.png`, Buffer.concat([shade, this.#bytes(12)]));
      files.set(`labels/${split}/${name}.txt`, this.#labels());
    }
    return files;
  }

  #labels(): Buffer {
    const lines = Array.from({ length: this.#chance.between(1, 4) }, () => {
      const at = () => (0.2 + this.#chance.next() * 0.6).toFixed(6);
      return `${this.#chance.between(0, 2)} ${at()} ${at()} 0.1 0.2`;
    });
    return Buffer.from(`${lines.join('\n')}\n`);
  }

  #bytes(count: number): Buffer<ArrayBuffer> {
    const bytes = Buffer.alloc(count);
    for (let i = 0; i < count; i++) bytes[i] = this.#chance.between(0, 255);
    return bytes;
  }

  async #import(dataset: Known, files: Map<string, Uint8Array>, options: object = {}): Promise<boolean> {
    const archive = await zipOf(files);
    return this.#importUpload(
      dataset,
      await this.#uploading.send(dataset, 'data.zip', archive, 'archive'),
      files,
      options,
    );
  }

  async #importUpload(
    dataset: Known,
    uploadId: string,
    files: ReadonlyMap<string, Uint8Array>,
    options: object = {},
  ): Promise<boolean> {
    const path = `/api/v1/datasets/${dataset.id}/imports`;
    const started = await this.#caller.json('POST', path, { uploadIds: [uploadId], ...options });
    const jobId = started.status === 202 ? started.body.jobId : await this.#importOf(path, uploadId, started);
    const job = await this.#jobs.endOrAgain(jobId);
    if (job.state !== 'completed') return this.#failed(dataset, job);
    for (const [name, bytes] of files) dataset.files.set(name, sha256(bytes));
    this.#tally.count('files imported', files.size);
    if (this.#undoable?.dataset === dataset) this.#undoable = null;
    return true;
  }

  /** The import that an earlier try has started, whose answer was lost. */
  async #importOf(path: string, uploadId: string, refused: Said): Promise<string> {
    const { body } = await this.#caller.json('GET', `${path}?limit=20`);
    const found = body.items.find((item: Json) => item.uploadIds.includes(uploadId));
    if (!found) throw new Error(`The import did not start: ${refused.status} ${JSON.stringify(refused.body)}`);
    return found.jobId;
  }

  async #addFile(dataset: Known): Promise<boolean> {
    const path = `notes/${this.#chance.between(0, 20)}.bin`;
    const bytes = this.#bytes(this.#chance.between(1, 600_000));
    const upload = await this.#uploading.send(dataset, path, bytes, 'file');
    return this.#importUpload(dataset, upload, new Map([[path, bytes]]));
  }

  async #editLabels(dataset: Known): Promise<boolean> {
    const paths = [...dataset.files.keys()].filter((path) => path.startsWith('labels/'));
    if (paths.length === 0) return false;
    const chosen = this.#chance.some(paths, this.#chance.between(1, 20));
    return this.#import(dataset, new Map(chosen.map((path) => [path, this.#labels()])), { labelsOnly: true });
  }

  async #look(dataset: Known): Promise<boolean> {
    const { body } = await this.#caller.json('GET', `/api/v1/datasets/${dataset.id}/images?limit=20`);
    for (const image of this.#chance.some<Json>(body.items, 4)) {
      const path = `/api/v1/datasets/${dataset.id}/images/${image.id}/thumbnail`;
      const { status, headers, bytes } = await this.#caller.ask('GET', path);
      if (status !== 200 || !headers.get('content-type')?.startsWith('image/'))
        this.#tally.break(
          `${dataset.name}: the thumbnail of ${image.path}: ${status} ${bytes.toString().slice(0, 200)}`,
        );
      this.#tally.count('thumbnails seen');
    }
    return true;
  }

  async #lookAtShared(): Promise<boolean> {
    const dataset = this.#chance.one(this.#shared);
    const { status } = await this.#caller.json('GET', `/api/v1/datasets/${dataset.id}`);
    // What its owner has thrown away meanwhile is not there for others.
    if (status !== 200 && dataset.state === 'live')
      this.#tally.break(`${this.name} does not see the shared ${dataset.name}: ${status}`);
    return true;
  }

  async #remove(dataset: Known): Promise<boolean> {
    if (dataset.files.size < 20) return false;
    const names = [...dataset.files.keys()].filter((path) => path !== 'data.yaml');
    const paths = this.#chance.some(names, this.#chance.between(1, 8));
    const said = await this.#caller.json('POST', `/api/v1/datasets/${dataset.id}/files/remove`, { paths });
    const removed = new Map(paths.map((path) => [path, dataset.files.get(path) ?? '']));
    if (said.status === 202 && !said.isRepeated) {
      const job = await this.#jobs.end(said.body.jobId);
      if (job.state !== 'completed') return this.#failed(dataset, job);
      const { body } = await this.#caller.json('GET', `/api/v1/datasets/${dataset.id}/imports/${said.body.importId}`);
      this.#undoable = body.revision === null ? null : { dataset, revision: body.revision, files: removed };
    } else {
      await this.#jobs.settled(dataset);
    }
    for (const path of paths) dataset.files.delete(path);
    this.#tally.count('files removed', paths.length);
    await this.#comparing.tree(dataset);
    return true;
  }

  async #undo(): Promise<boolean> {
    const last = this.#undoable;
    if (last?.dataset.state !== 'live') return false;
    this.#undoable = null;
    const { dataset, revision, files } = last;
    const said = await this.#caller.json('POST', `/api/v1/datasets/${dataset.id}/revisions/${revision}/undo`, {});
    if (said.status === 202 && !said.isRepeated) {
      const job = await this.#jobs.end(said.body.jobId);
      if (job.state !== 'completed') return this.#failed(dataset, job);
    } else if (said.isRepeated) {
      await this.#jobs.settled(dataset);
    } else {
      throw new Error(`No undo: ${said.status} ${JSON.stringify(said.body)}`);
    }
    for (const [path, hash] of files) dataset.files.set(path, hash);
    await this.#comparing.tree(dataset);
    return true;
  }

  async #keepVersion(dataset: Known): Promise<boolean> {
    const said = await this.#caller.json('POST', `/api/v1/datasets/${dataset.id}/versions`, { message: 'kept' });
    // Nothing has changed since the last, or an earlier try has made it.
    const { body } = await this.#caller.json('GET', `/api/v1/datasets/${dataset.id}/versions/latest`);
    if (said.status >= 400 && said.status !== 409) throw new Error(`No version: ${JSON.stringify(said.body)}`);
    dataset.versions.set(body.version, new Map(dataset.files));
    return true;
  }

  async #share(dataset: Known): Promise<boolean> {
    const [other] = this.#chance.some(this.#others, 1);
    if (!other || dataset.viewers.includes(other.name)) return false;
    const grant = { email: `${other.name}@example.org`, role: 'viewer' };
    const said = await this.#caller.json('POST', `/api/v1/datasets/${dataset.id}/permissions`, grant);
    if (said.status !== 201 && !said.isRepeated) throw new Error(`Not shared: ${JSON.stringify(said.body)}`);
    dataset.viewers.push(other.name);
    other.#shared.push(dataset);
    return true;
  }

  async #trash(dataset: Known): Promise<void> {
    dataset.state = 'trash';
    const query = new URLSearchParams({ confirmName: dataset.name, createBackup: String(this.#chance.next() < 0.3) });
    const said = await this.#caller.json('DELETE', `/api/v1/datasets/${dataset.id}?${query}`);
    if (said.status !== 202 && !said.isRepeated) throw new Error(`Not deleted: ${JSON.stringify(said.body)}`);
  }

  async #trashAndRestore(dataset: Known): Promise<boolean> {
    await this.#trash(dataset);
    await sleep(this.#chance.between(100, 3000));
    const said = await this.#caller.json('POST', `/api/v1/datasets/${dataset.id}/restore`, {});
    if (said.status !== 200 && !said.isRepeated) throw new Error(`Not restored: ${JSON.stringify(said.body)}`);
    await this.#comparing.tree(dataset);
    dataset.state = 'live';
    return true;
  }

  async #trashAndPurge(dataset: Known): Promise<boolean> {
    await this.#trash(dataset);
    const path = `/api/v1/datasets/${dataset.id}`;
    const said = await this.#caller.json('POST', `${path}/purge`, { confirmName: dataset.name });
    if (said.status !== 202 && !said.isRepeated) throw new Error(`Not purged: ${JSON.stringify(said.body)}`);
    if (said.status === 202) {
      const job = await this.#jobs.end(said.body.jobId);
      if (job.state !== 'completed') throw new Error(`The purge ended otherwise: ${JSON.stringify(job)}`);
    }
    const start = performance.now();
    while ((await this.#caller.json('GET', path)).status !== 404) {
      if (performance.now() - start > STUCK_AFTER_MS) throw new Error(`${dataset.name} is still there`);
      await sleep(1000);
    }
    this.datasets.splice(this.datasets.indexOf(dataset), 1);
    return true;
  }

  /** A job that was given up: nothing of it may be there. */
  async #failed(dataset: Known, job: Json): Promise<boolean> {
    this.#tally.count(`jobs failed: ${job.kind} ${job.error?.code ?? job.state}`);
    this.#tally.break(`${dataset.name}: ${job.kind} ${job.state}: ${JSON.stringify(job.error)} (job ${job.id})`);
    await this.#comparing.tree(dataset);
    return false;
  }
}
