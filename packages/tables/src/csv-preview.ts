import { z } from 'zod';
import { csvLayoutOf, HEAD_CHARACTERS, type Head } from './reading/csv-dialect.ts';
import { endsWithReturns } from './reading/line-feeds.ts';
import { type CsvOptions, SourceError } from './source.ts';

export type { Head } from './reading/csv-dialect.ts';
export type { CsvOptions } from './source.ts';

/** How a CSV file would be read, or why it cannot be. */
export const csvPreview = z.object({
  path: z.string(),
  delimiter: z.string().describe('An empty text where each line is one value.'),
  quote: z.string().describe('An empty text where a quote is a character like any other.'),
  header: z.boolean().describe('Whether the first row has the names.'),
  columns: z.array(z.string()),
  rows: z.array(z.array(z.string().nullable())).describe('The first rows, value by value as they are written.'),
  notes: z.array(z.string()).describe('What was decided that is worth a look.'),
  problem: z.string().nullable().describe('Why the file cannot be read so; null where it can.'),
});
export type CsvPreview = z.infer<typeof csvPreview>;

const SHOWN_ROWS = 5;
/** A character is at most so many bytes. */
const MOST_BYTES = 4;

/** Reads the beginning of a file of CSV as an import would. Works in browsers, too. */
export function previewCsv(path: string, head: Head, csv: CsvOptions = {}): CsvPreview {
  const nothing = { path, delimiter: '', quote: '', header: false, columns: [], rows: [], notes: [] };
  try {
    const layout = csvLayoutOf({ name: path, csv }, head);
    if (!layout) return { ...nothing, problem: `${path} is empty.` };
    const { delimiter, quote, headerLine, names, firstRows, notes } = layout;
    const rows = firstRows.slice(0, SHOWN_ROWS).map(({ cells }) => cells);
    const odd = firstRows.find(({ cells }) => filled(cells) > names.length || cells.length < names.length);
    return {
      path,
      delimiter,
      quote,
      header: headerLine !== null,
      columns: names,
      rows,
      notes: notes.map(({ detail }) => detail),
      problem: odd ? `Line ${odd.line} has ${odd.cells.length} values, and there are ${names.length} columns.` : null,
    };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return { ...nothing, problem: error.message };
  }
}

/** How many values there are up to the last that is not empty. */
const filled = (cells: readonly (string | null)[]): number => cells.findLastIndex((cell) => cell !== null) + 1;

/**
 * The beginning of a file, decompressed if it is of gzip; null for one of which that cannot be told here: other compression,
 * and what is no UTF-8 or UTF-16.
 */
export async function headOfCsv(path: string, content: AsyncIterable<Uint8Array>): Promise<Head | null> {
  if (/\.zst$/i.test(path)) return null;
  const most = HEAD_CHARACTERS * MOST_BYTES;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let isAll = true;
  try {
    for await (const chunk of /\.gz$/i.test(path) ? gunzipped(content) : content) {
      chunks.push(chunk);
      bytes += chunk.length;
      isAll = bytes < most;
      if (!isAll) break;
    }
  } catch {
    return null;
  }
  const read = decoded(joined(chunks, bytes));
  if (read === null) return null;
  const text = endsWithReturns(read) ? read.replaceAll('\r', '\n') : read;
  if (isAll && text.length < HEAD_CHARACTERS) return { text, isAll };
  return { text: text.slice(0, text.lastIndexOf('\n', HEAD_CHARACTERS) + 1 || undefined), isAll: false };
}

async function* gunzipped(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new DecompressionStream('gzip');
  const writer = writable.getWriter();
  const writing = (async () => {
    for await (const chunk of content) await writer.write(new Uint8Array(chunk));
    await writer.close();
  })();
  const reader = readable.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    await writing;
  } finally {
    // Who leaves off early breaks the stream on purpose.
    await reader.cancel().catch(() => {});
    await writing.catch(() => {});
  }
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** A text of UTF-8 or, with its mark, UTF-16; the last character may be cut. */
function decoded(bytes: Uint8Array): string | null {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return null;
  }
}
