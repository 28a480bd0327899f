/// <reference lib="webworker" />
import { pack, type ToPack } from './plan';

// The page's types and a worker's do not go together in one program.
const scope = self as unknown as DedicatedWorkerGlobalScope;

/** Packs files without the page standing still: what goes back is made of handles and headers, no content. */
scope.onmessage = ({ data }: MessageEvent<ToPack>) => {
  pack(data).then(
    (packed) => scope.postMessage({ packed }),
    (error: unknown) => scope.postMessage({ message: error instanceof Error ? error.message : String(error) }),
  );
};
