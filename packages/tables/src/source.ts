import { z } from 'zod';

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
  /** Columns that have one value in all rows of the source, behind its own; one that it has itself is left as it is. */
  constants?: readonly Constant[] | undefined;
  /** What the `datasets` library says of its columns (`huggingface` in a footer), such as the names of classes. */
  features?: string | undefined;
}

export interface Constant {
  name: string;
  /** Null where only other sources of the split have a value. */
  value: string | null;
  sqlType: 'VARCHAR' | 'BIGINT';
}

/** How a CSV file is read; what is not given is found out from its first rows. */
export const csvOptions = z.object({
  delimiter: z
    .string()
    .min(1)
    .max(10)
    .regex(/^[^\r\n]*$/)
    .optional()
    .describe('What stands between two values.'),
  header: z.boolean().optional().describe('Whether the first row has the names of the columns.'),
  quote: z
    .string()
    .max(1)
    .regex(/^[^\r\n]*$/)
    .optional()
    .describe('What texts are quoted with; an empty text if a quote is a character like any other.'),
  columns: z
    .array(z.string().min(1).max(1000))
    .min(1)
    .max(10_000)
    .optional()
    .describe('The names of the columns, instead of those in the file.'),
});
export type CsvOptions = z.infer<typeof csvOptions>;

/** Something that was decided about a source and that people should know. */
export interface Note {
  /** The name of the source. */
  path: string;
  detail: string;
  /** What is told is that rows are left; else it is about how CSV is read. */
  code?: 'rows_not_read';
}

/** A source that is not what its name says. The message is for people: it has the file's name and, where there is one, the line. */
export class SourceError extends Error {
  override name = 'SourceError';
}

export const LONGEST_ROW = 16 * 1024 * 1024;
