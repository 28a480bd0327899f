import type { FormatReader, ReadBatch, ReadSummary } from '../format.ts';

/** What there is to say of images without labels. */
const NOTHING: readonly ReadBatch[] = [];

/** Images without any labels. Whoever reads a dataset adds the images that a format says nothing about: here, all. */
export const plainImages: FormatReader = {
  format: 'images',
  readsByImage: true,

  async detect(_source, listing) {
    if (listing.numImages === 0) return { confidence: 0, reasons: ['There are no images.'] };
    return { confidence: 0.1, reasons: ['There are images; they can be kept without labels.'] };
  },

  async *read(): AsyncGenerator<ReadBatch, ReadSummary> {
    yield* NOTHING;
    return { classes: [], taskType: null };
  },
};
