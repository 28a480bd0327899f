import { baseName, stemOf } from '../paths.ts';
import { annotationOf, type ImageLabels, imageFilesReader, type Reading } from '../reading/label-files.ts';

/** A class, which may have blanks, and left, top, right and bottom in pixels. */
const LINE = /^\s*(\S.*?)\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)\s*$/;
const PLACE = /(^|\/)Label\/[^/]+\.txt$/;

/**
 * What the OIDv4 ToolKit downloads of Open Images: a folder for each class, with a text for each image in its `Label`:
 * https://github.com/EscVM/OIDv4_ToolKit
 */
export const oidv4 = imageFilesReader({
  format: 'oidv4',
  what: 'has the lines of the OIDv4 ToolKit: a class and two corners in pixels',
  extensions: ['txt'],
  fits: (text, path) => PLACE.test(path) && text.split(/\r?\n/).some((line) => lineOf(line) !== null),
  isNamedSo: (path) => PLACE.test(path),
  stemsOf: (path) => [baseName(stemOf(path))],
  read: labelsOf,
});

function lineOf(line: string): { label: string; corners: [number, number, number, number] } | null {
  const [, label = '', ...numbers] = LINE.exec(line) ?? [];
  const [left = Number.NaN, top = Number.NaN, right = Number.NaN, bottom = Number.NaN] = numbers.map(Number);
  // A class that is a number makes it another format's line.
  if (/^-?[\d.]+$/.test(label) || ![left, top, right, bottom].every(Number.isFinite)) return null;
  return { label, corners: [left, top, right, bottom] };
}

function labelsOf(path: string, text: string, reading: Reading): ImageLabels {
  const annotations = text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === '') return [];
    const read = lineOf(line);
    const [left, top, right, bottom] = read?.corners ?? [0, 0, 0, 0];
    if (read === null || right < left || bottom < top) {
      const place = { path, line: i + 1, detail: line.slice(0, 100) };
      reading.report.add(read === null ? 'bad_label_line' : 'bad_box', place);
      return [];
    }
    const box: [number, number, number, number] = [left, top, right - left, bottom - top];
    return [annotationOf(reading, read.label, { type: 'bbox', geometry: { box } }, {}, i + 1)];
  });
  return { name: null, annotate: () => annotations, source: { file: path }, unit: 'line' };
}
