import type { Db } from '@granary/db';
import { type SQLWrapper, sql } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';

/** A yes or no in a query: as a word, since any text is true to a coercion. */
export const flag = z.enum(['true', 'false']);

/** How every list is asked for. */
export const pageInput = {
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().max(4000).optional(),
  withTotal: flag.optional().describe('Also answer the total number; this takes longer.'),
};
export interface PageInput {
  limit: number;
  cursor?: string | undefined;
  withTotal?: 'true' | 'false' | undefined;
}

/** A page of a list: `total` where it was asked for. */
export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
  total?: number | undefined;
}

export const pageShape = { nextCursor: z.string().nullable(), total: z.number().optional() };

/** A query whose rows are waited for, or counted. */
type Listing<Row> = PromiseLike<readonly Row[]> & SQLWrapper;

/** More rows than any list has. */
const ALL = 2 ** 31 - 1;

/**
 * A page of what `find` finds behind a cursor (null: from the beginning) by keyset, and the number of all rows where it is
 * asked for.
 *
 * @throws AppError `invalid_input` for a cursor of another list
 */
export async function pageOfRows<Row, Cursor extends z.ZodType<(string | number)[]>>(
  db: Db,
  { limit, cursor, withTotal }: PageInput,
  cursorShape: Cursor,
  find: (after: z.output<Cursor> | null, limit: number) => Listing<Row>,
  cursorOf: (row: Row) => (string | number)[],
): Promise<Page<Row>> {
  const after = decodeCursor(cursor, cursorShape);
  const [rows, total] = await Promise.all([
    find(after, limit + 1),
    withTotal === 'true' ? countRows(db, find(null, ALL)) : undefined,
  ]);
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, nextCursor: last ? encodeCursor(cursorOf(last)) : null, ...(total === undefined ? {} : { total }) };
}

export async function countRows(db: Db, rows: SQLWrapper): Promise<number> {
  const [counted] = await db.execute<{ total: number }>(sql`select count(*)::float8 as total from (${rows}) listed`);
  return counted?.total ?? 0;
}

/** The same page, with the view of each row. */
export const mapPage = <Row, Item>(page: Page<Row>, view: (row: Row) => Item): Page<Item> => ({
  ...page,
  items: page.items.map(view),
});

/**
 * What a list answers, a page at a time. It is checked at once, not as a promise: zod has a faster way for that, and lists
 * are most of what is asked.
 */
export function pageOf<Item extends z.ZodType>(item: Item) {
  const page = z.object({ items: z.array(item), ...pageShape });
  page.parseAsync = async (value) => page.parse(value);
  return page;
}

/** A cursor is the sort value and id of a page's last row, opaque to clients. */
export function encodeCursor(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** @throws AppError `invalid_input` */
export function decodeCursor<Shape extends z.ZodType>(
  cursor: string | undefined,
  shape: Shape,
): z.output<Shape> | null {
  if (cursor === undefined) return null;
  try {
    return shape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw new AppError('invalid_input', { issues: [{ path: 'cursor', message: 'is not a cursor of this list' }] });
  }
}

/** `%`, `_` and `\` as themselves in LIKE patterns. */
export const escapeLike = (text: string): string => text.replace(/[\\%_]/g, '\\$&');
