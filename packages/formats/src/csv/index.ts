import type { FormatReader } from '../format.ts';
import { detectRowsOfCsv, readRows } from '../tables/index.ts';
import { firstTable, readCsv } from './read.ts';

/** Boxes in a table, one per row, in the usual spellings and orders of columns; without any images, rows of any kind. */
export const csv: FormatReader = {
  format: 'csv',

  async detect(source, listing) {
    if (!listing.counts.has('csv') && !listing.counts.has('tsv'))
      return detectRowsOfCsv(listing) ?? { confidence: 0, reasons: ['There are no CSV files.'] };
    if (source.isListingOnly)
      return { confidence: 0.3, reasons: ['There is a CSV file, which may be a table of boxes.'] };
    const first = await firstTable(source, listing);
    if (!first) {
      return (
        detectRowsOfCsv(listing) ?? {
          confidence: 0,
          reasons: ['No CSV file has columns of images, classes and boxes.'],
        }
      );
    }
    if (listing.numImages === 0)
      return { confidence: 0, reasons: [`${first.path} has boxes, but there are no images.`] };
    return {
      confidence: first.columns.hasHeader ? 0.93 : 0.8,
      reasons: [`${first.path} has columns of images, classes and boxes.`],
    };
  },

  read: (context) => (context.listing.numImages === 0 ? readRows(context) : readCsv(context)),
};
