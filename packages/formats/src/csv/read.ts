import { ClassList } from '../classes.ts';
import type { ReadBatch, ReadContext, ReadSummary } from '../format.ts';
import { everyFile, filesOf, type Listing, spread } from '../listing.ts';
import { LabelPlacer, type NamedLabels } from '../matching/records.ts';
import { type Annotation, type Box, type ImageEntry, taskTypeOf } from '../model.ts';
import { splitName, splitOf } from '../paths.ts';
import { type DatasetSource, type FileEntry, headOf } from '../source.ts';
import { boxOf, type Columns, columnsOf, textOfBox } from './columns.ts';
import { type Row, readTable } from './table.ts';

const SAMPLED_FILES = 50;
const SAMPLED_ROWS = 50;
/** What tables are called and how they are laid out is kept for the writer, of so many of them. */
const MAX_KEPT_TABLES = 5000;
/** The class of boxes in a table that has no column for it. */
const ONLY_CLASS = 'object';

/** A CSV file of boxes, with the meaning of its columns. */
interface Table {
  path: string;
  columns: Columns;
  titles: string[];
}

/** A table of boxes among the samples; null when there is none. */
export async function firstTable(source: DatasetSource, listing: Listing): Promise<Table | null> {
  const paths = new Set(spread(filesOf(listing, 'csv', 'tsv'), 10, SAMPLED_FILES));
  for (const file of filesOf(listing, 'csv', 'tsv')) {
    const table = paths.has(file.path) ? await tableOf(source, file) : null;
    if (table) return table;
  }
  return null;
}

/** Null for a file whose columns are not those of boxes. */
async function tableOf(source: DatasetSource, file: FileEntry): Promise<Table | null> {
  const rows = await firstRows(source, file);
  const columns = columnsOf(rows.map(({ fields }) => fields));
  return columns && { path: file.path, columns, titles: columns.hasHeader ? (rows[0]?.fields ?? []) : [] };
}

async function firstRows(source: DatasetSource, file: FileEntry): Promise<Row[]> {
  const head = await headOf(source, file.path);
  const whole = file.sizeBytes > 64 * 1024 ? head.slice(0, head.lastIndexOf('\n')) : head;
  const rows: Row[] = [];
  for await (const batch of readTable(once(whole))) rows.push(...batch);
  return rows.slice(0, SAMPLED_ROWS);
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

interface Reading extends ReadContext {
  classes: ClassList;
  types: Set<Annotation['type']>;
  /** What codes of classes stand for, where a table says so. */
  names: ReadonlyMap<string, string>;
}

export async function* readCsv(context: ReadContext): AsyncGenerator<ReadBatch, ReadSummary> {
  const { source, listing, report } = context;
  const described = await readDescriptions(source, listing);
  const reading: Reading = { ...context, classes: new ClassList(), types: new Set(), names: described.names };
  for (const path of described.paths) report.add('not_lossless', { path, detail: 'what codes of classes stand for' });
  const placer = new LabelPlacer(context);
  const kept: Table[] = [];
  yield { images: [], roles: described.paths.map((path) => ({ path, kind: 'annotation', split: null })) };
  for await (const files of everyFile(source, listing, 'csv', 'tsv')) {
    for (const file of files) {
      const table = await tableOf(source, file);
      if (!table) continue;
      yield* readRows(table, placer, reading);
      if (kept.length < MAX_KEPT_TABLES) kept.push(table);
      else report.add('not_lossless', { path: file.path, detail: 'how the table is laid out' });
    }
  }
  yield await placer.settle();
  return { classes: reading.classes.classes, taskType: taskTypeOf(reading.types), source: { tables: kept } };
}

/** Tables of two columns, a code and what it stands for, as Open Images has them. */
async function readDescriptions(
  source: DatasetSource,
  listing: Listing,
): Promise<{ names: Map<string, string>; paths: string[] }> {
  const described = { names: new Map<string, string>(), paths: [] as string[] };
  for (const file of filesOf(listing, 'csv').filter(({ path }) => /class|descr|label/i.test(path))) {
    const sample = await firstRows(source, file);
    if (
      sample.length === 0 ||
      !sample.every(({ fields }) => fields.length === 2 && /^\/[a-z]\/\w+$/.test(fields[0] ?? ''))
    )
      continue;
    described.paths.push(file.path);
    for await (const rows of readTable(source.stream(file.path))) {
      for (const { fields } of rows) if (fields[0] && fields[1]) described.names.set(fields[0], fields[1]);
    }
  }
  return described;
}

/** Columns of the longest table without a header that is written as it was. */
const LONGEST_WRITTEN = 8;

async function* readRows(table: Table, placer: LabelPlacer, reading: Reading): AsyncGenerator<ReadBatch> {
  const { path, columns } = table;
  const split = splitOf(path) ?? splitOfTable(path);
  yield { images: [], roles: [{ path, kind: 'annotation', split }] };
  if ((columns.numColumns ?? 0) > LONGEST_WRITTEN)
    reading.report.add('not_lossless', { path, detail: 'corners that say nothing new' });
  let isFirst = columns.hasHeader;
  for await (const batch of readTable(reading.source.stream(path))) {
    const rows = isFirst ? batch.slice(1) : batch;
    isFirst = false;
    const groups = Map.groupBy(rows, ({ fields }) => fields[columns.name] ?? '');
    yield await placer.place(
      path,
      [...groups].flatMap(([name, group]) => labelsOf(name, group, table, split, reading) ?? []),
    );
  }
}

function labelsOf(
  name: string,
  rows: readonly Row[],
  table: Table,
  split: string | null,
  reading: Reading,
): NamedLabels | null {
  const { path, columns } = table;
  const { report, types } = reading;
  const [first] = rows;
  if (!first) return null;
  if (name === '') {
    for (const { line } of rows) report.add('bad_annotation', { path, line, detail: 'no image is named' });
    return null;
  }
  const refused = { count: 0 };
  const boxes = rows.flatMap((row) => readRow(row, table, refused, reading) ?? []);
  if (boxes.length > 0) types.add('bbox');
  const number = (at: number) => (at >= 0 && first.fields[at] ? Number(first.fields[at]) : null);
  return {
    named: {
      name,
      split: splitName(first.fields[columns.split] ?? '') ?? split,
      width: number(columns.imageWidth),
      height: number(columns.imageHeight),
      at: { path, line: first.line },
    },
    annotate(image) {
      const annotations = boxes.flatMap((row) => annotationOf(path, row, columns, image, report) ?? []);
      refused.count += boxes.length - annotations.length;
      return annotations;
    },
    refused,
    source: { file: path, name },
    unit: 'line',
  };
}

/** What people write for the class of an image on which there is nothing. */
const NOTHING = new Set(['', 'no finding', 'none', 'background', 'negative', 'normal', 'nothing', 'empty']);

/** Null for a row without a box: it says that there is nothing on its image, or is reported. */
function readRow(
  { fields, line }: Row,
  { path, columns, titles }: Table,
  refused: { count: number },
  { report, classes, names }: Reading,
): BoxRow | null {
  const numbers = boxOf(fields, columns);
  const stated = columns.className < 0 ? ONLY_CLASS : (fields[columns.className] ?? '');
  if (numbers === null && (columns.className < 0 || NOTHING.has(stated.toLowerCase()))) {
    if (columns.className >= 0 && stated !== '') report.add('not_lossless', { path, line, detail: stated });
    return null;
  }
  const image = fields[columns.name] ?? '';
  if (stated === '') {
    refused.count++;
    report.add('bad_annotation', { path, line, detail: `${image}: a box without a class` });
    return null;
  }
  if (numbers === null || !numbers.every(Number.isFinite)) {
    refused.count++;
    const said = numbers === null ? 'no coordinates' : `coordinates ${textOfBox(fields, columns)}`;
    report.add('bad_box', { path, line, detail: `${image}: ${stated} has ${said}` });
    return null;
  }
  const name = names.get(stated) ?? stated;
  const classIndex = classes.indexOf(name, name === stated ? {} : { code: stated });
  return { classIndex, numbers, line, extra: extraOf(fields, columns, titles) };
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
    report.add('bad_box', { ...place, detail: 'the image has no readable size, which fractions of it need' });
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
