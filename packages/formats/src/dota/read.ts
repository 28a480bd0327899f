import { baseName, stemOf } from '../paths.ts';
import { annotationOf, type ImageLabels, imageFilesReader, type Reading } from '../reading/label-files.ts';
import { dotaLineOf, isDota, isHeader } from './lines.ts';

/** DOTA's oriented boxes, a text file per image: https://captain-whu.github.io/DOTA/dataset.html */
export const dota = imageFilesReader({
  format: 'dota',
  what: 'has DOTA\u2019s lines of four corners, class and difficulty',
  extensions: ['txt'],
  fits: isDota,
  isNamedSo: (path) => /(^|\/)labelTxt[^/]*\//i.test(path),
  stemsOf: (path) => [stemOf(baseName(path))],
  read: labelsOf,
});

function labelsOf(path: string, text: string, reading: Reading): ImageLabels {
  const header: string[] = [];
  const annotations = text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === '') return [];
    if (isHeader(line)) {
      header.push(line.trim());
      return [];
    }
    const read = dotaLineOf(line);
    if (read === null) {
      reading.report.add('bad_label_line', { path, line: i + 1, detail: line.slice(0, 100) });
      return [];
    }
    const { corners, label, difficult } = read;
    const attributes = difficult ? { difficult } : {};
    return [annotationOf(reading, label, { type: 'obb', geometry: { corners } }, attributes, i + 1)];
  });
  return { name: null, annotate: () => annotations, source: { file: path, header }, unit: 'line' };
}
