import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant, int64 } from './columns.ts';
import { datasets } from './datasets.ts';
import { datasetFiles } from './files.ts';
import { users } from './users.ts';

export const ANNOTATION_TYPES = ['bbox', 'polygon', 'rle', 'keypoints', 'obb', 'classification', 'caption'] as const;
export type AnnotationType = (typeof ANNOTATION_TYPES)[number];

/** The annotations of a dataset for one task; the import creates it. */
export const annotationProjects = pgTable(
  'annotation_projects',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    taskType: text('task_type').notNull(),
    /** What the format says of the dataset as a whole (licences, file names), for its own writer. */
    source: jsonb('source').$type<Record<string, unknown>>().notNull().default({}),
    createdBy: uuid('created_by').references(() => users.id),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (t) => [uniqueIndex('annotation_projects_dataset_task_key').on(t.datasetId, t.taskType)],
);

/** A class that annotations of a project can have. */
export const annotationClasses = pgTable(
  'annotation_classes',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
    projectId: uuid('project_id')
      .notNull()
      .references(() => annotationProjects.id),
    /** Position in the dataset's class list, from 0. */
    index: integer('index').notNull(),
    name: text('name').notNull(),
    /** What the format's own writer needs to give the class back: its id there, supercategory, skeleton. */
    source: jsonb('source').$type<Record<string, unknown>>().notNull().default({}),
  },
  (t) => [uniqueIndex('annotation_classes_project_index_key').on(t.projectId, t.index)],
);

/** One statement about one image, through the dataset's versions, by the same rule as files. Geometry is in pixels of the displayed image. */
export const annotations = pgTable(
  'annotations',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
    projectId: uuid('project_id')
      .notNull()
      .references(() => annotationProjects.id),
    fileId: int64('file_id')
      .notNull()
      .references(() => datasetFiles.id),
    classId: int64('class_id').references(() => annotationClasses.id),
    type: text('type').$type<AnnotationType>().notNull(),
    geometry: jsonb('geometry').$type<unknown>().notNull(),
    attributes: jsonb('attributes').$type<Record<string, unknown>>().notNull().default({}),
    state: text('state').$type<'draft' | 'confirmed'>().notNull().default('draft'),
    createdBy: uuid('created_by').references(() => users.id),
    confirmedBy: uuid('confirmed_by').references(() => users.id),
    confirmedAt: instant('confirmed_at'),
    addedIn: integer('added_in').notNull(),
    removedIn: integer('removed_in'),
  },
  (t) => [
    index('annotations_file_id_idx').on(t.fileId),
    index('annotations_current_class_idx').on(t.projectId, t.classId).where(sql`${t.removedIn} is null`),
    check(
      'annotations_type_check',
      sql`${t.type} in ('bbox', 'polygon', 'rle', 'keypoints', 'obb', 'classification', 'caption')`,
    ),
  ],
);

/** How far the annotation of an image is. */
export const imageAnnotationStatus = pgTable(
  'image_annotation_status',
  {
    fileId: int64('file_id')
      .primaryKey()
      .references(() => datasetFiles.id, { onDelete: 'cascade' }),
    state: text('state').$type<'not_started' | 'in_progress' | 'completed'>().notNull(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (t) => [check('image_annotation_status_state_check', sql`${t.state} in ('not_started', 'in_progress', 'completed')`)],
);
