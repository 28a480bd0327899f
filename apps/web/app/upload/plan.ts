import { fingerprintOf, type PickedFile, tarOf } from './tar';

/** One tus upload to make. */
export interface PlannedUpload {
  kind: 'archive' | 'file';
  filename: string;
  body: Blob;
  /** Finds the same upload again after a reload. */
  fingerprint: string;
}

const ARCHIVE = /\.(zip|tar|tar\.gz|tgz)$/i;

/** Archives travel as they are; all other files together as one tar, unless there is a single one. */
export async function planUploads(picked: readonly PickedFile[]): Promise<PlannedUpload[]> {
  const archives = picked.filter(({ path }) => ARCHIVE.test(path));
  const loose = picked.filter(({ path }) => !ARCHIVE.test(path));
  const single = async (kind: PlannedUpload['kind'], { path, file }: PickedFile): Promise<PlannedUpload> => ({
    kind,
    filename: path,
    body: file,
    fingerprint: await fingerprintOf([{ path, file }]),
  });
  const plans = await Promise.all(archives.map((archive) => single('archive', archive)));
  const [only] = loose;
  if (loose.length === 1 && only) plans.push(await single('file', only));
  if (loose.length > 1) {
    plans.push({
      kind: 'archive',
      filename: `${loose.length} files.tar`,
      body: tarOf(loose),
      fingerprint: await fingerprintOf(loose),
    });
  }
  return plans;
}

/** What a drop zone or a file input hands out; folders keep their paths, hidden and empty names are left to the server. */
export function pickedFrom(files: readonly File[]): PickedFile[] {
  return files.map((file) => {
    const path =
      ('path' in file && typeof file.path === 'string' ? file.path : '') || file.webkitRelativePath || file.name;
    return { path: path.replace(/^(\.?\/)+/, ''), file };
  });
}
