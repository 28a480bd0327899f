import { type LocalSource, type Note, SourceError } from '../source.ts';
import { unique } from './csv-dialect.ts';
import { readCsv } from './csv-rows.ts';
import { type CsvColumn, csvColumn, csvTypeOf, sawCell } from './csv-types.ts';
import { jsonRowsOf } from './json-rows.ts';
import { JsonError, scanJson } from './json-text.ts';
import type { Line } from './lines.ts';
import { type Shape, shapeOf, sqlTypeOf } from './shape.ts';

/** A column with its type in the engine's words. */
export interface TypedColumn {
  name: string;
  sqlType: string;
  /** Its values are of several types, and kept as texts of JSON. */
  isJson?: boolean;
}

/** What is in the files of a split, together. */
export interface FoundColumns {
  columns: TypedColumn[];
  rows: number;
  /** What was decided about the files that people should know, for people. */
  notes: Note[];
}

const MOST_COLUMNS = 10_000;

/**
 * Reads sources to their ends, and finds the columns of all together, each of a type that holds all its values.
 *
 * @throws SourceError for what cannot be read, with file and line
 */
export async function findColumns(sources: readonly LocalSource[], signal: AbortSignal): Promise<FoundColumns> {
  const [first] = sources;
  if (!first || first.kind === 'lines') {
    return { columns: first ? [{ name: 'text', sqlType: 'VARCHAR' }] : [], rows: 0, notes: [] };
  }
  return first.kind === 'csv' ? csvColumns(sources, signal) : jsonColumns(sources, signal);
}

async function jsonColumns(sources: readonly LocalSource[], signal: AbortSignal): Promise<FoundColumns> {
  const root = shapeOf(MOST_COLUMNS);
  const notes: Note[] = [];
  for (const source of sources) {
    const tell = (unread: readonly string[]) => {
      const names = unread.map((name) => `"${name}"`).join(', ');
      notes.push({ path: source.name, detail: `beside its rows it has ${names}`, code: 'rows_not_read' });
    };
    for await (const rows of jsonRowsOf(source, tell)) {
      signal.throwIfAborted();
      for (const row of rows) learn(source, root, row);
    }
  }
  const columns = [...root.fields].map(([name, { shape }]): TypedColumn => {
    const sqlType = sqlTypeOf(shape);
    return sqlType === null ? { name, sqlType: 'VARCHAR', isJson: true } : { name, sqlType };
  });
  // Objects without any names are rows, too.
  if (columns.length === 0 && root.objects > 0) columns.push({ name: 'value', sqlType: 'VARCHAR' });
  return { columns, rows: root.objects, notes };
}

function learn(source: LocalSource, root: Shape, row: Line): void {
  try {
    if (!/^\s*\{/.test(row.text)) throw new JsonError('a row must be an object: {"name": value, …}', 0);
    scanJson(row.text, root);
  } catch (error) {
    throw asSourceError(source, row, error);
  }
  if (root.fields.size < MOST_COLUMNS) return;
  throw new SourceError(
    `${source.name}, line ${row.number}: there are more than ${MOST_COLUMNS} columns up to here. Put names that differ from row to row into an object of their own.`,
  );
}

/** What is wrong with a row of JSON, for people. */
export function asSourceError({ name }: LocalSource, row: Line, error: unknown): unknown {
  if (!(error instanceof JsonError)) return error;
  const line = row.number + row.text.slice(0, error.at).split('\n').length - 1;
  return new SourceError(`${name}, line ${line}: ${error.message}.`, { cause: error });
}

async function csvColumns(sources: readonly LocalSource[], signal: AbortSignal): Promise<FoundColumns> {
  const found = new Map<string, CsvColumn>();
  const notes: Note[] = [];
  let rows = 0;
  for (const source of sources) {
    let own = { rows: 0, notes: [] as Note[], columns: [] as [string, CsvColumn][] };
    await readCsv(source, async ({ names, notes }) => {
      const columns = names.map((name): [string, CsvColumn] => [name, structuredClone(found.get(name)) ?? csvColumn()]);
      const seen = { rows: 0, notes, columns };
      own = seen;
      return async (records) => {
        signal.throwIfAborted();
        for (const { cells } of records) {
          for (let i = 0; i < columns.length; i++) {
            const cell = cells[i];
            const column = columns[i]?.[1];
            if (column && cell !== null && cell !== undefined) sawCell(column, cell);
          }
        }
        seen.rows += records.length;
        return true;
      };
    });
    for (const [name, column] of own.columns) found.set(name, column);
    notes.push(...own.notes);
    rows += own.rows;
  }
  return { columns: [...found].map(([name, column]) => ({ name, sqlType: csvTypeOf(column) })), rows, notes };
}

/**
 * The names under which columns are kept in Parquet: of those that the engine would take for the same, and of empty ones,
 * others. What people call them is kept beside them.
 */
export function storedNames(names: readonly string[]): string[] {
  const taken = new Set(['file_row_number', 'filename', 'file_index']);
  return unique(names).map((name, i) => {
    let stored = name === '' || name.includes('\0') ? `column${i}` : name;
    const base = stored;
    for (let n = 1; taken.has(stored.toLowerCase()); n++) stored = `${base}_${n}`;
    taken.add(stored.toLowerCase());
    return stored;
  });
}
