import type { FormatWriter, OutputFile, WritableDataset } from '../format.ts';
import type { Annotation, Box, ClassDefinition, ImageRecord } from '../model.ts';
import { splitOf } from '../paths.ts';
import { boxed, lostAttributes } from '../writing/shapes.ts';
import type { Columns } from './columns.ts';
import { csvLines } from './formulas.ts';

interface Table {
  path: string;
  titles: string[];
  columns: Columns;
}

const DEFAULT: Table = {
  path: 'annotations.csv',
  titles: ['filename', 'width', 'height', 'class', 'xmin', 'ymin', 'xmax', 'ymax', 'split'],
  columns: {
    hasHeader: true,
    name: 0,
    imageWidth: 1,
    imageHeight: 2,
    className: 3,
    box: { kind: 'corners', at: [4, 5, 6, 7] },
    split: 8,
    isRelative: false,
  },
};

/** A row per box, in the columns that the dataset had, or in the usual ones. */
export const csvWriter: FormatWriter = {
  format: 'csv',
  losesUnusedClasses: true,

  *losses(image, dataset) {
    const titles = new Set(tableOf(image, dataset).titles);
    if (image.split !== null && !image.isLabeled && splitOf(image.path) !== image.split)
      yield 'the splits of images without labels are left out';
    for (const annotation of image.annotations) {
      const { loss } = boxed(annotation);
      if (loss) yield loss;
      yield* lostAttributes(annotation, titles);
    }
  },

  async *write(dataset): AsyncGenerator<OutputFile> {
    const tables =
      dataset.format === 'csv' && Array.isArray(dataset.source.tables) ? (dataset.source.tables as Table[]) : [];
    for (const table of tables.length > 0 ? tables : [DEFAULT])
      yield { path: table.path, text: rowsOf(dataset, table) };
    for await (const batch of dataset.images()) {
      for (const image of batch) yield { path: image.path, copyOf: image.path };
    }
  },
};

function tableOf(image: ImageRecord, { format, source }: WritableDataset): Table {
  if (format !== 'csv' || !Array.isArray(source.tables)) return DEFAULT;
  const tables = source.tables as Table[];
  return tables.find(({ path }) => path === image.source?.file) ?? tables[0] ?? DEFAULT;
}

async function* rowsOf(dataset: WritableDataset, table: Table): AsyncGenerator<string> {
  if (table.columns.hasHeader) yield csvLines([table.titles]);
  for await (const batch of dataset.images()) {
    const rows = batch
      .filter((image) => tableOf(image, dataset).path === table.path)
      .flatMap((image) => rowsOfImage(image, dataset, table));
    if (rows.length > 0) yield csvLines(rows);
  }
}

function rowsOfImage(image: ImageRecord, dataset: WritableDataset, table: Table): string[][] {
  const boxes = image.annotations.flatMap((annotation) => {
    const { box } = boxed(annotation);
    return box ? [{ annotation, box }] : [];
  });
  if (boxes.length === 0) return image.isLabeled ? [rowOf(image, dataset, table, null)] : [];
  return boxes.map((item) => rowOf(image, dataset, table, item));
}

function rowOf(
  image: ImageRecord,
  { classes, format }: WritableDataset,
  { titles, columns }: Table,
  item: { annotation: Annotation; box: Box } | null,
): string[] {
  const { box: place } = columns;
  const width = Math.max(titles.length, columns.className + 1, ...[place.at].flat().map((at) => at + 1));
  const row: string[] = Array.from({ length: width }, () => '');
  const set = (at: number, value: string | number | null | undefined) => {
    if (at >= 0 && value !== null && value !== undefined) row[at] = String(value);
  };
  set(columns.name, format === 'csv' && typeof image.source?.name === 'string' ? image.source.name : image.path);
  set(columns.split, image.split);
  set(columns.imageWidth, image.width);
  set(columns.imageHeight, image.height);
  if (!item) return row;
  set(
    columns.className,
    item.annotation.classIndex === null ? '' : classNameOf(classes[item.annotation.classIndex], format === 'csv'),
  );
  titles.forEach((title, at) => {
    const value = item.annotation.attributes[title];
    if (typeof value === 'string' || typeof value === 'number') set(at, value);
  });
  const numbers = numbersOf(item.box, columns, image);
  if (place.kind === 'list') set(place.at, `[${numbers.join(', ')}]`);
  else place.at.forEach((at, i) => void set(at, numbers[i]));
  return row;
}

/** Enough digits to give a text's numbers back, and few enough to hide what sums and shares add. */
function numbersOf(
  [x, y, boxWidth, boxHeight]: Box,
  { box, isRelative }: Columns,
  { width, height }: ImageRecord,
): number[] {
  const numbers = box.kind === 'corners' ? [x, y, x + boxWidth, y + boxHeight] : [x, y, boxWidth, boxHeight];
  const scales = isRelative ? [width ?? 1, height ?? 1] : [1, 1];
  return numbers.map((value, i) => Number((value / (scales[i % 2] ?? 1)).toPrecision(12)));
}

/** A class that a table of descriptions explains is called by its code in the rows. */
const classNameOf = (definition: ClassDefinition | undefined, isOwn: boolean): string | undefined =>
  isOwn && typeof definition?.source.code === 'string' ? definition.source.code : definition?.name;
