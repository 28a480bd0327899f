import { countingRefused, type NamedLabels } from '../matching/records.ts';
import type { Annotation } from '../model.ts';
import { folderOf } from '../paths.ts';
import { annotationOf, datasetFilesReader, type Reading } from '../reading/label-files.ts';
import { splitOfFile } from '../reading/splits.ts';
import { objectsOf } from './objects.ts';
import { isMembers, isMetadata, type MetadataRow, metadataRows } from './rows.ts';

/** Columns that name an image's class, or several. */
const CLASSES = ['label', 'labels', 'class', 'classes', 'category', 'categories'];
const CAPTIONS = ['text', 'caption', 'captions', 'prompt', 'description'];
const FILE_NAME = /^([a-z0-9_]+_)?file_name$/i;

/** The metadata files of Hugging Face's ImageFolder: https://huggingface.co/docs/datasets/image_dataset */
export const hfMetadata = datasetFilesReader({
  format: 'hf_metadata',
  what: 'is a metadata file of Hugging Face\u2019s ImageFolder',
  extensions: ['csv', 'jsonl'],
  fits: (head, path) => isMetadata(head, path),
  isNamedSo: (path) => /(^|\/)metadata\.(csv|jsonl)$/i.test(path),
  confidence: 0.95,
  isRuledOut: async (_source, { numImages }) => (numImages === 0 ? 'There is a metadata file, but no images.' : null),

  async *read({ path }, reading) {
    for await (const rows of metadataRows(path, reading)) {
      yield rows.flatMap((row) => countingRefused(reading, () => labelsOf(path, row, reading)));
    }
  },
});

function labelsOf(path: string, { members, line }: MetadataRow, reading: Reading): NamedLabels[] {
  const names = Object.entries(members).filter(([key, value]) => FILE_NAME.test(key) && typeof value === 'string');
  const [nameKey, name] = names.find(([key]) => key.toLowerCase() === 'file_name') ?? names[0] ?? [];
  if (nameKey === undefined || typeof name !== 'string' || name === '') {
    reading.report.add('bad_annotation', { path, line, detail: 'no file_name' });
    return [];
  }
  const { annotations, used } = annotationsOf(path, members, line, reading);
  const others = Object.fromEntries(
    Object.entries(members).filter(
      ([key, value]) => key !== nameKey && !used.has(key) && value !== '' && value !== null,
    ),
  );
  return [
    {
      // A name is relative to the file that has it.
      named: {
        name: folderOf(path) + name.replace(/^\.\//, ''),
        alternatives: [name],
        split: splitOfFile(path),
        width: null,
        height: null,
        at: { path, line },
      },
      annotate: () => annotations,
      source: { file: path, name, ...(Object.keys(others).length > 0 ? { others } : {}) },
      unit: 'line',
    },
  ];
}

function annotationsOf(
  path: string,
  members: Record<string, unknown>,
  line: number,
  reading: Reading,
): { annotations: Annotation[]; used: Set<string> } {
  const used = new Set<string>();
  const annotations: Annotation[] = [];
  for (const [key, value] of Object.entries(members)) {
    if (CLASSES.includes(key.toLowerCase())) {
      const labels = (Array.isArray(value) ? value : [value]).filter(
        (label) => (typeof label === 'string' && label !== '') || typeof label === 'number',
      );
      if (labels.length === 0 || labels.length !== (Array.isArray(value) ? value.length : 1)) continue;
      used.add(key);
      for (const label of labels)
        annotations.push(annotationOf(reading, String(label), { type: 'classification', geometry: {} }, {}, line));
    } else if (CAPTIONS.includes(key.toLowerCase())) {
      const captions = Array.isArray(value) ? value : [value];
      if (!captions.every((caption) => typeof caption === 'string' && caption !== '')) continue;
      used.add(key);
      for (const caption of captions) annotations.push(captionOf(String(caption), line, reading));
    } else if (key === 'objects' || key === 'annotations') {
      const objects = isMembers(value) || Array.isArray(value) || typeof value === 'string' ? objectsOf(value) : null;
      if (objects === null) continue;
      used.add(key);
      for (const { box, label, others } of objects) {
        if (box) annotations.push(annotationOf(reading, label, { type: 'bbox', geometry: { box } }, others, line));
        else reading.report.add('bad_box', { path, line, detail: `${label}: no box of four numbers` });
      }
    }
  }
  return { annotations, used };
}

function captionOf(caption: string, at: number, { types }: Reading): Annotation {
  types.add('caption');
  return { type: 'caption', geometry: { caption }, classIndex: null, attributes: {}, at };
}
