import Papa from 'papaparse';
import { readTable } from '../csv/table.ts';
import type { ReadContext } from '../format.ts';
import { parseLeniently } from '../json/parse.ts';
import { extensionOf } from '../paths.ts';
import { linesOf } from '../source.ts';

/** A row of a metadata file, by the names of its columns. */
export interface MetadataRow {
  members: Record<string, unknown>;
  line: number;
}

/** A row of boxes of a large photograph is longer than a line of text. */
const MAX_LINE_CHARACTERS = 32 * 1024 * 1024;

/** The rows of a `metadata.csv` or `metadata.jsonl` of any size, some at a time. */
export async function* metadataRows(path: string, { source, report }: ReadContext): AsyncGenerator<MetadataRow[]> {
  if (extensionOf(path) === 'csv') {
    let titles: string[] | null = null;
    for await (const batch of readTable(source.stream(path))) {
      const rows = titles === null ? batch.slice(1) : batch;
      titles ??= batch[0]?.fields ?? [];
      const names = titles;
      yield rows.map(({ fields, line }) => ({
        members: Object.fromEntries(names.map((name, at) => [name, fields[at] ?? ''])),
        line,
      }));
    }
    return;
  }
  let line = 0;
  for await (const lines of linesOf(source.stream(path), MAX_LINE_CHARACTERS)) {
    const rows: MetadataRow[] = [];
    for (const text of lines) {
      line++;
      if (text.trim() === '' || text === '\ufeff') continue;
      const members = parseLeniently(text.replace(/^\ufeff/, ''));
      if (isMembers(members)) rows.push({ members, line });
      else report.add('bad_annotation', { path, line, detail: 'not a JSON object' });
    }
    yield rows;
  }
}

export const isMembers = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a file's beginning is that of a metadata file: rows with a member `file_name`. */
export function isMetadata(head: string, path: string): boolean {
  if (!/(^|\/)metadata\.(csv|jsonl)$/i.test(path)) return false;
  if (extensionOf(path) === 'jsonl') return /"([a-z0-9_]+_)?file_name"\s*:/i.test(head);
  const [titles = []] = Papa.parse<string[]>(head, { preview: 1 }).data;
  return titles.some((title) => /^\ufeff?([a-z0-9_]+_)?file_name$/i.test(title.trim()));
}
