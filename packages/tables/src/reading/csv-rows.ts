import { type LocalSource, SourceError } from '../source.ts';
import { type CsvLayout, csvLayoutOf, HEAD_CHARACTERS, type Head } from './csv-dialect.ts';
import { type CsvRecord, recordsOf } from './csv-records.ts';
import { withLineFeeds } from './line-feeds.ts';
import { textOf } from './text.ts';

/** Takes rows, in order; what it answers with says whether it wants more. */
type TakeRows = (rows: readonly CsvRecord[]) => Promise<boolean>;

/**
 * Reads a CSV file from its beginning to its end, or until no more is wanted.
 *
 * @param begin is told how the file is written; a second time where that turned out to be wrong, and all begins anew
 * @returns null for an empty file
 * @throws SourceError
 */
export async function readCsv(
  source: LocalSource,
  begin: (layout: CsvLayout) => Promise<TakeRows>,
): Promise<CsvLayout | null> {
  const layout = csvLayoutOf(source, await headOf(source));
  if (!layout) return null;
  try {
    await readAll(source, layout, await begin(layout));
    return layout;
  } catch (error) {
    // Far behind the first rows a quote turns out to be a character like any other.
    const isPlain =
      error instanceof SourceError &&
      layout.delimiter === '\t' &&
      layout.quote !== '' &&
      source.csv?.quote === undefined;
    if (!isPlain) throw error;
    const plain = { ...layout, quote: '', escape: '' };
    await readAll(source, plain, await begin(plain)).catch(() => {
      throw error;
    });
    return plain;
  }
}

async function headOf(source: LocalSource): Promise<Head> {
  let text = '';
  for await (const part of withLineFeeds(textOf(source))) {
    text += part;
    if (text.length >= HEAD_CHARACTERS)
      return { text: text.slice(0, text.lastIndexOf('\n', HEAD_CHARACTERS) + 1 || undefined), isAll: false };
  }
  return { text, isAll: true };
}

async function readAll(source: LocalSource, layout: CsvLayout, take: TakeRows): Promise<void> {
  for await (const rows of csvRowsOf(source, layout)) if (!(await take(rows))) return;
}

/**
 * The rows of a CSV file: as many values in each as it has names.
 *
 * @throws SourceError for a row of another number of values, with its line
 */
async function* csvRowsOf(source: LocalSource, layout: CsvLayout): AsyncGenerator<CsvRecord[]> {
  let skipped = layout.skipped;
  const width = layout.names.length;
  let empty: CsvRecord[] = [];
  for await (const records of recordsOf(withLineFeeds(textOf(source)), source, layout)) {
    const rows: CsvRecord[] = [];
    for (const record of records) {
      if (skipped > 0) {
        skipped--;
        continue;
      }
      if (record.cells.length === 0) {
        // Of one column an empty line is an empty value, but not at the end.
        if (width === 1) empty.push({ ...record, cells: [null] });
        continue;
      }
      if (record.cells.length !== width) fit(source, layout, record);
      if (empty.length > 0) {
        for (const row of empty) rows.push(row);
        empty = [];
      }
      rows.push(record);
    }
    if (rows.length > 0) yield rows;
  }
}

/** Values without a name may be there if they are empty, as delimiters at the end of lines make them. */
function fit({ name, csv }: LocalSource, { names, headerLine }: CsvLayout, { cells, line }: CsvRecord): void {
  while (cells.length > names.length && cells.at(-1) === null) cells.pop();
  if (cells.length === names.length) return;
  const values = cells.length === 1 ? '1 value' : `${cells.length} values`;
  const names_ = names.length === 1 ? '1 column' : `${names.length} columns`;
  const expected = csv?.columns
    ? `${names_} were named`
    : headerLine === null
      ? `the first line has ${names.length}`
      : `line ${headerLine} names ${names_} (${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''})`;
  throw new SourceError(
    `${name}, line ${line}: ${values}, but ${expected}. Fix the line, or say how the file is written: delimiter, quote, header, columns.`,
  );
}
