import { baseName, stemOf } from '../paths.ts';
import { annotationOf, type ImageLabels, imageFilesReader, type Reading } from '../reading/label-files.ts';
import { isKitti, kittiLineOf } from './lines.ts';

/** KITTI's labels of objects, a text file per image: boxes with what they say of the object in space. */
export const kitti = imageFilesReader({
  format: 'kitti',
  what: 'has KITTI\u2019s lines of 15 fields',
  extensions: ['txt'],
  fits: isKitti,
  isNamedSo: (path) => /(^|\/)label_[23]\//i.test(path),
  stemsOf: (path) => [stemOf(baseName(path))],
  read: labelsOf,
});

function labelsOf(path: string, text: string, reading: Reading): ImageLabels {
  const annotations = text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === '') return [];
    const read = kittiLineOf(line);
    if (read === null) {
      reading.report.add('bad_label_line', { path, line: i + 1, detail: line.slice(0, 100) });
      return [];
    }
    const { label, box, attributes } = read;
    if (box[2] < 0 || box[3] < 0) {
      const detail = `${label}: corners the wrong way round in "${line.slice(0, 100)}"`;
      reading.report.add('bad_box', { path, line: i + 1, detail });
      return [];
    }
    return [annotationOf(reading, label, { type: 'bbox', geometry: { box } }, attributes, i + 1)];
  });
  return { name: null, annotate: () => annotations, source: { file: path }, unit: 'line' };
}
