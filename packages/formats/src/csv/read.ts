import { ClassList } from '../classes.ts';
import type { ReadBatch, ReadContext, ReadSummary } from '../format.ts';
import { filesOf, type Listing } from '../listing.ts';
import { LabelPlacer, type NamedLabels } from '../matching/records.ts';
import { type Annotation, type Box, type ImageEntry, taskTypeOf } from '../model.ts';
import { splitName, splitOf } from '../paths.ts';
import { type DatasetSource, type FileEntry, headOf } from '../source.ts';
import { boxOf, type Columns, columnsOf } from './columns.ts';
import { type Row, readTable } from './table.ts';

const MAX_FILES = 200;
const SAMPLED_ROWS = 50;

/** The tables of boxes among the CSV files, with the meaning of their columns. */
export async function surveyTables(
  source: DatasetSource,
  listing: Listing,
): Promise<{ file: FileEntry; columns: Columns; titles: string[] }[]> {
  const tables = [];
  for (const file of filesOf(listing, 'csv', 'tsv').slice(0, MAX_FILES)) {
    const head = await headOf(source, file.path);
    const whole = file.sizeBytes > 64 * 1024 ? head.slice(0, head.lastIndexOf('\n')) : head;
    const rows: Row[] = [];
    for await (const batch of readTable(once(whole))) rows.push(...batch);
    const columns = columnsOf(rows.slice(0, SAMPLED_ROWS).map(({ fields }) => fields));
    if (columns) tables.push({ file, columns, titles: columns.hasHeader ? (rows[0]?.fields ?? []) : [] });
  }
  return tables;
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

/** An annotation of a row, before the image's dimensions are known. */
interface BoxRow {
  classIndex: number;
  numbers: Box;
  line: number;
  extra: Record<string, unknown>;
}

export async function* readCsv(context: ReadContext): AsyncGenerator<ReadBatch, ReadSummary> {
  const { source, listing, report } = context;
  const classes = new ClassList();
  const types = new Set<Annotation['type']>();
  const placer = new LabelPlacer(context);
  const tables = await surveyTables(source, listing);
  for (const { file, columns, titles } of tables) {
    const { path } = file;
    const split = splitOf(path) ?? splitOfTable(path);
    yield { images: [], roles: [{ path, kind: 'annotation', split }] };
    let isFirst = columns.hasHeader;
    for await (const batch of readTable(source.stream(path))) {
      const rows = isFirst ? batch.slice(1) : batch;
      isFirst = false;
      const labels = [...Map.groupBy(rows, ({ fields }) => fields[columns.name] ?? '')].flatMap(
        ([name, group]): NamedLabels[] => {
          const [first] = group;
          if (!first) return [];
          if (name === '') {
            for (const { line } of group) report.add('bad_annotation', { path, line, detail: 'no image is named' });
            return [];
          }
          const boxes = group.flatMap((row) => readRow(path, row, columns, titles, classes, report) ?? []);
          if (boxes.length > 0) types.add('bbox');
          const number = (at: number) => (at >= 0 && first.fields[at] ? Number(first.fields[at]) : null);
          return [
            {
              named: {
                name,
                split: splitName(first.fields[columns.split] ?? '') ?? split,
                width: number(columns.imageWidth),
                height: number(columns.imageHeight),
                at: { path, line: first.line },
              },
              annotate: (image) => boxes.flatMap((row) => annotationOf(path, row, columns, image, report) ?? []),
              source: { file: path, name },
              unit: 'line',
            },
          ];
        },
      );
      yield await placer.place(path, labels);
    }
  }
  yield await placer.settle();
  const kept = tables.map(({ file, titles, columns }) => ({ path: file.path, titles, columns }));
  return { classes: classes.classes, taskType: taskTypeOf(types), source: { tables: kept } };
}

/** Null for a row without a box, which says that there is nothing on its image. */
function readRow(
  path: string,
  { fields, line }: Row,
  columns: Columns,
  titles: readonly string[],
  classes: ClassList,
  report: ReadContext['report'],
): BoxRow | null {
  const numbers = boxOf(fields, columns);
  const className = fields[columns.className] ?? '';
  if (numbers === null && className === '') return null;
  const image = fields[columns.name] ?? '';
  if (className === '') {
    report.add('bad_annotation', { path, line, detail: `${image}: a box without a class` });
    return null;
  }
  if (numbers === null || !numbers.every(Number.isFinite)) {
    report.add('bad_box', { path, line, detail: `${image}: coordinates ${numbers?.join(', ') ?? 'are missing'}` });
    return null;
  }
  return { classIndex: classes.indexOf(className), numbers, line, extra: extraOf(fields, columns, titles) };
}

/** Columns that are none of ours come back under their titles. */
function extraOf(fields: readonly string[], columns: Columns, titles: readonly string[]): Record<string, unknown> {
  const own = new Set(
    [columns.name, columns.className, columns.split, columns.imageWidth, columns.imageHeight, columns.box.at].flat(),
  );
  return Object.fromEntries(
    fields.flatMap((value, i) => (own.has(i) || !titles[i] || value === '' ? [] : [[titles[i], value]])),
  );
}

function annotationOf(
  path: string,
  { classIndex, numbers, line, extra }: BoxRow,
  columns: Columns,
  { width, height, problem, path: imagePath }: ImageEntry,
  report: ReadContext['report'],
): Annotation | null {
  const place = { path, line, image: imagePath };
  // An image that nobody has looked at keeps its shares.
  const isUnseen = width === null && !problem;
  const [scaleX, scaleY] = columns.isRelative && !isUnseen ? [width, height] : [1, 1];
  if (scaleX === null || scaleY === null) {
    report.add('bad_box', { ...place, detail: 'the image has no readable size, which shares of it need' });
    return null;
  }
  const [a, b, c, d] = [numbers[0] * scaleX, numbers[1] * scaleY, numbers[2] * scaleX, numbers[3] * scaleY];
  const box: Box = columns.box.kind === 'corners' ? [a, b, c - a, d - b] : [a, b, c, d];
  if (box[2] < 0 || box[3] < 0) {
    report.add('bad_box', { ...place, detail: `coordinates ${numbers.join(', ')} are the wrong way round` });
    return null;
  }
  return { type: 'bbox', geometry: { box }, classIndex, attributes: extra, at: line };
}

/** `train_labels.csv`, `_annotations.csv`: the split may stand in the file's name. */
function splitOfTable(path: string): string | null {
  for (const word of path.slice(path.lastIndexOf('/') + 1).split(/[^a-zA-Z]+/)) {
    const split = splitName(word);
    if (split) return split;
  }
  return null;
}
