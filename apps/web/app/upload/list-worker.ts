import pLimit from 'p-limit';
import type { FromListing } from './picked';

const PARALLEL_LOOKS = 32;
const FILES_AT_ONCE = 1000;

const tell = (message: FromListing) => self.postMessage(message);

self.onmessage = ({ data }: MessageEvent<readonly FileSystemHandle[]>) => {
  list(data).then(
    () => tell({ problem: null }),
    (error: unknown) => tell({ problem: error instanceof Error ? error.message : String(error) }),
  );
};

/** Tells of all files, bit by bit. */
async function list(handles: readonly FileSystemHandle[]): Promise<void> {
  const limit = pLimit(PARALLEL_LOOKS);
  let looks: Promise<{ path: string; sizeBytes: number }>[] = [];
  const settle = async () => {
    tell({ files: await Promise.all(looks) });
    looks = [];
  };
  const visit = async (handle: FileSystemHandle, path: string): Promise<void> => {
    if (handle instanceof FileSystemDirectoryHandle) {
      for await (const inner of handle.values()) await visit(inner, `${path}/${inner.name}`);
    } else if (handle instanceof FileSystemFileHandle) {
      looks.push(limit(async () => ({ path, sizeBytes: (await handle.getFile()).size })));
      if (looks.length >= FILES_AT_ONCE) await settle();
    }
  };
  for (const handle of handles) await visit(handle, handle.name);
  await settle();
}
