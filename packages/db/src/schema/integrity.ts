import { bigint, boolean, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant, int64 } from './columns.ts';

export const FINDING_CODES = [
  'missing_object',
  'wrong_size',
  'wrong_hash',
  'unknown_object',
  'orphan_object',
  'orphan_thumbnail',
  'abandoned_upload',
  'wrong_totals',
  'wrong_content_hash',
] as const;
export type FindingCode = (typeof FINDING_CODES)[number];

/** One comparison of the store with the rows; the id is that of its job. */
export const integrityChecks = pgTable(
  'integrity_checks',
  {
    id: uuid('id').primaryKey(),
    /** Null when it covers all datasets and what belongs to none. */
    datasetId: text('dataset_id'),
    isDeep: boolean('is_deep').notNull().default(false),
    objects: int64('objects').notNull().default(0),
    files: int64('files').notNull().default(0),
    datasets: integer('datasets').notNull().default(0),
    /** Datasets that were left out because they were being written to. */
    busy: text('busy').array().notNull().default([]),
    findings: integer('findings').notNull().default(0),
    createdBy: uuid('created_by'),
    createdAt: instant('created_at').notNull().defaultNow(),
    finishedAt: instant('finished_at'),
  },
  (t) => [index('integrity_checks_dataset_id_idx').on(t.datasetId, t.createdAt)],
);

/** Something that a check found wrong. */
export const integrityFindings = pgTable(
  'integrity_findings',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    checkId: uuid('check_id')
      .notNull()
      .references(() => integrityChecks.id, { onDelete: 'cascade' }),
    code: text('code').$type<FindingCode>().notNull(),
    /** Null where no dataset has the id that the key names. */
    datasetId: text('dataset_id'),
    /** The path, if it is a file of the dataset; otherwise the key. */
    subject: text('subject').notNull(),
    storageKey: text('storage_key'),
    sizeBytes: int64('size'),
    details: jsonb('details').$type<Record<string, unknown>>().notNull().default({}),
    /** How it was repaired. */
    repair: text('repair'),
    repairedAt: instant('repaired_at'),
  },
  (t) => [index('integrity_findings_check_id_idx').on(t.checkId, t.code, t.id)],
);
