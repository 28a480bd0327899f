import { pack, type ToPack } from '@granary/client/plan';

/** Packs files without the page standing still: what goes back is made of handles and headers, no content. */
self.onmessage = ({ data }: MessageEvent<ToPack>) => {
  pack(data).then(
    (packed) => self.postMessage({ packed }),
    (error: unknown) => self.postMessage({ message: error instanceof Error ? error.message : String(error) }),
  );
};
