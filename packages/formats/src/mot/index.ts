import type { NamedLabels } from '../matching/records.ts';
import type { Annotation } from '../model.ts';
import { folderOf } from '../paths.ts';
import { annotationOf, datasetFilesReader, type Reading } from '../reading/label-files.ts';
import { splitOfFile } from '../reading/splits.ts';
import { linesOf } from '../source.ts';

/** The classes of MOT16, MOT17 and MOT20 by their numbers from 1: https://arxiv.org/abs/1603.00831, table 3 */
const CLASSES = [
  'pedestrian',
  'person on vehicle',
  'car',
  'bicycle',
  'motorbike',
  'non motorized vehicle',
  'static person',
  'distractor',
  'occluder',
  'occluder on the ground',
  'occluder full',
  'reflection',
  'crowd',
];
const PLACE = /(^|\/)(gt\/gt|det\/det)\.txt$/i;
const BATCH = 500;

/** MOTChallenge: for each sequence a `gt/gt.txt` beside the frames in `img1`. */
export const mot = datasetFilesReader({
  format: 'mot',
  what: 'has MOTChallenge\u2019s lines of frame, track and box',
  extensions: ['txt'],
  confidence: 0.95,
  fits: (head, path) => /(^|\/)gt\/gt\.txt$/i.test(path) && motLineOf(head.split(/\r?\n/)[0] ?? '') !== null,
  isNamedSo: (path) => PLACE.test(path),

  async *read({ path }, reading) {
    const sequence = folderOf(folderOf(path).slice(0, -1));
    const byFrame = new Map<number, Frame>();
    let line = 0;
    for await (const lines of linesOf(reading.source.stream(path))) {
      for (const text of lines) {
        line++;
        if (text.trim() !== '') addLine(path, text, line, byFrame, reading);
      }
    }
    const frames = [...byFrame].map(([frame, labels]) => labelsOf(path, sequence, frame, labels));
    for (let at = 0; at < frames.length; at += BATCH) yield frames.slice(at, at + BATCH);
  },
});

/** Frame, track, left, top, width, height, whether it counts, class and visibility. */
function motLineOf(text: string): number[] | null {
  const numbers = text
    .trim()
    .split(/\s*,\s*/)
    .map(Number);
  return numbers.length >= 6 && numbers.length <= 10 && numbers.every(Number.isFinite) ? numbers : null;
}

interface Frame {
  annotations: Annotation[];
  refused: { count: number };
  /** The first that speaks of it. */
  line: number;
}

function addLine(path: string, text: string, line: number, byFrame: Map<number, Frame>, reading: Reading): void {
  const numbers = motLineOf(text);
  if (numbers === null) {
    reading.report.add('bad_label_line', { path, line, detail: text.slice(0, 100) });
    return;
  }
  const [frame = 0, track_id = 0, x = 0, y = 0, width = 0, height = 0, counts = 1, number = 1, visibility] = numbers;
  const known = byFrame.get(frame) ?? { annotations: [], refused: { count: 0 }, line };
  byFrame.set(frame, known);
  if (width < 0 || height < 0) {
    known.refused.count++;
    reading.report.add('bad_box', { path, line, detail: text.slice(0, 100) });
    return;
  }
  const attributes = {
    track_id,
    ...(counts === 0 ? { ignore: 1 } : {}),
    ...(visibility === undefined ? {} : { visibility }),
  };
  const label = CLASSES[number - 1] ?? `class_${number}`;
  known.annotations.push(
    annotationOf(reading, label, { type: 'bbox', geometry: { box: [x, y, width, height] } }, attributes, line),
  );
}

function labelsOf(path: string, sequence: string, frame: number, { annotations, refused, line }: Frame): NamedLabels {
  const name = `${sequence}img1/${String(frame).padStart(6, '0')}`;
  return {
    named: {
      name: `${name}.jpg`,
      alternatives: [`${name}.png`],
      split: splitOfFile(path),
      width: null,
      height: null,
      at: { path, line },
    },
    annotate: () => annotations,
    refused,
    source: { file: path },
    unit: 'line',
  };
}
