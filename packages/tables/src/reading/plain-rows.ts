import { type FileHandle, open } from 'node:fs/promises';
import { type LocalSource, SourceError } from '../source.ts';
import { asSourceError, type TypedColumn } from './columns.ts';
import { readCsv } from './csv-rows.ts';
import { jsonRowsOf } from './json-rows.ts';
import { membersOf } from './json-text.ts';
import { withLineFeeds } from './line-feeds.ts';
import { type Line, linesOf } from './lines.ts';
import { textOf } from './text.ts';

/** Rows as the engine reads them without having to guess. */
export interface PlainRows {
  rows: number;
  sizeBytes: number;
}

const BUFFERED = 1024 * 1024;

/**
 * Writes the rows of a source as lines of JSON in which the columns are called `c0`, `c1`, … and nulls are left out. What is
 * kept as JSON is a text in it.
 *
 * @param limit takes the first rows only
 * @throws SourceError for a row that has what no column is for
 */
export async function writePlainRows(
  source: LocalSource,
  target: { path: string; columns: readonly TypedColumn[]; limit: number | null },
  signal: AbortSignal,
): Promise<PlainRows> {
  const file = await open(target.path, 'w');
  try {
    const writer = new RowWriter(file, target.limit ?? Number.POSITIVE_INFINITY, signal);
    if (source.kind === 'csv') await writeCsv(source, target.columns, writer);
    else await writeTexts(source, target.columns, writer);
    await writer.flush();
    return { rows: writer.rows, sizeBytes: writer.sizeBytes };
  } finally {
    await file.close();
  }
}

class RowWriter {
  rows = 0;
  sizeBytes = 0;
  readonly #file: FileHandle;
  readonly #limit: number;
  readonly #signal: AbortSignal;
  #lines: string[] = [];
  #length = 0;

  constructor(file: FileHandle, limit: number, signal: AbortSignal) {
    this.#file = file;
    this.#limit = limit;
    this.#signal = signal;
  }

  /** Takes rows up to the limit. @returns whether more are wanted */
  async take<R>(rows: readonly R[], lineOf: (row: R) => string): Promise<boolean> {
    this.#signal.throwIfAborted();
    for (const row of rows) {
      if (this.rows >= this.#limit) return false;
      const line = lineOf(row);
      this.#lines.push(line);
      this.#length += line.length;
      this.rows++;
      if (this.#length > BUFFERED) await this.flush();
    }
    return this.rows < this.#limit;
  }

  async flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    const bytes = Buffer.from(this.#lines.join(''));
    this.#lines = [];
    this.#length = 0;
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, this.sizeBytes);
      at += bytesWritten;
      this.sizeBytes += bytesWritten;
    }
  }

  async restart(): Promise<void> {
    this.#lines = [];
    this.#length = 0;
    this.rows = 0;
    this.sizeBytes = 0;
    await this.#file.truncate(0);
  }
}

async function writeTexts(source: LocalSource, columns: readonly TypedColumn[], writer: RowWriter): Promise<void> {
  const byName = new Map(
    columns.map((column, i) => [column.name, { key: `"c${i}":`, isJson: column.isJson === true }]),
  );
  const [only] = columns;
  const isEmpty = columns.length === 1 && only?.name === 'value';
  const lineOf =
    source.kind === 'lines'
      ? ({ text }: Line) => `{"c0":${JSON.stringify(text)}}\n`
      : (row: Line) => objectLine(source, row, byName, isEmpty);
  const batches = source.kind === 'lines' ? linesOf(withLineFeeds(textOf(source)), source) : jsonRowsOf(source);
  for await (const rows of batches) if (!(await writer.take(rows, lineOf))) return;
}

function objectLine(
  source: LocalSource,
  row: Line,
  byName: ReadonlyMap<string, { key: string; isJson: boolean }>,
  isEmpty: boolean,
): string {
  try {
    const { members, hasLoneSurrogate } = membersOf(row.text);
    const parts = new Map<string, string>();
    for (const { name, start, end } of members) {
      const column = byName.get(name);
      if (!column && !isEmpty) throw unknownColumn(source, row, name);
      if (!column) continue;
      const raw = row.text.slice(start, end);
      const value = hasLoneSurrogate ? withoutLoneSurrogates(raw) : raw;
      // Of a name that comes twice the last value counts, as it does for every reader of JSON.
      parts.set(column.key, value === 'null' ? '' : column.isJson ? JSON.stringify(value) : onOneLine(value));
    }
    const written = [...parts].flatMap(([key, value]) => (value === '' ? [] : key + value));
    return `{${written.join(',')}}\n`;
  } catch (error) {
    throw asSourceError(source, row, error);
  }
}

const unknownColumn = ({ name }: LocalSource, { number }: Line, column: string): SourceError =>
  new SourceError(`${name}, line ${number}: there is no column for ${JSON.stringify(column)}.`);

/** Line breaks of JSON lie between its values. */
const onOneLine = (json: string): string =>
  json.includes('\n') || json.includes('\r') ? json.replace(/[\r\n]+/g, ' ') : json;

/** Halves of a character, which no encoding knows, become the sign for what is missing (U+FFFD). */
const withoutLoneSurrogates = (json: string): string =>
  json.replace(
    /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[dD][89a-fA-F][\da-fA-F]{2}|\\./gs,
    (written) => (written.length === 6 ? '\\ufffd' : written),
  );

async function writeCsv(source: LocalSource, columns: readonly TypedColumn[], writer: RowWriter): Promise<void> {
  await readCsv(source, async ({ names }) => {
    await writer.restart();
    const keys = names.map((name) => {
      const at = columns.findIndex((column) => column.name === name);
      if (at < 0) throw new SourceError(`${source.name}: there is no column for ${JSON.stringify(name)}.`);
      return `"c${at}":`;
    });
    return (rows) =>
      writer.take(rows, ({ cells }) => {
        const parts: string[] = [];
        for (let i = 0; i < keys.length; i++) {
          const cell = cells[i];
          if (cell !== null && cell !== undefined) parts.push(keys[i] + JSON.stringify(cell));
        }
        return `{${parts.join(',')}}\n`;
      });
  });
}
