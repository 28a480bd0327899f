import type { PickedFile } from '@granary/client/plan';

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
    picked.push({ path: path.replace(/^(\.?\/)+/, ''), sizeBytes: file.size, open: async () => file });
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

/**
 * Lets someone choose a folder whose files are then listed bit by bit, where the browser can: a form's own field for
 * folders stops the page until all are listed. @returns null where the browser cannot; nothing when it was thought
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
 * browser cannot. To be asked while the event is handled: afterwards it holds nothing.
 */
export function droppedHandles(transfer: DataTransfer): Promise<FileSystemHandle[]> | null {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  if (items.length === 0 || !items[0]?.getAsFileSystemHandle) return null;
  const asked = items.map((item) => item.getAsFileSystemHandle?.() ?? null);
  return Promise.all(asked).then((handles) => handles.filter((handle) => handle !== null));
}

/**
 * Files, and all files below folders, with their paths from the folder's name on. They are listed by a worker: what is
 * left over of looking at very many files goes when it ends.
 */
export function filesOf(
  handles: readonly FileSystemHandle[],
  onProgress: (done: number) => void,
): Promise<PickedFile[]> {
  return new Promise((done, failed) => {
    const picked: PickedFile[] = [];
    const open = opener(handles);
    const worker = new Worker(new URL('./list-worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<FromListing>) => {
      if ('files' in data) {
        for (const { path, sizeBytes } of data.files) picked.push({ path, sizeBytes, open: () => open(path) });
        return onProgress(picked.length);
      }
      worker.terminate();
      if (data.problem === null) done(picked);
      else failed(new Error(data.problem));
    };
    worker.onerror = ({ message }) => failed(new Error(message));
    worker.postMessage(handles);
  });
}

/** What the listing tells: some more files, or its end. */
export type FromListing = { files: Pick<PickedFile, 'path' | 'sizeBytes'>[] } | { problem: string | null };

/** Finds a listed file again, by way of its folders, which are kept. */
function opener(handles: readonly FileSystemHandle[]): (path: string) => Promise<File> {
  const folders = new Map<string, Promise<FileSystemDirectoryHandle>>();
  const top = (name: string) => handles.find((handle) => handle.name === name);
  const folderAt = (path: string): Promise<FileSystemDirectoryHandle> => {
    const known = folders.get(path);
    if (known) return known;
    const cut = path.lastIndexOf('/');
    const found =
      cut < 0
        ? Promise.resolve(top(path) as FileSystemDirectoryHandle)
        : folderAt(path.slice(0, cut)).then((parent) => parent.getDirectoryHandle(path.slice(cut + 1)));
    folders.set(path, found);
    return found;
  };
  return async (path) => {
    const cut = path.lastIndexOf('/');
    if (cut < 0) return (top(path) as FileSystemFileHandle).getFile();
    const folder = await folderAt(path.slice(0, cut));
    return (await folder.getFileHandle(path.slice(cut + 1))).getFile();
  };
}
