import { sql } from 'drizzle-orm';
import { check, index, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant, int64 } from './columns.ts';

export const BACKUP_STATES = ['running', 'verified', 'failed', 'expired'] as const;

export interface BackupCounts {
  files: number;
  images: number;
  annotations: number;
  versions: number;
}

/** A zip of everything a dataset has. It outlives the dataset, so nothing here refers to that row. */
export const backups = pgTable(
  'backups',
  {
    id: uuid('id').primaryKey(),
    datasetId: text('dataset_id').notNull(),
    datasetName: text('dataset_name').notNull(),
    /** Who may have it when the dataset is gone. */
    ownerId: uuid('owner_id'),
    organizationId: uuid('organization_id'),
    storageKey: text('storage_key').notNull(),
    state: text('state').$type<(typeof BACKUP_STATES)[number]>().notNull().default('running'),
    /** Of the zip; so is the hash. */
    sizeBytes: int64('size'),
    sha256: text('sha256'),
    contentHash: text('content_hash'),
    counts: jsonb('counts').$type<BackupCounts>(),
    jobId: uuid('job_id').notNull(),
    createdBy: uuid('created_by'),
    createdAt: instant('created_at').notNull().defaultNow(),
    /** When it had been read back and found whole. */
    verifiedAt: instant('verified_at'),
    expiresAt: instant('expires_at').notNull(),
  },
  (t) => [
    index('backups_dataset_id_idx').on(t.datasetId, t.createdAt),
    index('backups_owner_id_idx').on(t.ownerId, t.createdAt),
    index('backups_expires_at_idx').on(t.expiresAt).where(sql`${t.state} <> 'expired'`),
    check('backups_state_check', sql`${t.state} in ('running', 'verified', 'failed', 'expired')`),
  ],
);
