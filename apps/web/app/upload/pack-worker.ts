import { pack, type ToPack } from '@granary/api/packing';
import { workerScope } from './worker-scope';

/** Packs files without the page standing still: what goes back is made of handles and headers, no content. */
workerScope.onmessage = ({ data }: MessageEvent<ToPack>) => {
  pack(data).then(
    (packed) => workerScope.postMessage({ packed }),
    (error: unknown) => workerScope.postMessage({ message: error instanceof Error ? error.message : String(error) }),
  );
};
