import { baseName, stemOf } from '../paths.ts';
import { annotationOf, imageFilesReader } from '../reading/label-files.ts';

/** A class is a number or a word; anything longer is something else. */
const CLASS = /^\s*[^\r\n]{1,200}\s*$/;

/** WebDataset, unpacked: beside each image a `.cls` with its class: https://github.com/webdataset/webdataset */
export const webDataset = imageFilesReader({
  format: 'webdataset',
  what: 'is the class of the image beside it, as WebDataset has it',
  extensions: ['cls'],
  fits: (text) => CLASS.test(text),
  isNamedSo: (path) => /\.cls$/i.test(path),
  stemsOf: (path) => [baseName(stemOf(path))],
  read(path, text, reading) {
    const name = text.replace(/^\ufeff/, '').trim();
    const label = /^\d+$/.test(name) ? `class_${name}` : name;
    const annotations = [annotationOf(reading, label, { type: 'classification', geometry: {} }, {}, 1)];
    return { name: null, annotate: () => annotations, source: { file: path }, unit: 'line' };
  },
});
