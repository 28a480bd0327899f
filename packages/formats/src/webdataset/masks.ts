import type { ReadBatch } from '../format.ts';
import { decodeMask } from '../masks/png.ts';
import { bytesOf } from '../masks/read.ts';
import { regionsOf } from '../masks/regions.ts';
import type { Annotation, ImageEntry } from '../model.ts';
import { splitOf } from '../paths.ts';
import { annotationOf, type Reading, withExtensions } from '../reading/label-files.ts';
import { MirrorFolders } from '../reading/mirrors.ts';

const MASK = /\.(seg|mask|semantic)\.png$/i;

/** Masks beside the images of their samples, `0001.seg.png` beside `0001.jpg`: each value but 0 is a class. */
export async function* readMasks(reading: Reading): AsyncGenerator<ReadBatch> {
  const mirrors = new MirrorFolders(reading.listing);
  for await (const batch of reading.source.images()) {
    for (const { path } of batch.filter((image) => MASK.test(image.path))) {
      const names = withExtensions(path.replace(MASK, ''), mirrors).slice(1);
      const found = await reading.source.findImages(names);
      const image = names.map((name) => found.get(name)).find((entry) => entry !== undefined);
      if (!image) {
        reading.report.add('label_without_image', { path });
        yield { images: [], roles: [{ path, kind: 'annotation', split: null }] };
        continue;
      }
      const read = await masksOf(path, image, reading);
      if (read === null) continue;
      const record = {
        ...image,
        split: splitOf(image.path),
        className: null,
        isLabeled: true,
        annotations: Array.isArray(read) ? read : [],
        ...(Array.isArray(read) ? {} : { numRefused: read }),
        origin: { path, unit: 'values' },
      };
      yield { images: [record], roles: [{ path, kind: 'annotation', split: null }] };
    }
  }
}

/** How many were refused, where the mask cannot be read; null where its content is not at hand. */
async function masksOf(path: string, image: ImageEntry, reading: Reading): Promise<Annotation[] | number | null> {
  const bytes = await bytesOf(reading.source, path);
  if (bytes === null) {
    reading.report.add('content_not_given', { path, image: image.path });
    return null;
  }
  const pixels = decodeMask(bytes);
  if (typeof pixels === 'string') {
    reading.report.add('image_unreadable', { path, image: image.path, detail: pixels });
    return 1;
  }
  const { values, width, height } = pixels;
  const isOther = image.width !== null && (image.width !== width || image.height !== height);
  const regions = isOther ? null : regionsOf(width, height, (i) => values[i] || -1);
  if (regions === null) {
    const detail = isOther ? `${width} × ${height}, its image ${image.width} × ${image.height}` : 'no mask';
    reading.report.add('bad_annotation', { path, image: image.path, detail });
    return 1;
  }
  return [...regions].map(([value, { rle, box, area }]) =>
    annotationOf(reading, `class_${value}`, { type: 'rle', geometry: { box, rle } }, { area }),
  );
}
