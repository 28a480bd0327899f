import { FormatError } from '../format-error.ts';
import { isMembers, numbersOf, readEach, ringOf } from '../json/lines.ts';
import { parseLeniently, reasonOf } from '../json/parse.ts';
import type { Annotation } from '../model.ts';
import { baseName, stemOf } from '../paths.ts';
import { annotationOf, type ImageLabels, imageFilesReader, type Reading } from '../reading/label-files.ts';

/** VoTT's file per asset: https://github.com/microsoft/VoTT */
export const vott = imageFilesReader({
  format: 'vott',
  what: 'is an asset of VoTT',
  extensions: ['json'],
  fits: (head) => /"asset"\s*:\s*\{/.test(head) && /"regions"\s*:\s*\[/.test(head),
  isNamedSo: (path) => /-asset\.json$/i.test(path),
  stemsOf: (path) => [baseName(stemOf(path))],
  read: labelsOf,
});

function labelsOf(path: string, text: string, reading: Reading): ImageLabels {
  const document = parseLeniently(text);
  if (!isMembers(document) || !isMembers(document.asset)) throw new FormatError(reasonOf(text));
  const { name, size } = document.asset;
  const [width = null, height = null] = numbersOf(size, 'width', 'height') ?? [];
  const annotations = readEach(
    document.regions,
    { path, pointer: 'regions' },
    reading,
    (region, place, i): Annotation[] => {
      const tags = Array.isArray(region.tags) ? region.tags.map(String) : [];
      if (tags.length === 0) {
        reading.report.add('bad_annotation', { ...place, detail: 'a region without a tag' });
        return [];
      }
      const [x, y, boxWidth, boxHeight] = numbersOf(region.boundingBox, 'left', 'top', 'width', 'height') ?? [];
      const ring = region.type === 'POLYGON' ? ringOf(region.points) : null;
      if (ring)
        return tags.map((tag) =>
          annotationOf(reading, tag, { type: 'polygon', geometry: { box: null, polygons: [ring] } }, {}, i),
        );
      if (x === undefined || y === undefined || boxWidth === undefined || boxHeight === undefined) {
        reading.report.add('bad_box', { ...place, detail: `${tags.join(', ')}: no boundingBox` });
        return [];
      }
      return tags.map((tag) =>
        annotationOf(reading, tag, { type: 'bbox', geometry: { box: [x, y, boxWidth, boxHeight] } }, {}, i),
      );
    },
  );
  return {
    name: typeof name === 'string' ? name : null,
    width,
    height,
    annotate: () => annotations,
    source: { file: path },
    unit: 'regions',
  };
}
