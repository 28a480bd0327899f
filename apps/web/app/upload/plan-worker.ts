/// <reference lib="webworker" />
import { planUploads } from './plan';
import type { PickedFile } from './tar';

// The page's types and a worker's do not go together in one program.
const scope = self as unknown as DedicatedWorkerGlobalScope;

/** Packs a hundred thousand files without the page standing still: what goes back are handles, no bytes. */
scope.onmessage = ({ data }: MessageEvent<readonly PickedFile[]>) => {
  planUploads(data).then(
    (plans) => scope.postMessage({ plans }),
    (error: unknown) => scope.postMessage({ message: error instanceof Error ? error.message : String(error) }),
  );
};
