import type { Detection, FormatReader } from '../format.ts';
import { filesOf, type Listing, spread } from '../listing.ts';
import { type DatasetSource, headOf } from '../source.ts';
import { isDocument, readVoc } from './read.ts';

const SAMPLED = 20;

/** Pascal VOC: http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html#SECTION00092000000000000000 */
export const pascalVoc: FormatReader = {
  format: 'pascal_voc',

  async detect(source, listing) {
    const paths = spread(filesOf(listing, 'xml'), 5, SAMPLED);
    if (paths.length === 0) return detectWithoutExtension(source, listing);
    if (source.isListingOnly)
      return { confidence: 0.6, reasons: [`${paths[0]} and others may be Pascal VOC's, by their names.`] };
    const heads = await Promise.all(paths.map((path) => headOf(source, path, 16 * 1024)));
    const fitting = heads.filter(
      (head) => /<annotation[\s>]/.test(head) && /<(object|filename|size)[\s>]/.test(head),
    ).length;
    if (fitting === 0) return { confidence: 0, reasons: ['No XML file looked at has an <annotation>.'] };
    const reasons = [`${fitting} of ${paths.length} XML files looked at have an <annotation> of an image.`];
    const hasSets = [...listing.folders.keys()].some((folder) => /(^|\/)ImageSets\//i.test(folder));
    if (hasSets) reasons.push('There is an "ImageSets" folder.');
    return { confidence: 0.5 + 0.42 * (fitting / paths.length) + (hasSets ? 0.05 : 0), reasons };
  },

  read: readVoc,
};

/** ImageNet and Stanford Dogs have their XML in files without an extension. */
async function detectWithoutExtension(source: DatasetSource, listing: Listing): Promise<Detection> {
  const paths = source.isListingOnly ? [] : spread(filesOf(listing, ''), 5, SAMPLED);
  const heads = await Promise.all(paths.map((path) => headOf(source, path, 16 * 1024)));
  const fitting = heads.filter((head) => isDocument(head)).length;
  if (fitting === 0) return { confidence: 0, reasons: ['There are no XML files.'] };
  const reasons = [`${fitting} of ${paths.length} files without an extension have an <annotation> of an image.`];
  return { confidence: 0.5 + 0.4 * (fitting / paths.length), reasons };
}
