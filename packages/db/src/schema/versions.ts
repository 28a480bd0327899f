import { boolean, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';
import { type DatasetStatistics, datasets } from './datasets.ts';
import type { ImportKind } from './kinds.ts';
import { users } from './users.ts';

/** What a dataset says of itself as a whole: its columns as they were after a revision. */
export interface DatasetState {
  format: string | null;
  taskType: string | null;
  numFiles: number;
  numImages: number;
  numAnnotations: number;
  numClasses: number;
  numSamples: number;
  sizeBytes: number;
  classNames: string[];
  splits: Record<string, number>;
  labeled: boolean;
  statistics: DatasetStatistics | null;
  reading: ReadingConfig;
}

/** How a dataset's files are read: repairs that are applied, names that classes get, labels over others, the dialect of CSV. */
export interface ReadingConfig {
  repairs: string[];
  classMap: Record<string, string>;
  overrides: { files: string[]; over: string[] }[];
  csv: unknown;
}

/** What a revision did. A file that was replaced is changed; so is one of which something else is said. */
export interface RevisionCounts {
  files: { added: number; removed: number; changed: number };
  annotations: { added: number; removed: number; changed: number };
  classes: { added: number; removed: number; changed: number };
}

/** One change of what a dataset holds, by an import of any kind. */
export const datasetRevisions = pgTable(
  'dataset_revisions',
  {
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    /** 1, 2, 3 …: what `added_in` and `removed_in` count. */
    revision: integer('revision').notNull(),
    kind: text('kind').$type<ImportKind>().notNull(),
    importId: uuid('import_id'),
    createdBy: uuid('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: instant('created_at').notNull().defaultNow(),
    counts: jsonb('counts').$type<RevisionCounts>().notNull(),
    contentHash: text('content_hash').notNull(),
    state: jsonb('state').$type<DatasetState>().notNull(),
    /** False once its rows and content may be gone: it can be neither read nor undone. */
    isKept: boolean('is_kept').notNull().default(true),
    /** False for removals from before there were revisions: the annotations of their files are read anew. */
    hasAnnotations: boolean('has_annotations').notNull().default(true),
  },
  (t) => [primaryKey({ columns: [t.datasetId, t.revision] }), index('dataset_revisions_import_id_idx').on(t.importId)],
);

/** A name for a revision, which is kept for as long. */
export const datasetVersions = pgTable(
  'dataset_versions',
  {
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    version: integer('version').notNull(),
    revision: integer('revision').notNull(),
    message: text('message').notNull().default(''),
    createdBy: uuid('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.datasetId, t.version] }),
    index('dataset_versions_revision_idx').on(t.datasetId, t.revision),
  ],
);

/** A name that points at one version, and can be moved to another. */
export const versionTags = pgTable(
  'version_tags',
  {
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    tag: text('tag').notNull(),
    version: integer('version').notNull(),
    movedBy: uuid('moved_by').references(() => users.id, { onDelete: 'set null' }),
    movedAt: instant('moved_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.datasetId, t.tag] }), index('version_tags_version_idx').on(t.datasetId, t.version)],
);
