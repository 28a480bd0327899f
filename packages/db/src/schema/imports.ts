import { sql } from 'drizzle-orm';
import {
  boolean,
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
import { instant, int64, pathText } from './columns.ts';
import { datasets } from './datasets.ts';
import type { FileKind, ImportKind } from './kinds.ts';
import { users } from './users.ts';

/** A file or archive on its way in, by tus. The id is the last segment of its URL; the bytes lie under `uploads/{id}`. */
export const uploads = pgTable(
  'uploads',
  {
    id: text('id').primaryKey(),
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    filename: text('filename').notNull(),
    relativePath: text('relative_path'),
    kind: text('kind').$type<'archive' | 'file' | 'annotations'>().notNull(),
    /** Null while the client has not said how long it is (tus Upload-Defer-Length). */
    sizeBytes: int64('size'),
    offsetBytes: int64('offset').notNull().default(0),
    /** The `Upload-Concat` with which it was made of parts; null for one that was sent as a whole. */
    concat: text('concat'),
    state: text('state').$type<'uploading' | 'finished' | 'imported' | 'expired'>().notNull().default('uploading'),
    createdAt: instant('created_at').notNull().defaultNow(),
    finishedAt: instant('finished_at'),
    expiresAt: instant('expires_at').notNull(),
  },
  (t) => [
    index('uploads_dataset_id_idx').on(t.datasetId),
    index('uploads_expires_at_idx').on(t.expiresAt).where(sql`${t.state} <> 'expired'`),
    check('uploads_state_check', sql`${t.state} in ('uploading', 'finished', 'imported', 'expired')`),
  ],
);

/** A part of an upload that is sent in several at once (tus concatenation), until it is joined with the others. */
export const partialUploads = pgTable(
  'partial_uploads',
  {
    id: text('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    sizeBytes: int64('size').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (t) => [index('partial_uploads_user_id_idx').on(t.userId), index('partial_uploads_expires_at_idx').on(t.expiresAt)],
);

/** A lease of the tus locker: an upload has one writer at a time, over all web processes. */
export const uploadLocks = pgTable('upload_locks', {
  uploadId: text('upload_id').primaryKey(),
  owner: uuid('owner').notNull(),
  expiresAt: instant('expires_at').notNull(),
});

export const IMPORT_STATES = ['queued', 'running', 'completed', 'failed', 'cancelled'] as const;
export type ImportState = (typeof IMPORT_STATES)[number];

/** One change of what a dataset holds, of any kind, from being asked for to being settled. */
export const imports = pgTable(
  'imports',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    jobId: uuid('job_id').notNull(),
    createdBy: uuid('created_by').references(() => users.id),
    uploadIds: text('upload_ids').array().notNull(),
    kind: text('kind').$type<ImportKind>().notNull(),
    /** What it is asked for with, of its kind. */
    options: jsonb('options').$type<unknown>().notNull(),
    state: text('state').$type<ImportState>().notNull().default('queued'),
    /** Where a resumed job goes on: entries are received, then read, then committed, then settled. */
    phase: text('phase').$type<'receiving' | 'committed' | 'settled'>().notNull().default('receiving'),
    /** Entries of which upload are already staged: { upload, entry }, both counted from 0. */
    resumeAt: jsonb('resume_at').$type<{ upload: number; entry: number }>().notNull().default({ upload: 0, entry: 0 }),
    /** The Hub's access token, encrypted, until the import ends. */
    sealedToken: text('sealed_token'),
    analysis: jsonb('analysis').$type<unknown>(),
    report: jsonb('report').$type<unknown>(),
    counts: jsonb('counts').$type<Record<string, number>>(),
    /** What an undo, a rollback or a merge came to: how many files it changed, and the paths that others' changes kept as they were. */
    reverted: jsonb('reverted').$type<{ reverted: number; conflicts: string[] }>(),
    errorCode: text('error_code'),
    errorMessage: text('error_message'),
    createdAt: instant('created_at').notNull().defaultNow(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
  },
  (t) => [
    index('imports_dataset_id_idx').on(t.datasetId, t.createdAt),
    check(
      'imports_kind_check',
      sql`${t.kind} in ('import', 'repair', 'remove', 'undo', 'rollback', 'adopt', 'download', 'tokenize', 'fork', 'merge')`,
    ),
    check('imports_state_check', sql`${t.state} in ('queued', 'running', 'completed', 'failed', 'cancelled')`),
  ],
);

/** A file that an import has written but not yet made visible. It keeps its id when it becomes a row of `dataset_files`. */
export const importFiles = pgTable(
  'import_files',
  {
    importId: uuid('import_id')
      .notNull()
      .references(() => imports.id),
    id: int64('id').notNull().default(sql`nextval('dataset_files_id_seq')`),
    path: pathText('path').notNull(),
    sizeBytes: int64('size').notNull(),
    sha256: text('sha256').notNull(),
    mime: text('mime').notNull(),
    kind: text('kind').$type<FileKind>().notNull(),
    width: integer('width'),
    height: integer('height'),
    problem: text('problem'),
    storageKey: text('storage_key').notNull(),
    /** Made of other files of the import, after they were received: another attempt makes it anew. */
    isMade: boolean('is_made').notNull().default(false),
    /** The text of a small label file, so that reading the format needs no second trip to the store. */
    content: text('content'),
  },
  (t) => [primaryKey({ columns: [t.importId, t.path] }), uniqueIndex('import_files_id_key').on(t.id)],
);

/** Something that was left out while an import received its entries; it ends up in the report. */
export const importIssues = pgTable(
  'import_issues',
  {
    importId: uuid('import_id')
      .notNull()
      .references(() => imports.id),
    upload: integer('upload').notNull(),
    entry: integer('entry').notNull(),
    code: text('code').notNull(),
    path: text('path').notNull(),
    detail: text('detail').notNull(),
  },
  (t) => [primaryKey({ columns: [t.importId, t.upload, t.entry, t.code] })],
);

/** An object that an import is about to write, so that a failed or killed import deletes exactly what it wrote. */
export const importObjects = pgTable(
  'import_objects',
  {
    importId: uuid('import_id')
      .notNull()
      .references(() => imports.id),
    key: text('key').notNull(),
  },
  (t) => [primaryKey({ columns: [t.importId, t.key] })],
);

/** An object that a commit left at a temporary key; it is moved after the commit, or after a crash. */
export const importMoves = pgTable(
  'import_moves',
  {
    importId: uuid('import_id')
      .notNull()
      .references(() => imports.id),
    /** Of the content. */
    sha256: text('sha256').notNull(),
    fromKey: text('from_key').notNull(),
    toKey: text('to_key').notNull(),
    /** Old content makes room before new content moves in. */
    step: integer('step').notNull(),
  },
  (t) => [primaryKey({ columns: [t.importId, t.step, t.fromKey, t.toKey] })],
);

/** A file that an import downloads from the Hub, with how far it is. */
export const hubFiles = pgTable(
  'hub_files',
  {
    importId: uuid('import_id')
      .notNull()
      .references(() => imports.id),
    number: integer('number').notNull(),
    subset: text('subset').notNull(),
    split: text('split').notNull(),
    kind: text('kind').notNull(),
    /** How a CSV file is written, as far as the dataset's card says it. */
    csv: jsonb('csv'),
    /** In its repository. */
    path: text('path').notNull(),
    /** At the pinned commit. */
    url: text('url').notNull(),
    sizeBytes: int64('size').notNull(),
    /** What the Hub says of the content: SHA-256 of a file in LFS, git's SHA-1 of another. */
    sha256: text('sha256'),
    gitSha1: text('git_sha1'),
    storageKey: text('storage_key').notNull(),
    /** The upload into the store, of which whole parts are kept. */
    multipartId: text('multipart_id'),
    state: text('state').$type<'waiting' | 'completing' | 'downloaded' | 'staged'>().notNull().default('waiting'),
  },
  (t) => [
    primaryKey({ columns: [t.importId, t.number] }),
    check('hub_files_state_check', sql`${t.state} in ('waiting', 'completing', 'downloaded', 'staged')`),
  ],
);

/** The rows of a dataset as tokens of one tokenizer; the shards lie under `tokenized/{slug}/` of its tree. */
export const tokenizations = pgTable(
  'tokenizations',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    /** Whose state is that of the tokenization. */
    importId: uuid('import_id')
      .notNull()
      .references(() => imports.id),
    slug: text('slug').notNull(),
    tokenizer: text('tokenizer').notNull(),
    options: jsonb('options').$type<unknown>().notNull(),
    /** Null until it is done. */
    statistics: jsonb('statistics').$type<unknown>(),
    createdBy: uuid('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (t) => [index('tokenizations_dataset_id_idx').on(t.datasetId, t.createdAt)],
);
