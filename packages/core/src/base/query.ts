import type { Transaction } from '@granary/db';
import { sql } from 'drizzle-orm';

type Value = string | number | boolean | null;

/** Runs one statement: postgres.js itself, or a transaction of Drizzle by {@link queryOf}. */
export type Query = (
  statement: TemplateStringsArray,
  ...values: Value[]
) => PromiseLike<readonly Record<string, unknown>[]>;

export const queryOf =
  (tx: Pick<Transaction, 'execute'>): Query =>
  (statement, ...values) =>
    tx.execute(sql(statement, ...values));
