import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { instant, int64 } from './columns.ts';
import { datasets } from './datasets.ts';
import { users } from './users.ts';

export const ANNOTATION_TYPES = ['bbox', 'polygon', 'rle', 'keypoints', 'obb', 'classification', 'caption'] as const;
export type AnnotationType = (typeof ANNOTATION_TYPES)[number];

/**
 * The annotations of a dataset; the first import that finds some creates it. Through the revisions like files: it keeps its
 * id when another task or source is found.
 */
export const annotationProjects = pgTable(
  'annotation_projects',
  {
    id: uuid('id').notNull().defaultRandom(),
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    taskType: text('task_type').notNull(),
    /** What the format says of the dataset as a whole (licences, file names), for its own writer. */
    source: jsonb('source').$type<Record<string, unknown>>().notNull().default({}),
    createdBy: uuid('created_by').references(() => users.id),
    createdAt: instant('created_at').notNull().defaultNow(),
    addedIn: integer('added_in').notNull(),
    removedIn: integer('removed_in'),
  },
  (t) => [
    primaryKey({ columns: [t.id, t.addedIn] }),
    uniqueIndex('annotation_projects_current_task_key').on(t.datasetId, t.taskType).where(sql`${t.removedIn} is null`),
    index('annotation_projects_dataset_idx').on(t.datasetId),
  ],
);

/** A class that annotations of a project can have, through the revisions: it keeps its id when it is renamed or moves. */
export const annotationClasses = pgTable(
  'annotation_classes',
  {
    id: bigint('id', { mode: 'number' }).notNull().generatedByDefaultAsIdentity(),
    /** Of `annotation_projects`. */
    projectId: uuid('project_id').notNull(),
    /** Position in the dataset's class list, from 0. */
    index: integer('index').notNull(),
    name: text('name').notNull(),
    /** What the format's own writer needs to give the class back: its id there, supercategory, skeleton. */
    source: jsonb('source').$type<Record<string, unknown>>().notNull().default({}),
    addedIn: integer('added_in').notNull(),
    removedIn: integer('removed_in'),
  },
  (t) => [
    primaryKey({ columns: [t.id, t.addedIn] }),
    uniqueIndex('annotation_classes_current_index_key').on(t.projectId, t.index).where(sql`${t.removedIn} is null`),
    index('annotation_classes_project_idx').on(t.projectId),
  ],
);

/**
 * One statement about one image, through the dataset's revisions, by the same rule as files: it keeps its id, and a change of
 * it is another row. Geometry is in pixels of the displayed image.
 */
export const annotations = pgTable(
  'annotations',
  {
    id: bigint('id', { mode: 'number' }).notNull().generatedByDefaultAsIdentity(),
    /** Of `annotation_projects`. */
    projectId: uuid('project_id').notNull(),
    /** Of `dataset_files`. */
    fileId: int64('file_id').notNull(),
    /** Of `annotation_classes`. */
    classId: int64('class_id'),
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
    primaryKey({ columns: [t.id, t.addedIn] }),
    index('annotations_file_id_idx').on(t.fileId),
    index('annotations_added_idx').on(t.projectId, t.addedIn),
    index('annotations_removed_idx').on(t.projectId, t.removedIn).where(sql`${t.removedIn} is not null`),
    index('annotations_current_class_idx').on(t.projectId, t.classId).where(sql`${t.removedIn} is null`),
    check(
      'annotations_type_check',
      sql`${t.type} in ('bbox', 'polygon', 'rle', 'keypoints', 'obb', 'classification', 'caption')`,
    ),
  ],
);

export const ANNOTATION_STATES = [
  'not_started',
  'in_progress',
  'completed',
  'needs_review',
  'accepted',
  'rejected',
  'labels_lost',
] as const;
export type AnnotationState = (typeof ANNOTATION_STATES)[number];

/** States in which the labels of an image are whole, be it that they say there is nothing on it. */
export const LABELED_STATES = [
  'completed',
  'needs_review',
  'accepted',
  'rejected',
] as const satisfies AnnotationState[];

/**
 * How far the annotation of an image is, through the revisions: `labels_lost` has labels of which none could be read, and
 * is no image without objects.
 */
export const imageAnnotationStatus = pgTable(
  'image_annotation_status',
  {
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    /** Of `dataset_files`. */
    fileId: int64('file_id').notNull(),
    state: text('state').$type<AnnotationState>().notNull(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    addedIn: integer('added_in').notNull(),
    removedIn: integer('removed_in'),
  },
  (t) => [
    primaryKey({ columns: [t.fileId, t.addedIn] }),
    uniqueIndex('image_annotation_status_current_key').on(t.fileId).where(sql`${t.removedIn} is null`),
    index('image_annotation_status_added_idx').on(t.datasetId, t.addedIn),
    index('image_annotation_status_removed_idx').on(t.datasetId, t.removedIn).where(sql`${t.removedIn} is not null`),
    check(
      'image_annotation_status_state_check',
      sql`${t.state} in ('not_started', 'in_progress', 'completed', 'needs_review', 'accepted', 'rejected', 'labels_lost')`,
    ),
  ],
);
