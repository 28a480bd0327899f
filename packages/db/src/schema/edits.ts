import { sql } from 'drizzle-orm';
import { check, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type { AnnotationState, AnnotationType } from './annotations.ts';
import { instant, int64 } from './columns.ts';
import { datasets } from './datasets.ts';
import { users } from './users.ts';

/** An annotation as it is in an edit that is not published yet. */
export interface EditedAnnotation {
  /** Of `annotations`, or taken from its sequence when the annotation was first saved. */
  id: number;
  /** Null for a caption, and for a class that the dataset has only once the edit is published. */
  classId: number | null;
  /** The name of such a class. */
  newClass?: string;
  type: AnnotationType;
  geometry: Record<string, unknown>;
  attributes: Record<string, unknown>;
  state: 'draft' | 'confirmed';
  createdBy: string | null;
  confirmedBy: string | null;
  confirmedAt: string | null;
}

/**
 * What people have made of the annotations of an image: over the rows of the draft until it is published, which writes rows and
 * label files. Afterwards the row only counts the edits of the image, by which clients tell whether somebody else was faster.
 */
export const imageEdits = pgTable(
  'image_edits',
  {
    /** Of `dataset_files`. */
    fileId: int64('file_id').primaryKey(),
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    /** 1, 2, 3 …: never the same number for other annotations. */
    version: integer('version').notNull().default(1),
    /** The revision whose annotations were edited. */
    baseRevision: integer('base_revision').notNull(),
    /** All annotations of the image; null once they are published. */
    annotations: jsonb('annotations').$type<EditedAnnotation[]>(),
    /** The state of the image; null where it stays. */
    state: text('state').$type<AnnotationState>(),
    /** The revision that the newest edit became. */
    publishedIn: integer('published_in'),
    /** Why the edit cannot be published as it is. */
    conflict: jsonb('conflict').$type<Record<string, unknown>>(),
    editedBy: uuid('edited_by').references(() => users.id, { onDelete: 'set null' }),
    editedAt: instant('edited_at').notNull().defaultNow(),
  },
  (t) => [
    index('image_edits_pending_idx').on(t.datasetId, t.editedAt).where(sql`${t.annotations} is not null`),
    index('image_edits_dataset_idx').on(t.datasetId),
    check(
      'image_edits_state_check',
      sql`${t.state} in ('not_started', 'in_progress', 'completed', 'needs_review', 'accepted', 'rejected')`,
    ),
  ],
);
