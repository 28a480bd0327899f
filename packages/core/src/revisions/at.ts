import { and, gt, isNull, lte, or, type SQL, type SQLWrapper } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';

/** A revision that is looked at; null for the draft, which is whatever is there now. */
export type At = number | null;

/** The columns by which a row belongs to revisions. */
interface Lifetime {
  addedIn: AnyPgColumn | SQLWrapper;
  removedIn: AnyPgColumn | SQLWrapper;
}

/** Whether a row belongs to the draft or a revision: the only place that says so. */
export const isAt = ({ addedIn, removedIn }: Lifetime, at: At): SQL | undefined =>
  at === null ? isNull(removedIn) : and(lte(addedIn, at), or(isNull(removedIn), gt(removedIn, at)));
