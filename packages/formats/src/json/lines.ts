import type { ReadContext } from '../format.ts';
import { linesOf } from '../source.ts';
import { parseLeniently } from './parse.ts';

/** An object of a file of JSON Lines. */
export interface JsonLine {
  value: Record<string, unknown>;
  line: number;
}

/** A line with the polygons of a large photograph is longer than a line of text. */
const MAX_LINE_CHARACTERS = 32 * 1024 * 1024;

/** The objects of a file of JSON Lines, some at a time; a line that is none is reported. */
export async function* jsonLines(path: string, { source, report }: ReadContext): AsyncGenerator<JsonLine[]> {
  let line = 0;
  for await (const lines of linesOf(source.stream(path), MAX_LINE_CHARACTERS)) {
    const objects: JsonLine[] = [];
    for (const text of lines) {
      line++;
      const json = text.replace(/^\ufeff/, '').trim();
      if (json === '') continue;
      const value = parseLeniently(json);
      if (isMembers(value)) objects.push({ value, line });
      else report.add('bad_annotation', { path, line, detail: 'not a JSON object' });
    }
    yield objects;
  }
}

export const isMembers = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const membersOf = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter(isMembers) : [];

/** Where a list of annotations stands, and then one of them. */
interface Place {
  path: string;
  line?: number;
  pointer: string;
}

/** What is read of each object in a list; whatever else the list has, or stands in its place, is reported. */
export function readEach<T>(
  list: unknown,
  place: Place,
  { report }: ReadContext,
  read: (object: Record<string, unknown>, place: Place, index: number) => readonly T[],
): T[] {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) {
    report.add('bad_annotation', { ...place, detail: 'not a list' });
    return [];
  }
  return list.flatMap((item: unknown, i) => {
    const at = { ...place, pointer: `${place.pointer}[${i}]` };
    if (isMembers(item)) return read(item, at, i);
    report.add('bad_annotation', { ...at, detail: 'not an object' });
    return [];
  });
}

/** The members as numbers; null when one of them is none. */
export function numbersOf(members: unknown, ...keys: string[]): number[] | null {
  if (!isMembers(members)) return null;
  const values = keys.map((key) => members[key]);
  const numbers = values.map((value) =>
    typeof value === 'number' ? value : typeof value === 'string' && value !== '' ? Number(value) : Number.NaN,
  );
  return numbers.every(Number.isFinite) ? numbers : null;
}

/** Points as pairs, or as objects of x and y, in one flat list; null for fewer than three or what is none. */
export function ringOf(points: unknown): number[] | null {
  if (!Array.isArray(points)) return null;
  const ring = points.flatMap((point: unknown): number[] => {
    const [x, y]: unknown[] = Array.isArray(point) ? point : isMembers(point) ? [point.x, point.y] : [];
    return [Number(x ?? Number.NaN), Number(y ?? Number.NaN)];
  });
  return ring.length >= 6 && ring.every(Number.isFinite) ? ring : null;
}
