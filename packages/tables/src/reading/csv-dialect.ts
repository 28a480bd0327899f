import { type CsvOptions, type LocalSource, type Note, SourceError } from '../source.ts';
import { CSV_NOTES } from './csv-notes.ts';
import { type CsvRecord, type Dialect, RecordError, RecordReader } from './csv-records.ts';

/** How a CSV file is read. */
export interface CsvLayout extends Dialect {
  /** The names of its columns; each has one of its own. */
  names: string[];
  /** Records before the first row: titles, and the names. */
  skipped: number;
  /** The line of the names; null where the file has none. */
  headerLine: number | null;
  /** What was decided that people should know. */
  notes: Note[];
  /** The first rows, as many as were looked at. */
  firstRows: CsvRecord[];
}

/** The beginning of a file: whole lines, or all there is. */
export interface Head {
  text: string;
  isAll: boolean;
}

/** How much of a file is looked at to find out how it is written. */
export const HEAD_CHARACTERS = 256 * 1024;
const JUDGED_RECORDS = 1000;
const DELIMITERS = [',', '\t', ';', '|'];
/** Titles above the names are no more than this. */
const MOST_TITLES = 20;
/** Names and two rows. */
const LEAST_TABLE = 3;

/**
 * Finds out from the first rows of a CSV file how it is written, as far as the options do not say. Null for an empty file.
 *
 * @throws SourceError where names and rows do not fit, with what to do
 */
export function csvLayoutOf(source: CsvSource, head: Head): CsvLayout | null {
  if (head.text.trim() === '') return null;
  const stated = statedDelimiter(head.text);
  const options = { ...(stated === null ? {} : { delimiter: stated }), ...source.csv };
  const best = chooseDialect(source, head, options);
  const { records } = best;
  const titles = options.header === false ? 0 : titlesOf(records);
  const [first] = records.slice(titles);
  if (!first) return null;
  const body = records.slice(titles + 1).filter(({ cells }) => cells.length > 0);
  const hasHeader = options.header ?? (body.length === 0 || looksLikeHeader(first.cells, body));
  const names = namesOf(source, options, hasHeader ? first.cells : null, first.cells.length);
  const notes: Note[] = [];
  const note = (detail: string) => notes.push({ path: source.name, detail });
  if (titles > 0) note(CSV_NOTES.titles(first.line - 1));
  if (!hasHeader && options.header === undefined && !options.columns) note(CSV_NOTES.numbered());
  return {
    ...best.dialect,
    names,
    skipped: titles + (hasHeader ? 1 : 0),
    headerLine: hasHeader ? first.line : null,
    notes,
    firstRows: hasHeader ? body : records.slice(titles).filter(({ cells }) => cells.length > 0),
  };
}

/** What Excel is told in a line above the table: `sep=;`. */
const statedDelimiter = (text: string): string | null => /^"?sep=([^\r\n"])"?\r?\n/i.exec(text)?.[1] ?? null;

/** A source of CSV, as far as its layout depends on it. */
type CsvSource = Pick<LocalSource, 'name' | 'csv'>;

interface Attempt {
  dialect: Dialect;
  records: CsvRecord[];
  /** How many values most records have. */
  width: number;
  /** The share of records that have so many. */
  share: number;
  /** Whether the first of them has, too: there are as many names as values. */
  isNamed: boolean;
  /** Whether it has several, and one less or more than the others. */
  isNearlyNamed: boolean;
  /** The text is not written so. */
  isBroken: boolean;
}

function chooseDialect(source: CsvSource, head: Head, options: CsvOptions): Attempt {
  const isTabbed = /\.tsv(?:\.\w+)?$/i.test(source.name);
  const [only] = [options.delimiter ?? (isTabbed ? '\t' : undefined)];
  const delimiters = only === undefined ? DELIMITERS.filter((one) => head.text.includes(one)) : [only];
  const attempts = (delimiter: string, quote: string) =>
    escapesOf(head.text, quote).map((before) => attempt(head, { delimiter, quote, escape: before }));
  const quotes = options.quote === undefined ? ['"'] : [options.quote];
  const quoted = delimiters.flatMap((delimiter) => quotes.flatMap((quote) => attempts(delimiter, quote)));
  // In texts with tabs a quote may be a character like any other.
  const bare = options.quote === undefined && delimiters.includes('\t') ? attempts('\t', '') : [];
  const tables = [...quoted, ...bare].filter(isTable).sort(byFitness);
  const [found = only === undefined ? undefined : [...quoted].sort(byFitness)[0]] = tables;
  if (found) return found;
  const [column] = [...quotes, '']
    .flatMap((quote) => attempts('', quote))
    .sort((a, b) => Number(a.isBroken) - Number(b.isBroken));
  if (!column) throw new SourceError(`${source.name} has no rows that can be told apart.`);
  return column;
}

const escapesOf = (text: string, quote: string): string[] =>
  quote === '' ? [''] : text.includes(`\\${quote}`) ? [quote, '\\'] : [quote];

/** Where there are as many names as values, more rows may be broken: they are told, and are no reason to see no table. */
const isTable = ({ width, share, isNamed, isNearlyNamed }: Attempt): boolean =>
  width > 1 && share >= (isNamed || isNearlyNamed ? 0.5 : 0.9);

const byFitness = (a: Attempt, b: Attempt): number =>
  Number(a.isBroken) - Number(b.isBroken) ||
  Number(b.isNamed) - Number(a.isNamed) ||
  b.share - a.share ||
  Number(b.dialect.quote !== '') - Number(a.dialect.quote !== '') ||
  b.width - a.width;

function attempt(head: Head, dialect: Dialect): Attempt {
  const reader = new RecordReader(dialect);
  const records: CsvRecord[] = [];
  let isBroken = false;
  try {
    reader.read(head.text, false, records);
    if (head.isAll) reader.read('', true, records);
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    isBroken = true;
  }
  const widths = new Map<number, number>();
  const all = withoutComments(records.slice(0, JUDGED_RECORDS)).filter(({ cells }) => cells.length > 0);
  const firstWide = all.findIndex(({ cells }) => cells.length > 1);
  // Titles may stand above a table.
  const hasTitles = firstWide > 1 && firstWide <= MOST_TITLES && all.length - firstWide >= LEAST_TABLE;
  const judged = hasTitles ? all.slice(firstWide) : all;
  // Of names there may be one too few.
  for (const { cells } of judged.length > 1 ? judged.slice(1) : judged) {
    widths.set(cells.length, (widths.get(cells.length) ?? 0) + 1);
  }
  const named = judged[0]?.cells.length ?? 0;
  const [[width, count] = [0, 0]] = [...widths].sort(
    (a, b) => b[1] - a[1] || Number(b[0] === named) - Number(a[0] === named) || b[0] - a[0],
  );
  const total = [...widths.values()].reduce((sum, n) => sum + n, 0);
  return {
    dialect,
    records,
    width,
    share: total === 0 ? 0 : count / total,
    isNamed: named === width,
    isNearlyNamed: named > 1 && Math.abs(named - width) === 1,
    isBroken,
  };
}

/** Lines of one value above lines of several, up to the first that has as many as they all have. */
function titlesOf(records: readonly CsvRecord[]): number {
  const comments = commentsOf(records);
  if (comments > 0) return comments;
  if (/^sep=/i.test(records[0]?.cells[0] ?? '')) return 1;
  const widths = records.map(({ cells }) => cells.length);
  const first = widths.findIndex((width) => width > 1);
  if (first <= 0) return widths.findIndex((width) => width > 0);
  const isTable = first <= MOST_TITLES && widths.slice(first).every((width) => width === widths[first] || width === 0);
  const hasTitle = first > 1 || widths[0] === 0 || records[0]?.cells[0]?.startsWith('#');
  return isTable && hasTitle && widths.slice(first).length > 1 ? first : widths.findIndex((width) => width > 0);
}

/** How many records at the top are comments; a single one that has as many values as those below is the names. */
function commentsOf(records: readonly CsvRecord[]): number {
  const count = records.findIndex(({ cells }) => cells.length > 0 && !cells[0]?.startsWith('#'));
  const [first, next] = [records[0], records[count]];
  if (count <= 0 || !next || next.cells.length < 2 || first?.cells.length === 0) return 0;
  return count === 1 && first?.cells.length === next.cells.length ? 0 : count;
}

const withoutComments = (records: readonly CsvRecord[]): readonly CsvRecord[] => records.slice(commentsOf(records));

const NUMBER = /^\s*[+-]?(?:\d[\d_.,]*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;
const isNumber = (cell: string | null): boolean => cell !== null && NUMBER.test(cell);
const isYear = (cell: string | null): boolean => cell !== null && /^(?:19|20)\d\d$/.test(cell);

/** Names are no numbers above numbers, and none of them comes again below itself. */
function looksLikeHeader(first: readonly (string | null)[], body: readonly CsvRecord[]): boolean {
  const columns = first.map((cell, i) => ({ cell, below: body.flatMap(({ cells }) => cells[i] ?? []) }));
  const numbers = columns.filter(({ below }) => below.length > 0 && below.every(isNumber));
  if (numbers.some(({ cell }) => cell !== null && !isNumber(cell))) return true;
  const above = numbers.map(({ cell }) => cell);
  if (above.some(isNumber)) return above.every(isYear) && new Set(above).size === above.length && above.length > 1;
  if (first.some((cell) => cell !== null && (cell.length > 100 || isNumber(cell))))
    return (
      first.every((cell) => cell === null || !isNumber(cell) || isYear(cell)) &&
      first.every((cell) => (cell?.length ?? 0) <= 100)
    );
  const repeated = columns.filter(({ cell, below }) => cell !== null && below.includes(cell));
  return repeated.length === 0 || repeated.length === columns.filter(({ cell }) => cell !== null).length;
}

function namesOf(
  { name }: CsvSource,
  { columns }: CsvOptions,
  header: readonly (string | null)[] | null,
  width: number,
): string[] {
  if (columns && columns.length < width) {
    throw new SourceError(
      `${name} has ${width} columns, and ${columns.length === 1 ? '1 name was' : `${columns.length} names were`} given.`,
    );
  }
  const given = columns ?? header ?? Array.from({ length: width }, () => null);
  return unique(given.map((cell, i) => cell ?? `column${i}`));
}

/** Names of which none comes twice: a second `text` is `text_1`. */
export function unique(names: readonly string[]): string[] {
  const taken = new Set<string>();
  const kept = new Set(names);
  return names.map((name) => {
    let free = name;
    for (let i = 1; taken.has(free); i++) {
      const next = `${name}_${i}`;
      if (!kept.has(next)) free = next;
    }
    taken.add(free);
    return free;
  });
}
