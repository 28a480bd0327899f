import pLimit from 'p-limit';

/** A file picked or dropped, with its path from the name of its folder on. */
export interface PickedFile {
  path: string;
  sizeBytes: number;
  /** Handles of very many files take much memory: those of folders are made anew whenever they are needed. */
  open(): Promise<File>;
}

/** As long as the page may stand still. */
const SLICE_MS = 12;

/**
 * What a drop zone or a file input hands out; folders keep their paths, hidden and empty names are left to the server.
 * A file's size is asked of the system when it is first read, or the handle first sent to a worker, which stops the page
 * for a fraction of a millisecond: half a minute for a hundred thousand. So it is done little by little.
 */
export async function pickedFrom(files: readonly File[], onProgress: (done: number) => void): Promise<PickedFile[]> {
  let sliceStart = performance.now();
  const picked: PickedFile[] = [];
  for (const file of files) {
    const path =
      ('path' in file && typeof file.path === 'string' ? file.path : '') || file.webkitRelativePath || file.name;
    picked.push(fileAt(path.replace(/^(\.?\/)+/, ''), file, async () => file));
    if (performance.now() - sliceStart < SLICE_MS) continue;
    onProgress(picked.length);
    await new Promise((next) => setTimeout(next));
    sliceStart = performance.now();
  }
  return picked;
}

declare global {
  // Chromium's: https://wicg.github.io/file-system-access/
  interface Window {
    showDirectoryPicker?(): Promise<FileSystemDirectoryHandle>;
  }
  interface DataTransferItem {
    getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
  }
}

const PARALLEL_LOOKS = 32;
const FILES_AT_ONCE = 1000;

/**
 * Lets someone choose a folder whose files are then listed bit by bit, where the browser can: a form's own field for
 * folders stops the page until all are listed. @returns null where the browser can not; nothing when it was thought
 * better of
 */
export function chooseFolder(): Promise<FileSystemHandle[]> | null {
  if (!window.showDirectoryPicker) return null;
  return window.showDirectoryPicker().then(
    (folder) => [folder],
    (error: unknown) => {
      if (error instanceof DOMException && error.name === 'AbortError') return [];
      throw error;
    },
  );
}

/**
 * What was dropped, to be listed bit by bit in a third of the memory that all its entries at once take; null where the
 * browser can not. To be asked while the event is handled: afterwards it holds nothing.
 */
export function droppedHandles(transfer: DataTransfer): Promise<FileSystemHandle[]> | null {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  if (items.length === 0 || !items[0]?.getAsFileSystemHandle) return null;
  const asked = items.map((item) => item.getAsFileSystemHandle?.() ?? null);
  return Promise.all(asked).then((handles) => handles.filter((handle) => handle !== null));
}

/** Files, and all files below folders, with their paths from the folder's name on. */
export async function filesOf(
  handles: readonly FileSystemHandle[],
  onProgress: (done: number) => void,
): Promise<PickedFile[]> {
  const picked: PickedFile[] = [];
  const limit = pLimit(PARALLEL_LOOKS);
  let looks: Promise<PickedFile>[] = [];
  const settle = async () => {
    picked.push(...(await Promise.all(looks)));
    looks = [];
    onProgress(picked.length);
  };
  const look = async (handle: FileSystemHandle, path: string, open: () => Promise<File>): Promise<void> => {
    if (handle instanceof FileSystemDirectoryHandle) return walk(handle, path);
    if (!(handle instanceof FileSystemFileHandle)) return;
    looks.push(limit(async () => fileAt(path, await handle.getFile(), open)));
    if (looks.length >= FILES_AT_ONCE) await settle();
  };
  const walk = async (folder: FileSystemDirectoryHandle, path: string): Promise<void> => {
    for await (const handle of folder.values()) {
      const { name } = handle;
      await look(handle, `${path}/${name}`, async () => (await folder.getFileHandle(name)).getFile());
    }
  };
  for (const handle of handles) {
    await look(handle, handle.name, () => (handle as FileSystemFileHandle).getFile());
  }
  await settle();
  return picked;
}

const fileAt = (path: string, { size: sizeBytes }: File, open: () => Promise<File>): PickedFile => ({
  path,
  sizeBytes,
  open,
});
