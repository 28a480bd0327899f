import { FormatError } from '../format-error.ts';
import { isMembers, ringOf } from '../json/lines.ts';
import { parseLeniently, reasonOf } from '../json/parse.ts';
import { baseName, stemOf } from '../paths.ts';
import { annotationOf, type ImageLabels, imageFilesReader, type Reading } from '../reading/label-files.ts';

/** Cityscapes' polygons, a file per image: https://www.cityscapes-dataset.com/dataset-overview/ */
export const cityscapes = imageFilesReader({
  format: 'cityscapes',
  what: 'has Cityscapes\u2019 objects with polygons',
  extensions: ['json'],
  fits: (head) => /"imgHeight"\s*:/.test(head) && /"objects"\s*:\s*\[/.test(head),
  isNamedSo: (path) => /_gt(Fine|Coarse)_polygons\.json$/.test(path),
  stemsOf: (path) => {
    const stem = baseName(stemOf(path)).replace(/_gt(Fine|Coarse)_polygons$|_polygons$/, '');
    return [`${stem}_leftImg8bit`, stem];
  },
  // Masks of the same polygons lie beside them.
  besides: (path) => /_gt(Fine|Coarse)_[a-zA-Z]+\.png$/.test(path),
  read: labelsOf,
});

function labelsOf(path: string, text: string, reading: Reading): ImageLabels {
  const document = parseLeniently(text);
  if (!isMembers(document) || !Array.isArray(document.objects)) throw new FormatError(reasonOf(text));
  const annotations = document.objects.flatMap((object: unknown, i) => {
    const place = { path, pointer: `objects[${i}]` };
    const label = isMembers(object) ? object.label : undefined;
    const ring = isMembers(object) ? ringOf(object.polygon) : null;
    if (!isMembers(object) || typeof label !== 'string') {
      reading.report.add('bad_annotation', { ...place, detail: 'no label' });
      return [];
    }
    if (object.deleted === 1) return [];
    if (ring === null) {
      reading.report.add('bad_box', { ...place, detail: `${label}: a polygon of fewer than three points` });
      return [];
    }
    return [annotationOf(reading, label, { type: 'polygon', geometry: { box: null, polygons: [ring] } }, {}, i)];
  });
  const [width, height] = [document.imgWidth, document.imgHeight].map((value) =>
    typeof value === 'number' ? value : null,
  );
  return {
    name: null,
    width: width ?? null,
    height: height ?? null,
    annotate: () => annotations,
    source: { file: path },
    unit: 'objects',
  };
}
