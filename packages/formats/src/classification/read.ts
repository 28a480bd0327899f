import Papa from 'papaparse';
import { type Row, readTable } from '../csv/table.ts';
import { filesOf, type Listing } from '../listing.ts';
import { ImageFinder } from '../matching/finder.ts';
import type { NamedLabels } from '../matching/records.ts';
import type { Annotation } from '../model.ts';
import { splitName } from '../paths.ts';
import { sampledHead } from '../reading/heads.ts';
import { annotationOf, datasetFilesReader, type Reading, withExtensions } from '../reading/label-files.ts';
import { MirrorFolders } from '../reading/mirrors.ts';
import { splitOfFile } from '../reading/splits.ts';
import { type DatasetSource, headOf } from '../source.ts';
import { type ClassTable, classTableOf, labelsOfRow } from './layout.ts';

const SAMPLED_ROWS = 200;
const SAMPLED_NAMES = 30;
const HEAD_BYTES = 64 * 1024;

/** A table as its writer needs it. */
export interface KeptTable {
  path: string;
  titles: string[];
  table: ClassTable;
}

/** Classes of images in a table: a column of labels, or a column per class. */
export const classificationCsv = datasetFilesReader({
  format: 'classification_csv',
  what: 'is a table of images and their classes or captions',
  extensions: ['csv', 'tsv', 'txt'],
  confidence: 0.78,
  // Flickr's captions are a table that is called a text.
  fits: (head, path) => {
    const table = /\.txt$/i.test(path) && !/^[^\n]*,\s*captions?\s*$/im.test(head) ? null : classTableOf(rowsOf(head));
    return table !== null;
  },
  isRuledOut: refuseStrangers,

  async *read({ path }, reading) {
    const table = classTableOf(rowsOf(await headOf(reading.source, path)));
    if (table === null) return;
    let titles: string[] | null = table.hasHeader ? null : [];
    for await (const batch of readTable(reading.source.stream(path))) {
      const rows = titles === null ? batch.slice(1) : batch;
      if (titles === null) {
        titles = batch[0]?.fields ?? [];
        if (table.labels.kind === 'hot') for (const at of table.labels.at) reading.classes.indexOf(titles[at] ?? '');
      }
      yield labelsOf(path, rows, titles, table, reading);
    }
    const tables: KeptTable[] = Array.isArray(reading.kept.tables) ? reading.kept.tables : [];
    reading.kept.tables = [...tables, { path, titles: titles ?? [], table }];
  },
});

/** A table names no images of the dataset: then it is one of something else. */
async function refuseStrangers(source: DatasetSource, listing: Listing): Promise<string | null> {
  if (listing.numImages === 0) return 'There are tables of classes, but no images.';
  const finder = new ImageFinder(source, listing);
  const mirrors = new MirrorFolders(listing);
  for (const { path } of filesOf(listing, 'csv', 'tsv', 'txt')) {
    const rows = rowsOf(await sampledHead(source, path));
    const table = classTableOf(rows);
    if (table === null) continue;
    const names = rows.slice(table.hasHeader ? 1 : 0, SAMPLED_NAMES).map((row) => row[table.name] ?? '');
    const asked = names.flatMap((name) => withExtensions(name, mirrors));
    const found = await finder.find(path, splitOfFile(path), asked);
    if (found.some((match) => match !== undefined)) return null;
  }
  return 'The tables of classes name no image of the upload.';
}

/** The first rows of a head whose last line may be cut off. */
function rowsOf(head: string): string[][] {
  const whole = head.length >= HEAD_BYTES ? head.slice(0, head.lastIndexOf('\n')) : head;
  return Papa.parse<string[]>(whole, { skipEmptyLines: 'greedy', preview: SAMPLED_ROWS }).data.map((row) =>
    row.map((field) => field.trim()),
  );
}

function labelsOf(
  path: string,
  rows: readonly Row[],
  titles: readonly string[],
  table: ClassTable,
  reading: Reading,
): NamedLabels[] {
  const extensions = new MirrorFolders(reading.listing);
  return [...Map.groupBy(rows, ({ fields }) => fields[table.name] ?? '')].flatMap(([name, group]): NamedLabels[] => {
    const [first] = group;
    if (!first) return [];
    if (name === '') {
      for (const { line } of group) reading.report.add('bad_annotation', { path, line, detail: 'no image is named' });
      return [];
    }
    const isSaid = (row: Row) => table.labels.kind === 'hot' || (row.fields[table.labels.at] ?? '') !== '';
    if (!group.some(isSaid)) return [];
    const annotations = group.flatMap((row) => annotationsOf(row, titles, table, reading));
    return [
      {
        named: {
          name,
          alternatives: withExtensions(name, extensions).slice(1),
          split: splitName(first.fields[table.split] ?? '') ?? splitOfFile(path),
          width: null,
          height: null,
          at: { path, line: first.line },
        },
        annotate: () => annotations,
        source: { file: path, name },
        unit: 'line',
      },
    ];
  });
}

function annotationsOf(
  { fields, line }: Row,
  titles: readonly string[],
  table: ClassTable,
  reading: Reading,
): Annotation[] {
  const own = new Set([table.name, table.split, table.labels.at].flat());
  const extra = Object.fromEntries(
    fields.flatMap((value, at) => (own.has(at) || !titles[at] || value === '' ? [] : [[titles[at], value]])),
  );
  return labelsOfRow(fields, titles, table).map((label) => {
    if (table.labels.kind === 'caption') {
      reading.types.add('caption');
      return { type: 'caption', geometry: { caption: label }, classIndex: null, attributes: extra, at: line };
    }
    return annotationOf(reading, label, { type: 'classification', geometry: {} }, extra, line);
  });
}
