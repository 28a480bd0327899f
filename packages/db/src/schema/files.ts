import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { instant, int64, pathText } from './columns.ts';
import { datasets } from './datasets.ts';
import type { FileKind } from './kinds.ts';

/**
 * A file of a dataset through its revisions. A row belongs to revision r when
 * `added_in <= r and (removed_in is null or removed_in > r)`. A file keeps its id while path and content are the same; when
 * what is said of it changes (split, class, kind, source), its row is closed and another one of the same id opens.
 */
export const datasetFiles = pgTable(
  'dataset_files',
  {
    id: bigint('id', { mode: 'number' }).notNull().generatedByDefaultAsIdentity({ name: 'dataset_files_id_seq' }),
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    path: pathText('path').notNull(),
    sizeBytes: int64('size').notNull(),
    sha256: text('sha256').notNull(),
    mime: text('mime').notNull(),
    kind: text('kind').$type<FileKind>().notNull(),
    split: text('split'),
    className: text('class_name'),
    /** As displayed, in pixels: a photograph with EXIF orientation 5 to 8 has them swapped. */
    width: integer('width'),
    height: integer('height'),
    /** Why an image can't be shown (truncated, too large, not an image); null for a readable one. */
    problem: text('problem'),
    /** What an image's format says of it beside its annotations, for the format's own writer. */
    source: jsonb('source').$type<Record<string, unknown>>(),
    /** 64-bit perceptual hash; null where the image has not been looked at, or cannot be decoded. */
    phash: bigint('phash', { mode: 'bigint' }),
    /** Whether the image is in the groups of near-duplicates, should it resemble any. */
    isCompared: boolean('is_compared').notNull().default(false),
    /** In the tree while the tree has this content at this path, else in `history/`. */
    storageKey: text('storage_key').notNull(),
    addedIn: integer('added_in').notNull(),
    removedIn: integer('removed_in'),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.id, t.addedIn] }),
    uniqueIndex('dataset_files_current_path_key').on(t.datasetId, t.path).where(sql`${t.removedIn} is null`),
    index('dataset_files_current_kind_idx').on(t.datasetId, t.kind, t.path).where(sql`${t.removedIn} is null`),
    index('dataset_files_removed_idx').on(t.datasetId, t.removedIn).where(sql`${t.removedIn} is not null`),
    index('dataset_files_added_idx').on(t.datasetId, t.addedIn),
    // Trees of older revisions, in the order of paths.
    index('dataset_files_path_idx').on(t.datasetId, t.path, t.addedIn, t.removedIn),
    index('dataset_files_sha256_idx').on(t.datasetId, t.sha256),
    index('dataset_files_phash_idx')
      .on(t.datasetId, t.phash)
      .where(sql`${t.phash} is not null and ${t.removedIn} is null`),
    index('dataset_files_uncompared_idx')
      .on(t.datasetId, t.id)
      .where(sql`not ${t.isCompared} and ${t.kind} = 'image' and ${t.problem} is null and ${t.removedIn} is null`),
    check('dataset_files_kind_check', sql`${t.kind} in ('image', 'label', 'annotation', 'data', 'other')`),
  ],
);

/** An object under `thumbnails/`, recorded in the transaction that writes it. */
export const thumbnails = pgTable(
  'thumbnails',
  {
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    storageKey: pathText('storage_key').notNull(),
    sizeBytes: int64('size').notNull(),
  },
  (t) => [primaryKey({ columns: [t.datasetId, t.storageKey] })],
);
