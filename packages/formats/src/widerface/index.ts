import type { NamedLabels } from '../matching/records.ts';
import type { Annotation } from '../model.ts';
import { isImagePath } from '../paths.ts';
import { annotationOf, datasetFilesReader, type Reading } from '../reading/label-files.ts';
import { splitOfFile } from '../reading/splits.ts';
import { linesOf } from '../source.ts';

/** What is said of a face, behind its box: http://shuoyang1213.me/WIDERFACE/ (readme of the annotations) */
const ATTRIBUTES = ['blur', 'expression', 'illumination', 'invalid', 'occlusion', 'pose'];
const BATCH = 200;

/** WIDER FACE: for each image its path, the number of faces, and a line for each face; a line of zeros where there is none. */
export const widerFace = datasetFilesReader({
  format: 'wider_face',
  what: 'has WIDER FACE\u2019s lines of images, counts and faces',
  extensions: ['txt'],
  confidence: 0.97,
  fits(head) {
    const [name = '', count = '', face = ''] = head.replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
    return isImagePath(name.trim()) && /^\s*\d+\s*$/.test(count) && numbersOf(face) !== null;
  },
  isNamedSo: (path) => /(^|\/)wider_face_[a-z]+_bbx_gt\.txt$/i.test(path),

  async *read({ path }, reading) {
    let batch: NamedLabels[] = [];
    let open: Open | null = null;
    let line = 0;
    const close = () => {
      if (open) batch.push(labelsOf(path, open));
      open = null;
    };
    for await (const lines of linesOf(reading.source.stream(path))) {
      for (const raw of lines) {
        line++;
        const text = raw.replace(/^\ufeff/, '').trim();
        if (text === '') continue;
        if (isImagePath(text)) {
          close();
          open = { name: text, line, faces: [], refused: { count: 0 } };
        } else if (!open || !/^\d+$/.test(text)) addFace(path, text, line, open, reading);
      }
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
    close();
    yield batch;
  },
});

interface Open {
  name: string;
  line: number;
  faces: Annotation[];
  refused: { count: number };
}

/** Left, top, width, height, and what else is said. */
function numbersOf(text: string): number[] | null {
  const fields = text.trim().split(/\s+/);
  const numbers = fields.map(Number);
  return fields.length >= 4 && fields.length <= 10 && numbers.every(Number.isFinite) ? numbers : null;
}

function addFace(path: string, text: string, line: number, open: Open | null, reading: Reading): void {
  const numbers = numbersOf(text);
  const [x = 0, y = 0, width = 0, height = 0, ...said] = numbers ?? [];
  // How an image without faces is written.
  if (numbers?.every((value) => value === 0)) return;
  if (!open || numbers === null || width < 0 || height < 0) {
    if (open) open.refused.count++;
    reading.report.add(numbers === null ? 'bad_label_line' : 'bad_box', { path, line, detail: text.slice(0, 100) });
    return;
  }
  const attributes = Object.fromEntries(
    said.flatMap((value, i) => (value === 0 ? [] : [[ATTRIBUTES[i] ?? `column_${i + 5}`, value]])),
  );
  open.faces.push(
    annotationOf(reading, 'face', { type: 'bbox', geometry: { box: [x, y, width, height] } }, attributes, line),
  );
}

const labelsOf = (path: string, { name, line, faces, refused }: Open): NamedLabels => ({
  named: { name, split: splitOfFile(path), width: null, height: null, at: { path, line } },
  annotate: () => faces,
  refused,
  source: { file: path },
  unit: 'line',
});
