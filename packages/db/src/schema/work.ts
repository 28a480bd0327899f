import { sql } from 'drizzle-orm';
import { bigint, doublePrecision, index, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { AnnotationType } from './annotations.ts';
import { instant, int64 } from './columns.ts';
import { datasets } from './datasets.ts';
import { users } from './users.ts';

/** What a model says of an image: in no file, hash or export until somebody accepts it, which makes an annotation of it. */
export const predictions = pgTable(
  'predictions',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    /** Of `dataset_files`. */
    fileId: int64('file_id').notNull(),
    model: text('model').notNull(),
    score: doublePrecision('score'),
    /** Models know names; null for a caption. */
    className: text('class_name'),
    type: text('type').$type<AnnotationType>().notNull(),
    geometry: jsonb('geometry').$type<Record<string, unknown>>().notNull(),
    createdBy: uuid('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (t) => [
    index('predictions_file_idx').on(t.fileId),
    index('predictions_dataset_idx').on(t.datasetId, t.model, t.score),
  ],
);

/** Who is to annotate or review an image. */
export const imageAssignments = pgTable(
  'image_assignments',
  {
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    /** Of `dataset_files`. */
    fileId: int64('file_id').notNull(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    assignedBy: uuid('assigned_by').references(() => users.id, { onDelete: 'set null' }),
    assignedAt: instant('assigned_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.fileId] }), index('image_assignments_user_idx').on(t.datasetId, t.userId, t.fileId)],
);

/** What people say to each other of a dataset, an image or an annotation. */
export const comments = pgTable(
  'comments',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    /** Of `dataset_files`; null for one about the dataset. */
    fileId: int64('file_id'),
    /** Of `annotations`; null for one about the image. */
    annotationId: int64('annotation_id'),
    body: text('body').notNull(),
    /** Ids of who is mentioned. */
    mentions: uuid('mentions').array().notNull().default(sql`'{}'`),
    createdBy: uuid('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: instant('created_at').notNull().defaultNow(),
    changedAt: instant('changed_at'),
  },
  (t) => [index('comments_dataset_idx').on(t.datasetId, t.createdAt), index('comments_file_idx').on(t.fileId)],
);
