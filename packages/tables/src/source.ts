/** What rows are written in: JSON Lines or one array of objects, `lines` are text of which each line is a row. */
export type SourceKind = 'parquet' | 'jsonl' | 'csv' | 'lines';

/** A source file on disk. */
export interface LocalSource {
  path: string;
  kind: SourceKind;
  /** What people call it. */
  name: string;
  /** Of CSV: what is not left to be found out. */
  csv?: CsvOptions | undefined;
}

/** How a CSV file is read; what is not given is found out from its first rows. */
export interface CsvOptions {
  delimiter?: string | undefined;
  /** Whether the first row has the names of the columns. */
  header?: boolean | undefined;
  /** What texts are quoted with; an empty text for files in which a quote is a character like any other. */
  quote?: string | undefined;
  /** The names of the columns, instead of those in the file. */
  columns?: readonly string[] | undefined;
}

/** A source that is not what its name says. The message is for people: it has the file's name and, where there is one, the line. */
export class SourceError extends Error {
  override name = 'SourceError';
}

export const LONGEST_ROW = 16 * 1024 * 1024;
