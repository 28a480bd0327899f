import { z } from 'zod';

export const filter = z.object({
  column: z.string(),
  op: z
    .enum(['equals', 'not_equals', 'contains', 'min', 'max', 'null', 'not_null'])
    .describe('`min` and `max` are included; `contains` does not look at case.'),
  value: z.union([z.string(), z.number(), z.boolean()]).optional(),
});
export type Filter = z.infer<typeof filter>;

/** Which rows are looked for. */
export interface Query {
  term?: string | undefined;
  /** RE2 syntax: https://github.com/google/re2/wiki/Syntax */
  isRegex?: boolean | undefined;
  /** Where to look for the term; in all texts, be they nested, when left out. */
  columns?: readonly string[] | undefined;
  filters?: readonly Filter[] | undefined;
}

/** A query that cannot be answered as it is written. */
export class QueryError extends Error {
  override name = 'QueryError';
  readonly field: 'search' | 'columns' | 'filters';
  constructor(field: QueryError['field'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.field = field;
  }
}
