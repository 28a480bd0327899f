import { sql } from 'drizzle-orm';
import { boolean, check, index, inet, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant, int64 } from './columns.ts';
import { IMPORT_STATES } from './imports.ts';
import type { JobKind } from './kinds.ts';
import { users } from './users.ts';

export { IMPORT_STATES as JOB_STATES };

/** What people see of a job. It outlives the queue's own clean-up; the id is that of the queue's job. */
export const activities = pgTable(
  'activities',
  {
    id: uuid('id').primaryKey(),
    kind: text('kind').$type<JobKind>().notNull(),
    datasetId: text('dataset_id'),
    state: text('state').$type<(typeof IMPORT_STATES)[number]>().notNull().default('queued'),
    progress: integer('progress').notNull().default(0),
    message: text('message').notNull().default(''),
    /** What a running job is doing: a code, and what it is about. */
    step: jsonb('step').$type<unknown>(),
    result: jsonb('result').$type<unknown>(),
    errorCode: text('error_code'),
    errorMessage: text('error_message'),
    /** Raised by each attempt: writes of an attempt that is no longer the newest are refused. */
    attempt: integer('attempt').notNull().default(0),
    cancelRequested: boolean('cancel_requested').notNull().default(false),
    /** Whether it is paused, or is to be. What it has done stays until somebody resumes or cancels it. */
    pauseRequested: boolean('pause_requested').notNull().default(false),
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

/** Something that was done, with who did it. A trigger refuses changes; the dataset's id stays when the dataset is gone. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: int64('id').primaryKey().generatedAlwaysAsIdentity(),
    datasetId: text('dataset_id'),
    action: text('action').notNull(),
    /** What it was called then; a trigger sets it, and `performed_by_name`. */
    datasetName: text('dataset_name'),
    performedBy: uuid('performed_by'),
    performedByName: text('performed_by_name'),
    /** The API key it was done with, if any. */
    apiKey: text('api_key'),
    details: jsonb('details').$type<Record<string, unknown>>().notNull().default({}),
    ip: inet('ip'),
    at: instant('at').notNull().defaultNow(),
  },
  (t) => [
    index('audit_log_dataset_id_idx').on(t.datasetId, t.id),
    index('audit_log_action_idx').on(t.action, t.id),
    index('audit_log_performed_by_idx').on(t.performedBy, t.id),
    index('audit_log_at_idx').on(t.at),
    // Trigrams of what is searched; the function is made by the migration that makes this index.
    index('audit_log_search_idx').using(
      'gin',
      sql`audit_search_text(${t.action}, ${t.datasetName}, ${t.performedByName}, ${t.details}) gin_trgm_ops`,
    ),
  ],
);
