import { z } from 'zod';
import { versionIn } from '~/version';

export const OPS = ['contains', 'equals', 'not_equals', 'min', 'max', 'null', 'not_null'] as const;
export type Op = (typeof OPS)[number];

export interface Filter {
  column: string;
  op: Op;
  value?: string | undefined;
}

const filters = z.array(z.object({ column: z.string(), op: z.enum(OPS), value: z.string().optional() }));

/** What the address of the page says of rows; the rest of it is the page's own. */
export function rowQuery(query: URLSearchParams) {
  const text = (name: string) => query.get(name) || undefined;
  return {
    version: versionIn(query),
    subset: text('subset'),
    split: text('split'),
    search: text('search'),
    regex: text('regex') === 'true' ? ('true' as const) : undefined,
    in: text('in'),
    filters: text('filters'),
    columns: text('columns'),
    offset: Math.max(0, Number(query.get('offset')) || 0),
  };
}
export type RowQuery = ReturnType<typeof rowQuery>;

export const isSearch = ({ search, filters }: Pick<RowQuery, 'search' | 'filters'>): boolean =>
  search !== undefined || filters !== undefined;

export function filtersIn(json: string | undefined): Filter[] {
  if (!json) return [];
  try {
    return filters.parse(JSON.parse(json));
  } catch {
    return [];
  }
}

/** The address with some parts changed; the page of rows begins anew unless it is what changes. */
export function changedQuery(query: URLSearchParams, changes: Record<string, string | number | undefined>): string {
  const next = new URLSearchParams(query);
  if (!('offset' in changes) && !('row' in changes)) next.delete('offset');
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') next.delete(name);
    else next.set(name, String(value));
  }
  return `?${next}`;
}

/** What is highlighted in a text: the searched term, as the server looks for it. */
export function patternOf({ search, regex }: Pick<RowQuery, 'search' | 'regex'>): RegExp | null {
  if (!search) return null;
  try {
    return new RegExp(regex ? search : search.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'giu');
  } catch {
    // RE2 knows what JavaScript does not.
    return null;
  }
}
