import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';

/** How every list is asked for. */
export const pageInput = {
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().max(4000).optional(),
};

/**
 * What a list answers, a page at a time. It is checked at once, not as a promise: zod has a faster way for that, and lists
 * are most of what is asked.
 */
export function pageOf<Item extends z.ZodType>(item: Item) {
  const page = z.object({ items: z.array(item), nextCursor: z.string().nullable() });
  page.parseAsync = async (value) => page.parse(value);
  return page;
}

/** A yes or no in a query: as a word, since any text is true to a coercion. */
export const flag = z.enum(['true', 'false']);

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
