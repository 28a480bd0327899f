import { sql } from 'drizzle-orm';
import { boolean, check, index, inet, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant, int64 } from './columns.ts';
import { IMPORT_STATES } from './imports.ts';
import { users } from './users.ts';

export { IMPORT_STATES as JOB_STATES };

/** What a person sees of a job. Durable: it outlives the queue's own clean-up. The id is the queue's job id. */
export const activities = pgTable(
  'activities',
  {
    id: uuid('id').primaryKey(),
    kind: text('kind').notNull(),
    datasetId: text('dataset_id'),
    state: text('state').$type<(typeof IMPORT_STATES)[number]>().notNull().default('queued'),
    progress: integer('progress').notNull().default(0),
    message: text('message').notNull().default(''),
    /** What a running job is at, as a code and what it is about. */
    step: jsonb('step').$type<unknown>(),
    result: jsonb('result').$type<unknown>(),
    errorCode: text('error_code'),
    errorMessage: text('error_message'),
    /** Raised by each attempt: writes of an attempt that is no longer the newest are refused. */
    attempt: integer('attempt').notNull().default(0),
    cancelRequested: boolean('cancel_requested').notNull().default(false),
    createdBy: uuid('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: instant('created_at').notNull().defaultNow(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (t) => [
    index('activities_dataset_id_idx').on(t.datasetId, t.createdAt),
    index('activities_created_by_idx').on(t.createdBy, t.createdAt),
    check('activities_state_check', sql`${t.state} in ('queued', 'running', 'completed', 'failed', 'cancelled')`),
  ],
);

/** Append-only: a trigger refuses update and delete. The dataset id is kept after the dataset is gone. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: int64('id').primaryKey().generatedAlwaysAsIdentity(),
    datasetId: text('dataset_id'),
    action: text('action').notNull(),
    performedBy: uuid('performed_by'),
    details: jsonb('details').$type<Record<string, unknown>>().notNull().default({}),
    ip: inet('ip'),
    at: instant('at').notNull().defaultNow(),
  },
  (t) => [index('audit_log_dataset_id_idx').on(t.datasetId, t.at), index('audit_log_at_idx').on(t.at)],
);
