import type { FormatReader, ReadBatch, ReadContext, ReadSummary } from '../format.ts';
import type { ImageRecord } from '../model.ts';
import { splitOf } from '../paths.ts';
import { layoutOf, placeIn } from './layout.ts';

/**
 * One folder per class, as torchvision's ImageFolder reads it: `[top/]{split}/{class}/…` or `[top/]{class}/…`; folders
 * inside a class folder belong to it. Images outside of class folders have no class.
 */
export const imageFolder: FormatReader = {
  format: 'imagefolder',
  readsByImage: true,

  async detect(_source, listing) {
    const layout = layoutOf(listing);
    if (typeof layout === 'string') return { confidence: 0, reasons: [layout] };
    const { classes, hasSplits, numOutside } = layout;
    const names = classes.slice(0, 3).join(', ');
    const images = numOutside === 0 ? 'Every image lies' : `All but ${numOutside} images lie`;
    return {
      confidence: hasSplits ? 0.75 : 0.6,
      reasons: [
        `${images} in one of ${classes.length} class folders (${names}${classes.length > 3 ? ', …' : ''}).`,
        ...(hasSplits ? ['The class folders are in split folders.'] : []),
      ],
    };
  },

  async *read({ source, listing }: ReadContext): AsyncGenerator<ReadBatch, ReadSummary> {
    const found = layoutOf(listing, 1);
    const layout = typeof found === 'string' ? null : found;
    const classes = layout?.classes ?? [];
    const indexOf = new Map(classes.map((name, index) => [name, index]));
    for await (const batch of source.images()) {
      const images = batch.map((image): ImageRecord => {
        const place = layout ? placeIn(image.path, layout) : { split: splitOf(image.path), className: null };
        const classIndex = place.className === null ? undefined : indexOf.get(place.className);
        return {
          ...image,
          ...place,
          isLabeled: classIndex !== undefined,
          annotations:
            classIndex === undefined ? [] : [{ type: 'classification', classIndex, geometry: {}, attributes: {} }],
        };
      });
      yield { images, roles: [] };
    }
    return {
      classes: classes.map((name) => ({ name, source: {} })),
      taskType: classes.length > 0 ? 'image_classification' : null,
    };
  },
};
