import { errorOf } from './errors.ts';
import type { Server } from './server.ts';
import type { DatasetView } from './views.ts';

export interface PullOptions {
  /** By default the tree as it is; a format's name for one that is written, as an export is. */
  format?: string | undefined;
  split?: string | undefined;
  /** A query, such as `class:car -split:train`: its images only. */
  query?: string | undefined;
  /** How many files are fetched at once; 16 by default. */
  jobs?: number | undefined;
  /** How files get from the cache into the folder; copies by default, which share their blocks where the disk can. */
  link?: 'hard' | 'copy' | undefined;
  /** Removes what is in the folder and not of the dataset. */
  delete?: boolean | undefined;
  /** Where content is kept by its hash, for all pulls of this machine. */
  cache?: string | undefined;
  onProgress?: ((progress: PullProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface PullProgress {
  doneFiles: number;
  totalFiles: number;
  doneBytes: number;
  totalBytes: number;
}

export interface Pulled {
  datasetId: string;
  name: string;
  /** What the folder holds now. */
  revision: number;
  dir: string;
  files: number;
  bytes: number;
  /** What of it was neither in the folder nor in the cache. */
  fetchedFiles: number;
  fetchedBytes: number;
  /** Files that were changed in the folder, and are as in the dataset again. */
  restoredFiles: number;
  removedFiles: number;
  isUnchanged: boolean;
}

/** A file of a version, as the manifest has it. */
export interface ManifestLine {
  path: string;
  size: number;
  sha256: string;
  split: string | null;
  url: string;
}

/** A dataset by its id, or by its name where only one that you can see has it. @throws Error */
export async function findDataset(server: Server, named: string): Promise<DatasetView> {
  const known = await server.trpc.datasets.get.query({ id: named }).catch((error) => {
    if (errorOf(error)?.code === 'not_found') return null;
    throw error;
  });
  if (known) return known;
  const { items } = await server.trpc.datasets.list.query({ search: named, limit: 100 });
  const found = items.filter(({ name }) => name === named);
  const [only] = found;
  if (only && found.length === 1) return only;
  if (found.length === 0) throw new Error(`You have access to no dataset that is called "${named}" or has that id.`);
  throw new Error(
    `Several datasets are called "${named}". Name one by its id: ${found.map(({ id }) => id).join(', ')}`,
  );
}

/** `street@prod` as a dataset and a version ref; without one, the draft. */
export function refOf(asked: string): { named: string; ref: string } {
  const at = asked.lastIndexOf('@');
  return at > 0 ? { named: asked.slice(0, at), ref: asked.slice(at + 1) } : { named: asked, ref: 'draft' };
}
