import { ClassList } from '../classes.ts';
import type { FormatReader, ReadBatch, ReadContext, ReadSummary } from '../format.ts';
import type { Listing } from '../listing.ts';
import { decodeMask } from '../masks/png.ts';
import { bytesOf } from '../masks/read.ts';
import { regionsOf } from '../masks/regions.ts';
import type { ImageRecord } from '../model.ts';
import { baseName, stemOf } from '../paths.ts';
import { withExtensions } from '../reading/label-files.ts';
import { MirrorFolders } from '../reading/mirrors.ts';
import type { DatasetSource, FileRole } from '../source.ts';

/** What sound pieces are called: BTAD says `ok`, and `ko` for all others. */
const GOOD = ['good', 'ok'];
const MASKS_AT_ONCE = 8;

/**
 * The layout of MVTec AD: `[category/]train/good/…`, `[category/]test/{defect}/…` and, for every defect, a mask in
 * `[category/]ground_truth/{defect}/…_mask.png` (https://www.mvtec.com/company/research/datasets/mvtec-ad). BTAD has the
 * same, with masks that are called like their images.
 */
export const mvtec: FormatReader = {
  format: 'mvtec',
  readsByImage: true,

  async detect(_source, listing) {
    const { trainGood, good, defects, masks } = layoutOf(listing);
    if (trainGood === 0)
      return { confidence: 0, reasons: ['There is no folder "train/good" or "train/ok" with images.'] };
    if (defects.size === 0) return { confidence: 0, reasons: ['There are no folders of defects in "test".'] };
    const reasons = [`"train/${good}" and ${defects.size} folders in "test" (${[...defects].slice(0, 3).join(', ')}).`];
    if (masks > 0) reasons.push('"ground_truth" has masks.');
    return { confidence: masks > 0 ? 0.97 : 0.85, reasons };
  },

  async *read({ source, listing, report }: ReadContext): AsyncGenerator<ReadBatch, ReadSummary> {
    const classes = new ClassList();
    classes.indexOf(layoutOf(listing).good);
    for (const defect of [...layoutOf(listing).defects].sort()) classes.indexOf(defect);
    const { extensions } = new MirrorFolders(listing);
    for await (const batch of source.images()) {
      const placed = batch.map((image) => ({ image, place: placeOf(image.path) }));
      const masks = await source.findImages(
        placed.flatMap(({ place }) => (place?.kind === 'image' ? place.masks : [])),
      );
      const images: ImageRecord[] = [];
      const roles: FileRole[] = [];
      const masked: { path: string; image: number }[] = [];
      for (const { image, place } of placed) {
        if (place?.kind === 'mask') {
          roles.push({ path: image.path, kind: 'annotation', split: 'test' });
          continue;
        }
        if (!place) continue;
        const mask = place.masks.find((path) => masks.has(path));
        const attributes = {
          ...(place.category ? { category: place.category } : {}),
          ...(mask === undefined ? {} : { mask }),
        };
        if (mask !== undefined) masked.push({ path: mask, image: images.length });
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
      for (let at = 0; at < masked.length; at += MASKS_AT_ONCE) {
        const some = masked.slice(at, at + MASKS_AT_ONCE);
        await Promise.all(some.map(({ path, image }) => addMask(path, images[image], source, report)));
      }
      await tellOfLone(roles, extensions, { source, report });
      yield { images, roles };
    }
    return { classes: classes.classes, taskType: 'anomaly_detection' };
  },
};

/** Masks of pictures that are not there. */
async function tellOfLone(
  masks: readonly FileRole[],
  extensions: readonly string[],
  { source, report }: Pick<ReadContext, 'source' | 'report'>,
): Promise<void> {
  const pictures = masks.map(({ path }) => {
    const stem = stemOf(path).replace(/(^|\/)ground_truth\//i, '$1test/');
    return [stem.replace(/_mask$/, ''), stem].flatMap((name) => withExtensions(name, { extensions }).slice(1));
  });
  const found = await source.findImages(pictures.flat());
  for (const [i, { path }] of masks.entries())
    if (!pictures[i]?.some((name) => found.has(name))) report.add('label_without_image', { path });
}

/** The defect's pixels as a mask of the image's class; what is wrong with the file is said. */
async function addMask(
  path: string,
  record: ImageRecord | undefined,
  source: DatasetSource,
  report: ReadContext['report'],
): Promise<void> {
  const [label] = record?.annotations ?? [];
  if (!record || !label) return;
  const place = { path, image: record.path };
  const bytes = await bytesOf(source, path);
  if (bytes === null) {
    report.add('content_not_given', place);
    return;
  }
  const pixels = decodeMask(bytes);
  if (typeof pixels === 'string') {
    report.add('bad_annotation', { ...place, detail: pixels });
    return;
  }
  const { values, width, height } = pixels;
  if (record.width !== null && (record.width !== width || record.height !== height)) {
    const detail = `the mask is ${width} × ${height}, its image ${record.width} × ${record.height}`;
    report.add('bad_annotation', { ...place, detail });
    return;
  }
  const region = regionsOf(width, height, (i) => (values[i] ? 1 : -1))?.get(1);
  if (!region) return;
  const { rle, box, area } = region;
  record.annotations.push({ type: 'rle', geometry: { box, rle }, classIndex: label.classIndex, attributes: { area } });
}

type Place =
  | { kind: 'image'; split: 'train' | 'test'; className: string; category: string; masks: string[] }
  | { kind: 'mask' };

/** Null for an image that the layout has no place for. */
function placeOf(path: string): Place | null {
  if (/(^|\/)ground_truth\/[^/]+\//i.test(path)) return { kind: 'mask' };
  const [, top = '', folder, className] = /^(.*\/)?(train|test)\/([^/]+)\/[^/]+$/i.exec(path) ?? [];
  if (folder === undefined || className === undefined) return null;
  const split = folder.toLowerCase() === 'train' ? 'train' : 'test';
  const stem = `${top}ground_truth/${className}/${baseName(stemOf(path))}`;
  const masks = [`${stem}_mask.png`, `${stem}.png`, `${stem}.bmp`];
  return { kind: 'image', split, className, category: baseName(top.replace(/\/$/, '')), masks };
}

function layoutOf(listing: Listing): { trainGood: number; good: string; defects: Set<string>; masks: number } {
  const layout = { trainGood: 0, good: 'good', defects: new Set<string>(), masks: 0 };
  for (const [folder, { images }] of listing.folders) {
    if (images === 0) continue;
    const [, good] = /(?:^|\/)train\/(good|ok)\/$/i.exec(folder) ?? [];
    if (good !== undefined) {
      layout.trainGood += images;
      layout.good = good;
    }
    if (/(^|\/)ground_truth\/[^/]+\/$/i.test(folder)) layout.masks += images;
    const [, defect] = /(?:^|\/)test\/([^/]+)\/$/i.exec(folder) ?? [];
    if (defect && !GOOD.includes(defect)) layout.defects.add(defect);
  }
  return layout;
}
