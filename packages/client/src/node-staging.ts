import { createWriteStream, lstatSync } from 'node:fs';
import {
  link,
  lstat,
  mkdir,
  open,
  opendir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { finished } from 'node:stream/promises';

/** Where a pulled folder says what it holds; names with a dot are not imported when it is pushed. */
const OWN = '.granary';

/** What was pulled, as the folder remembers it. */
export interface State {
  url: string;
  datasetId: string;
  /** What was asked for, but for the version. */
  asked: string;
  revision: number;
  /** Of the manifest. */
  etag: string;
  files: number;
  bytes: number;
}

/** A file as it was placed. */
interface Placed {
  sha256: string;
  size: number;
  mtimeMs: number;
}

/** A folder that was pulled, or is to be. It changes as a whole: a new one is built beside it and takes its place. */
export class PulledFolder {
  readonly dir: string;
  readonly #staging: string;
  readonly #old: string;
  readonly state: State | null;
  readonly #placed: ReadonlyMap<string, Placed>;

  private constructor(dir: string, { state, placed }: { state: State | null; placed: ReadonlyMap<string, Placed> }) {
    this.dir = dir;
    this.#staging = beside(dir, 'new');
    this.#old = beside(dir, 'old');
    this.state = state;
    this.#placed = placed;
  }

  /** @throws Error for a folder with content that no pull has put there */
  static async open(path: string): Promise<PulledFolder> {
    const dir = resolve(path);
    await heal(dir);
    const known = await readKnown(dir);
    if (!known.state && !(await isEmpty(dir))) {
      throw new Error(`${dir} has content that "granary pull" has not put there. Name another folder, or a new one.`);
    }
    return new PulledFolder(dir, known);
  }

  /** Whether a file is as it was placed, by its size and time. */
  isAsPlaced(path: string, sha256?: string): boolean {
    const placed = this.#placed.get(path);
    if (!placed || (sha256 !== undefined && placed.sha256 !== sha256)) return false;
    const found = lstatSync(join(this.dir, path), { throwIfNoEntry: false });
    return found?.isFile() === true && found.size === placed.size && Math.floor(found.mtimeMs) === placed.mtimeMs;
  }

  /** Whether all files are as they were placed. */
  isWhole(): boolean {
    for (const path of this.#placed.keys()) if (!this.isAsPlaced(path)) return false;
    return true;
  }

  /** Files that were changed here since they were placed. */
  countChanged(): number {
    let changed = 0;
    for (const path of this.#placed.keys()) if (!this.isAsPlaced(path)) changed++;
    return changed;
  }

  async begin(): Promise<NewFolder> {
    await rm(this.#staging, { recursive: true, force: true });
    await mkdir(join(this.#staging, OWN), { recursive: true });
    return new NewFolder(this.#staging);
  }

  /** Puts what is here and not of the dataset into the new folder. @returns how many files of the dataset go */
  async keepOthers(into: NewFolder, isDeleting: boolean): Promise<number> {
    let removed = 0;
    for await (const path of filesBelow(this.dir)) {
      if (into.has(path)) continue;
      if (this.#placed.has(path) || isDeleting) removed++;
      else await into.keep(join(this.dir, path), path);
    }
    return removed;
  }

  /** The new folder takes the place of the old one. */
  async replaceBy(folder: NewFolder, state: State): Promise<void> {
    await folder.close(state);
    if (await lstat(this.dir).catch(() => null)) await rename(this.dir, this.#old);
    await rename(this.#staging, this.dir);
    await rm(this.#old, { recursive: true, force: true });
  }

  async remember(state: State): Promise<void> {
    const path = join(this.dir, OWN, 'pull.json');
    await writeFile(`${path}.new`, JSON.stringify(state));
    await rename(`${path}.new`, path);
  }

  /** Nothing is left of a pull that failed. */
  async abandon(): Promise<void> {
    await rm(this.#staging, { recursive: true, force: true });
  }
}

/** A folder that is being built. */
export class NewFolder {
  readonly #folder: string;
  readonly #paths = new Set<string>();
  readonly #folders = new Set<string>();
  /** Of the dataset, so far. */
  files = 0;
  bytes = 0;
  readonly #list: ReturnType<typeof createWriteStream>;

  constructor(folder: string) {
    this.#folder = folder;
    this.#list = createWriteStream(join(folder, OWN, 'files.jsonl'));
  }

  has(path: string): boolean {
    return this.#paths.has(path);
  }

  /** Puts a file of the dataset at its path. @throws Error for a path that leads elsewhere */
  async put(path: string, sha256: string, place: (target: string) => Promise<void>): Promise<void> {
    const target = await this.#targetOf(path);
    await place(target);
    const { size, mtimeMs } = await lstat(target);
    this.files++;
    this.bytes += size;
    // The Python package reads it, too, whose numbers have other fractions.
    this.#list.write(`${JSON.stringify({ path, sha256, size, mtimeMs: Math.floor(mtimeMs) })}\n`);
  }

  /** Keeps what somebody else has put into the folder: the same file, not a copy. */
  async keep(source: string, path: string): Promise<void> {
    const target = await this.#targetOf(path);
    const found = await lstat(source);
    if (found.isSymbolicLink()) await symlink(await readlink(source), target);
    else await link(source, target);
  }

  async #targetOf(path: string): Promise<string> {
    const target = join(this.#folder, path);
    const isInside = target.startsWith(this.#folder + sep) && !path.split('/').includes('..');
    if (!isInside || path === OWN || path.startsWith(`${OWN}/`)) throw new Error(`${path} is no path for a file`);
    this.#paths.add(path);
    const parent = dirname(target);
    if (!this.#folders.has(parent)) {
      await mkdir(parent, { recursive: true });
      this.#folders.add(parent);
    }
    return target;
  }

  async close(state: State): Promise<void> {
    this.#list.end();
    await finished(this.#list);
    await writeFile(join(this.#folder, OWN, 'pull.json'), JSON.stringify(state));
  }
}

const beside = (dir: string, what: string): string => join(dirname(dir), `.${basename(dir)}.granary-${what}`);

/** A pull that was ended between its two renames has the old folder beside: it comes back. */
async function heal(dir: string): Promise<void> {
  const old = beside(dir, 'old');
  if (!(await lstat(old).catch(() => null))) return;
  if (await lstat(dir).catch(() => null)) await rm(old, { recursive: true, force: true });
  else await rename(old, dir);
}

async function readKnown(dir: string): Promise<{ state: State | null; placed: Map<string, Placed> }> {
  const placed = new Map<string, Placed>();
  try {
    const state: State = JSON.parse(await readFile(join(dir, OWN, 'pull.json'), 'utf8'));
    const list = await open(join(dir, OWN, 'files.jsonl'));
    for await (const line of list.readLines()) {
      const { path, ...file }: Placed & { path: string } = JSON.parse(line);
      placed.set(path, file);
    }
    return { state, placed };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { state: null, placed };
  }
}

async function isEmpty(dir: string): Promise<boolean> {
  for await (const _ of filesBelow(dir)) return false;
  return true;
}

/** Paths of all that is no folder, with "/" between their parts; without what pulls keep for themselves. */
async function* filesBelow(dir: string): AsyncGenerator<string> {
  const entries = await opendir(dir, { recursive: true }).catch((error) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for await (const entry of entries) {
    if (entry.isDirectory()) continue;
    const path = relative(dir, join(entry.parentPath, entry.name)).split(sep).join('/');
    if (!path.startsWith(`${OWN}/`)) yield path;
  }
}
