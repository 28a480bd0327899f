import { ClassList } from '../classes.ts';
import type { FormatReader, ReadBatch, ReadContext, ReadSummary } from '../format.ts';
import type { Listing } from '../listing.ts';
import type { ImageRecord } from '../model.ts';
import { baseName, stemOf } from '../paths.ts';
import type { FileRole } from '../source.ts';

const GOOD = 'good';

/**
 * The layout of MVTec AD: `[category/]train/good/…`, `[category/]test/{defect}/…` and, for every defect, a mask in
 * `[category/]ground_truth/{defect}/…_mask.png` (https://www.mvtec.com/company/research/datasets/mvtec-ad).
 */
export const mvtec: FormatReader = {
  format: 'mvtec',
  readsByImage: true,

  async detect(_source, listing) {
    const { trainGood, defects, masks } = layoutOf(listing);
    if (trainGood === 0) return { confidence: 0, reasons: ['There is no folder "train/good" with images.'] };
    if (defects.size === 0) return { confidence: 0, reasons: ['There are no folders of defects in "test".'] };
    const reasons = [`"train/good" and ${defects.size} folders in "test" (${[...defects].slice(0, 3).join(', ')}).`];
    if (masks > 0) reasons.push('"ground_truth" has masks.');
    return { confidence: masks > 0 ? 0.97 : 0.85, reasons };
  },

  async *read({ source, listing }: ReadContext): AsyncGenerator<ReadBatch, ReadSummary> {
    const classes = new ClassList();
    classes.indexOf(GOOD);
    for (const defect of [...layoutOf(listing).defects].sort()) classes.indexOf(defect);
    for await (const batch of source.images()) {
      const placed = batch.map((image) => ({ image, place: placeOf(image.path) }));
      const masks = await source.findImages(
        placed.flatMap(({ place }) => (place?.kind === 'image' ? [place.mask] : [])),
      );
      const images: ImageRecord[] = [];
      const roles: FileRole[] = [];
      for (const { image, place } of placed) {
        if (place?.kind === 'mask') {
          roles.push({ path: image.path, kind: 'annotation', split: 'test' });
          continue;
        }
        if (!place) continue;
        const attributes = {
          ...(place.category ? { category: place.category } : {}),
          ...(masks.has(place.mask) ? { mask: place.mask } : {}),
        };
        images.push({
          ...image,
          split: place.split,
          className: place.className,
          isLabeled: true,
          annotations: [
            { type: 'classification', geometry: {}, classIndex: classes.indexOf(place.className), attributes },
          ],
        });
      }
      yield { images, roles };
    }
    return { classes: classes.classes, taskType: 'anomaly_detection' };
  },
};

type Place =
  | { kind: 'image'; split: 'train' | 'test'; className: string; category: string; mask: string }
  | { kind: 'mask' };

/** Null for an image that the layout has no place for. */
function placeOf(path: string): Place | null {
  if (/(^|\/)ground_truth\/[^/]+\//i.test(path)) return { kind: 'mask' };
  const [, top = '', folder, className] = /^(.*\/)?(train|test)\/([^/]+)\/[^/]+$/i.exec(path) ?? [];
  if (folder === undefined || className === undefined) return null;
  const split = folder.toLowerCase() === 'train' ? 'train' : 'test';
  const mask = `${top}ground_truth/${className}/${baseName(stemOf(path))}_mask.png`;
  return { kind: 'image', split, className, category: baseName(top.replace(/\/$/, '')), mask };
}

function layoutOf(listing: Listing): { trainGood: number; defects: Set<string>; masks: number } {
  const layout = { trainGood: 0, defects: new Set<string>(), masks: 0 };
  for (const [folder, { images }] of listing.folders) {
    if (images === 0) continue;
    if (/(^|\/)train\/good\/$/i.test(folder)) layout.trainGood += images;
    if (/(^|\/)ground_truth\/[^/]+\/$/i.test(folder)) layout.masks += images;
    const [, defect] = /(?:^|\/)test\/([^/]+)\/$/i.exec(folder) ?? [];
    if (defect && defect !== GOOD) layout.defects.add(defect);
  }
  return layout;
}
