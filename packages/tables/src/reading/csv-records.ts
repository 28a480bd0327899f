import { LONGEST_ROW, type LocalSource, SourceError } from '../source.ts';

/** How the values of a CSV file are set apart. */
export interface Dialect {
  /** An empty text where each line is one value. */
  delimiter: string;
  /** An empty text where quotes are characters like any other. */
  quote: string;
  /** What a quote inside of quotes stands behind: another quote, or a backslash. */
  escape: string;
}

export interface CsvRecord {
  /** A value that is not quoted and empty is null. */
  cells: (string | null)[];
  /** The line on which it begins, from 1. */
  line: number;
}

/** What a record is not: the message says why, for people. */
export class RecordError extends Error {
  override name = 'RecordError';
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/**
 * The records of a text (RFC 4180, with any delimiter), as many at a time as come together. Of empty lines an empty record
 * comes.
 *
 * @throws SourceError with the line, for quotes that are not closed and for what follows those that are
 */
export async function* recordsOf(
  texts: AsyncIterable<string>,
  source: LocalSource,
  dialect: Dialect,
): AsyncGenerator<CsvRecord[]> {
  const reader = new RecordReader(dialect);
  try {
    for await (const text of texts) {
      const records = reader.read(text, false);
      if (records.length > 0) yield records;
    }
    const last = reader.read('', true);
    if (last.length > 0) yield last;
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    throw new SourceError(`${source.name}, line ${error.line}: ${error.message}.`, { cause: error });
  }
}

/** Reads records out of parts of a text; what a part does not end is kept for the next. */
export class RecordReader {
  readonly #dialect: Dialect;
  #rest = '';
  #line = 1;
  #end = 0;
  #newlines = 0;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** @param records takes the records, also those before one that is none. @throws RecordError */
  read(part: string, isLast: boolean, records: CsvRecord[] = []): CsvRecord[] {
    const text = this.#rest + part;
    let at = 0;
    while (at < text.length) {
      const cells = this.#record(text, at, isLast);
      if (!cells) break;
      records.push({ cells, line: this.#line });
      this.#line += this.#newlines;
      at = this.#end;
    }
    this.#rest = text.slice(at);
    if (this.#rest.length > LONGEST_ROW) {
      const reason = this.#rest.includes(this.#dialect.quote || '\n') ? '; a quote may not be closed' : '';
      throw new RecordError(
        this.#line,
        `a row can have at most ${LONGEST_ROW / 1024 / 1024} MB, and this one has more${reason}`,
      );
    }
    return records;
  }

  /** One record; null where the text ends within it. */
  #record(text: string, start: number, isLast: boolean): CsvRecord['cells'] | null {
    const { delimiter, quote } = this.#dialect;
    const lineEnd = text.indexOf('\n', start);
    if (lineEnd < 0 && !isLast) return null;
    const stop = lineEnd < 0 ? text.length : lineEnd;
    const line = text.slice(start, text[stop - 1] === '\r' && stop > start ? stop - 1 : stop);
    if (quote === '' || !line.includes(quote)) {
      this.#end = stop + 1;
      this.#newlines = 1;
      if (line === '') return [];
      return (delimiter === '' ? [line] : line.split(delimiter)).map((cell) => (cell === '' ? null : cell));
    }
    return this.#quoted(text, start, isLast);
  }

  #quoted(text: string, start: number, isLast: boolean): CsvRecord['cells'] | null {
    const { delimiter, quote } = this.#dialect;
    const cells: CsvRecord['cells'] = [];
    this.#newlines = 0;
    for (let at = start; ; ) {
      let cell: string | null;
      if (text[at] === quote) {
        const closed = this.#closing(text, at + 1, isLast);
        if (closed === null) return null;
        cell = closed;
        at = this.#end;
      } else {
        const next = nextOf(text, at, delimiter);
        if (next < 0 && !isLast) return null;
        const end = next < 0 ? text.length : next;
        const value = text.slice(at, text[end] !== delimiter && text[end - 1] === '\r' && end > at ? end - 1 : end);
        cell = value === '' ? null : value;
        at = end;
      }
      cells.push(cell);
      if (delimiter !== '' && text.startsWith(delimiter, at)) {
        at += delimiter.length;
        continue;
      }
      this.#end = at + 1;
      this.#newlines++;
      return cells;
    }
  }

  /** The text up to the quote that closes it; `#end` is then where the delimiter or the line's end is. */
  #closing(text: string, start: number, isLast: boolean): string | null {
    const { delimiter, quote, escape: escaping } = this.#dialect;
    let value = '';
    for (let from = start; ; ) {
      const at = nextQuote(text, from, quote, escaping);
      if (at < 0) {
        if (!isLast) return null;
        throw new RecordError(this.#line, 'a quote that begins in this row is not closed');
      }
      value += text.slice(from, at);
      if (escaping !== quote && text[at] === escaping) {
        if (at + 1 >= text.length && !isLast) return null;
        value += text[at + 1] ?? '';
        from = at + 2;
        continue;
      }
      if (escaping === quote && text[at + 1] === quote) {
        value += quote;
        from = at + 2;
        continue;
      }
      // What follows may still be on its way.
      if (at + 2 >= text.length && !isLast) return null;
      const after = text[at + 1] === '\r' && (text[at + 2] === '\n' || at + 2 >= text.length) ? at + 2 : at + 1;
      if (after < text.length && text[after] !== '\n' && !(delimiter !== '' && text.startsWith(delimiter, after))) {
        throw new RecordError(
          this.#line + newlinesOf(value),
          `${JSON.stringify(text.slice(after, after + 20).split('\n')[0])} follows a quote that closes a value`,
        );
      }
      this.#newlines += newlinesOf(value);
      this.#end = after;
      return value;
    }
  }
}

function nextQuote(text: string, from: number, quote: string, escaping: string): number {
  const at = text.indexOf(quote, from);
  if (escaping === quote) return at;
  const escaped = text.indexOf(escaping, from);
  return escaped >= 0 && (at < 0 || escaped < at) ? escaped : at;
}

function nextOf(text: string, from: number, delimiter: string): number {
  const lineEnd = text.indexOf('\n', from);
  if (delimiter === '') return lineEnd;
  const at = text.slice(from, lineEnd < 0 ? undefined : lineEnd).indexOf(delimiter);
  return at < 0 ? lineEnd : from + at;
}

function newlinesOf(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
