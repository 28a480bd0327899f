import { integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';
import { users } from './users.ts';

/** A setting that an admin has changed; the environment or the default decides the others. */
export const siteSettings = pgTable('site_settings', {
  name: text('name').primaryKey(),
  value: jsonb('value').$type<unknown>().notNull(),
  updatedBy: uuid('updated_by').references(() => users.id, { onDelete: 'set null' }),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});

/** Calls of one method of the store with one outcome. */
export interface StoreCall {
  call: string;
  outcome: 'ok' | 'error';
  count: number;
  /** Until they were answered, added up. */
  seconds: number;
}

/** A worker process; it reports every few seconds that it is alive. */
export const workers = pgTable('workers', {
  id: uuid('id').primaryKey(),
  host: text('host').notNull(),
  pid: integer('pid').notNull(),
  startedAt: instant('started_at').notNull().defaultNow(),
  seenAt: instant('seen_at').notNull().defaultNow(),
  /** Since it began, with those of its children. */
  storeCalls: jsonb('store_calls').$type<StoreCall[]>().notNull().default([]),
});
