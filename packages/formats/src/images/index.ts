import type { FormatReader, ReadBatch, ReadSummary } from '../format.ts';
import { splitOf } from '../paths.ts';

/** Images without any labels. */
export const plainImages: FormatReader = {
  format: 'images',

  async detect(_source, listing) {
    if (listing.numImages === 0) return null;
    return { format: 'images', confidence: 0.1, reasons: ['There are images; they can be kept without labels.'] };
  },

  async *read(source): AsyncGenerator<ReadBatch, ReadSummary> {
    for await (const batch of source.images()) {
      yield {
        images: batch.map(({ path }) => ({
          path,
          split: splitOf(path),
          className: null,
          isLabeled: false,
          annotations: [],
        })),
        roles: [],
      };
    }
    return { classes: [], taskType: null };
  },
};
