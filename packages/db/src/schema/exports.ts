import { sql } from 'drizzle-orm';
import { check, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant, int64 } from './columns.ts';
import { datasets } from './datasets.ts';
import { users } from './users.ts';

export const EXPORT_STATES = ['queued', 'running', 'completed', 'failed', 'cancelled', 'expired'] as const;

export const CONTAINERS = ['zip', 'tar'] as const;

/** What of a revision an export holds, and as what. */
export interface ExportOptions {
  /** Null for all of them. */
  splits: string[] | null;
  q: string | null;
  /** Without images, a list of them says where each one goes. */
  images: boolean;
  container: (typeof CONTAINERS)[number];
}

/** Something that the format of an export cannot hold, and of how many images. */
export interface ExportLoss {
  message: string;
  images: number;
  examples: string[];
}

/** A revision of a dataset as an archive in a format, made once for all who ask for the same, until it expires. */
export const exports = pgTable(
  'exports',
  {
    id: uuid('id').primaryKey(),
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    revision: integer('revision').notNull(),
    /** The number of the version that was asked for; null for what was none. */
    version: integer('version'),
    format: text('format').notNull(),
    options: jsonb('options').$type<ExportOptions>().notNull(),
    /** The hash of all that makes the archive what it is. */
    sameness: text('sameness').notNull(),
    state: text('state').$type<(typeof EXPORT_STATES)[number]>().notNull().default('queued'),
    storageKey: text('storage_key').notNull(),
    /** Of the archive; so is the hash. */
    sizeBytes: int64('size'),
    sha256: text('sha256'),
    numFiles: int64('num_files'),
    losses: jsonb('losses').$type<ExportLoss[]>().notNull().default([]),
    jobId: uuid('job_id').notNull(),
    createdBy: uuid('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: instant('created_at').notNull().defaultNow(),
    finishedAt: instant('finished_at'),
    expiresAt: instant('expires_at').notNull(),
  },
  (t) => [
    uniqueIndex('exports_sameness_key')
      .on(t.datasetId, t.sameness)
      .where(sql`${t.state} in ('queued', 'running', 'completed')`),
    index('exports_dataset_id_idx').on(t.datasetId, t.createdAt),
    index('exports_job_id_idx').on(t.jobId),
    index('exports_expires_at_idx').on(t.expiresAt),
    check(
      'exports_state_check',
      sql`${t.state} in ('queued', 'running', 'completed', 'failed', 'cancelled', 'expired')`,
    ),
  ],
);
