import { openAsBlob } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { isArchive, type PickedFile } from './plan.ts';

/** A file of the disk that is read when it is sent. */
export async function openFile(path: string): Promise<File> {
  const { mtimeMs } = await stat(path);
  return new File([await openAsBlob(path)], basename(path), { lastModified: Math.floor(mtimeMs) });
}

/**
 * All files below a folder, with their paths from its name on, in the order of their paths; or the one archive that the path
 * names.
 *
 * @throws Error when there is nothing
 */
export async function listFolder(path: string): Promise<PickedFile[]> {
  const root = resolve(path);
  const info = await stat(root);
  if (!info.isDirectory()) {
    if (!isArchive(root)) throw new Error(`${path} is neither a folder nor an archive (zip, tar, tar.gz).`);
    return [{ path: basename(root), sizeBytes: info.size, open: () => openFile(root) }];
  }
  const files: PickedFile[] = [];
  for await (const entry of await opendir(root, { recursive: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const { size } = await stat(file);
    const inside = relative(root, file).split(sep).join('/');
    files.push({ path: `${basename(root)}/${inside}`, sizeBytes: size, open: () => openFile(file) });
  }
  if (files.length === 0) throw new Error(`There are no files in ${path}.`);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
