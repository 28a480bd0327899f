import Papa from 'papaparse';
import { TextChunks } from '../encoding.ts';
import { unguarded } from './formulas.ts';

export interface Row {
  fields: string[];
  /** From 1, the header included. */
  line: number;
}

const PIECE_CHARACTERS = 1024 * 1024;
const MAX_PIECE_CHARACTERS = 16 * PIECE_CHARACTERS;
const QUOTE = 0x22;
const LINE_FEED = 0x0a;

/** The rows of a CSV file of any size, some thousands at a time; the delimiter is found out from the first ones. */
export async function* readTable(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Row[]> {
  const decoder = new TextChunks();
  let text = '';
  let line = 1;
  let next = PIECE_CHARACTERS;
  let delimiter = '';
  const parse = (piece: string): Row[] => {
    const parsed = Papa.parse<string[]>(piece, { delimiter, skipEmptyLines: false });
    delimiter ||= parsed.meta.delimiter;
    const rows = parsed.data.map((fields, i) => ({
      fields: fields.map((field) => unguarded(field.trim())),
      line: line + i,
    }));
    line += parsed.data.length;
    return rows.filter(({ fields }) => fields.some((field) => field !== ''));
  };
  for await (const chunk of stream) {
    text += decoder.decode(chunk);
    if (text.length < next) continue;
    const end = endOfRows(text);
    if (end > 0) {
      yield parse(text.slice(0, end).replace(/\r?\n$/, ''));
      text = text.slice(end);
    }
    next = text.length + PIECE_CHARACTERS;
  }
  const rest = (text + decoder.end()).replace(/\r?\n$/, '');
  if (rest !== '') yield parse(rest);
}

/** Behind the last line break that is not inside of quotes, or 0. */
function endOfRows(text: string): number {
  let end = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) isQuoted = !isQuoted;
    else if (code === LINE_FEED && !isQuoted) end = i + 1;
  }
  // A quote that never ends: rows are taken by their line breaks after all.
  return end === 0 && text.length > MAX_PIECE_CHARACTERS ? text.lastIndexOf('\n') + 1 || text.length : end;
}
