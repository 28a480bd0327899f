import { csvLines } from '../csv/formulas.ts';
import type { FormatWriter, OutputFile, WritableDataset } from '../format.ts';
import type { Annotation, ImageRecord } from '../model.ts';
import { splitOf } from '../paths.ts';
import { lostAttributes, nameOf } from '../writing/shapes.ts';
import type { KeptTable } from './read.ts';

const DEFAULT: KeptTable = {
  path: 'labels.csv',
  titles: ['filename', 'label', 'split'],
  table: { hasHeader: true, name: 0, split: 2, labels: { kind: 'column', at: 1, separator: null } },
};

/** A row per image and class, in the columns that the dataset had, or in `filename,label,split`. */
export const classificationCsvWriter: FormatWriter = {
  format: 'classification_csv',
  losesUnusedClasses: true,

  *losses(image, dataset) {
    const { titles, table } = tableOf(image, dataset);
    const classes = image.annotations.filter((annotation) => isWritten(annotation, table));
    if (classes.length === 0 && image.isLabeled) yield 'images that are labeled as empty count as unlabeled';
    if (classes.length === 0 && image.split !== null && splitOf(image.path) !== image.split)
      yield 'the splits of images without a class are left out';
    for (const annotation of image.annotations) {
      if (!isWritten(annotation, table)) yield `${nameOf(annotation.type)} are left out`;
      else {
        yield* lostAttributes(annotation, new Set(titles));
        const name = textOf(annotation, dataset.classes);
        if (name !== name.trim()) yield `the class "${name}" loses the blanks around it`;
      }
    }
  },

  async *write(dataset): AsyncGenerator<OutputFile> {
    for (const kept of tablesOf(dataset)) yield { path: kept.path, text: rowsOf(dataset, kept) };
    for await (const batch of dataset.images()) {
      for (const image of batch) yield { path: image.path, copyOf: image.path };
    }
  },
};

/** A table has either the classes of images, or what is said of them in words. */
const isWritten = ({ type, classIndex }: Annotation, { labels }: KeptTable['table']): boolean =>
  labels.kind === 'caption' ? type === 'caption' : type === 'classification' && classIndex !== null;

const textOf = ({ type, classIndex, geometry }: Annotation, classes: WritableDataset['classes']): string =>
  type === 'caption' ? geometry.caption : (classes[classIndex ?? -1]?.name ?? '');

function tablesOf({ format, source, classes }: WritableDataset): KeptTable[] {
  const tables = format === 'classification_csv' && Array.isArray(source.tables) ? (source.tables as KeptTable[]) : [];
  // A column per class has no place for classes that came later.
  const fits = tables.every(
    ({ table: { labels }, titles }) => labels.kind !== 'hot' || classes.every(({ name }) => titles.includes(name)),
  );
  return tables.length > 0 && fits ? tables : [DEFAULT];
}

function tableOf(image: ImageRecord, dataset: WritableDataset): KeptTable {
  const tables = tablesOf(dataset);
  return tables.find(({ path }) => path === image.source?.file) ?? tables[0] ?? DEFAULT;
}

async function* rowsOf(dataset: WritableDataset, kept: KeptTable): AsyncGenerator<string> {
  if (kept.table.hasHeader) yield csvLines([kept.titles]);
  for await (const batch of dataset.images()) {
    const rows = batch
      .filter((image) => tableOf(image, dataset).path === kept.path)
      .flatMap((image) => rowsOfImage(image, dataset, kept));
    if (rows.length > 0) yield csvLines(rows);
  }
}

function rowsOfImage(
  image: ImageRecord,
  { classes, format }: WritableDataset,
  { titles, table }: KeptTable,
): string[][] {
  const { labels } = table;
  const named = image.annotations
    .filter((annotation) => isWritten(annotation, table))
    .map((annotation) => ({ annotation, name: textOf(annotation, classes) }));
  const rowWith = (annotation: Annotation | undefined): string[] => {
    const row = Array.from(
      { length: Math.max(titles.length, table.name + 1, ...[labels.at].flat().map((at) => at + 1)) },
      () => '',
    );
    titles.forEach((title, at) => {
      const value = annotation?.attributes[title];
      if (typeof value === 'string' || typeof value === 'number') row[at] = String(value);
    });
    row[table.name] =
      format === 'classification_csv' && typeof image.source?.name === 'string' ? image.source.name : image.path;
    if (table.split >= 0) row[table.split] = image.split ?? '';
    return row;
  };
  if (labels.kind === 'hot') {
    if (!image.isLabeled) return [];
    const row = rowWith(named[0]?.annotation);
    const names = new Set(named.map(({ name }) => name));
    for (const at of labels.at) row[at] = names.has(titles[at] ?? '') ? '1' : '0';
    return [row];
  }
  if (
    labels.kind === 'column' &&
    labels.separator !== null &&
    named.every(({ name }) => !name.includes(labels.separator ?? ''))
  ) {
    if (named.length === 0) return [];
    const row = rowWith(named[0]?.annotation);
    row[labels.at] = named.map(({ name }) => name).join(labels.separator);
    return [row];
  }
  return named.map(({ annotation, name }) => {
    const row = rowWith(annotation);
    row[labels.at] = name;
    return row;
  });
}
