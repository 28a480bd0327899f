import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
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
import { instant, int64 } from './columns.ts';
import type { FileKind } from './kinds.ts';
import { organizations } from './organizations.ts';
import { users } from './users.ts';

export const DATASET_STATUSES = ['pending', 'uploading', 'downloading', 'processing', 'ready', 'failed'] as const;
export type DatasetStatus = (typeof DATASET_STATUSES)[number];

export const VISIBILITIES = ['private', 'organization', 'public'] as const;
export type Visibility = (typeof VISIBILITIES)[number];

export const STORAGE_TYPES = ['filesystem', 's3'] as const;

/** How many dimensions of images statistics tell apart: of more they have the most frequent. */
export const MOST_SIZES = 500;

/** What a dataset holds, counted when a change of it is committed. */
export interface DatasetStatistics {
  /** By class, in the order of the class list; images are those with an annotation of the class. */
  classes: { annotations: number; images: number }[];
  kinds: Partial<Record<FileKind, { files: number; bytes: number }>>;
  /** Dimensions of readable images in pixels, the most frequent first, at most {@link MOST_SIZES}. */
  sizes: { width: number; height: number; images: number }[];
  /** Images of which the labels say something, be it that there is nothing on them. */
  labeledImages: number;
  /** Images that cannot be shown. */
  brokenImages: number;
}

/** How far a purge has come: what it counts is counted once, whatever it is cut off by. */
export interface PurgeState {
  counts: { images: number; annotations: number; versions: number; projects: number };
  /** Objects counted and, up to the last batch, deleted. */
  objects: number;
  bytes: number;
  /** The prefix that is being emptied, and the last key there that is counted. */
  prefix: string;
  countedTo: string;
}

/** What a dataset was forked from: the version that it has or has last merged, and what its source was called then. */
export interface Origin {
  datasetId: string;
  name: string;
  /** Null for what was no version. */
  version: number | null;
  revision: number;
  contentHash: string;
}

/** One dataset as it is now: its draft, what it is called, whose it is, and its totals. */
export const datasets = pgTable(
  'datasets',
  {
    /** A UUID, or a readable slug for samples that an admin publishes. */
    id: text('id')
      .primaryKey()
      .$defaultFn(() => randomUUID()),
    name: text('name').notNull(),
    description: text('description').notNull().default(''),
    /**
     * Whose it is. Of an organization's dataset it is who made it, while they are a member; null for samples, which belong
     * to the platform.
     */
    ownerId: uuid('owner_id').references(() => users.id),
    organizationId: uuid('organization_id').references((): AnyPgColumn => organizations.id),
    visibility: text('visibility').$type<Visibility>().notNull().default('private'),
    /** An SPDX identifier, or the terms in words. */
    license: text('license'),
    /** How those who made it want to be cited, such as BibTeX. */
    citation: text('citation').notNull().default(''),
    tags: text('tags').array().notNull().default(sql`'{}'`),
    source: text('source').$type<'upload' | 'huggingface' | 'sample'>().notNull().default('upload'),
    storageType: text('storage_type').$type<(typeof STORAGE_TYPES)[number]>().notNull(),
    storagePath: text('storage_path').notNull(),
    format: text('format'),
    taskType: text('task_type'),
    numFiles: int64('num_files').notNull().default(0),
    numClasses: integer('num_classes').notNull().default(0),
    numImages: int64('num_images').notNull().default(0),
    numAnnotations: int64('num_annotations').notNull().default(0),
    numSamples: int64('num_samples').notNull().default(0),
    sizeBytes: int64('size_bytes').notNull().default(0),
    classNames: text('class_names').array().notNull().default(sql`'{}'`),
    /** Image count by split name. */
    splits: jsonb('splits').$type<Record<string, number>>().notNull().default({}),
    labeled: boolean('labeled').notNull().default(false),
    /** Null until something was committed. */
    statistics: jsonb('statistics').$type<DatasetStatistics>(),
    /** The newest revision; 0 before the first. */
    revision: integer('revision').notNull().default(0),
    /** The number that the next version gets. */
    version: integer('version').notNull().default(1),
    contentHash: text('content_hash'),
    status: text('status').$type<DatasetStatus>().notNull().default('pending'),
    progress: integer('progress').notNull().default(0),
    errorCode: text('error_code'),
    errorMessage: text('error_message'),
    config: jsonb('config').$type<Record<string, unknown>>().notNull().default({}),
    /** What was counted of the splits of texts: by subset and split, with the hash of the shards that were counted. */
    rowStatistics: jsonb('row_statistics').$type<Record<string, unknown>>().notNull().default({}),
    /** What people keep beside it. */
    metadata: jsonb('metadata').$type<Record<string, unknown>>().notNull().default({}),
    deletedAt: instant('deleted_at'),
    deletedBy: uuid('deleted_by').references(() => users.id),
    purgeAfter: instant('purge_after'),
    /** Whether there must be a verified backup, made since the deletion, before a purge begins. */
    backupRequired: boolean('backup_required').notNull().default(false),
    /** The job that will purge it or does: from then on it cannot be restored. */
    purgeJobId: uuid('purge_job_id'),
    /** From here on it is being destroyed. */
    purge: jsonb('purge').$type<PurgeState>(),
    /** For a fork, its source. */
    forkedFrom: jsonb('forked_from').$type<Origin>(),
    /** Bytes of `meta.json`, 0 while there is none. */
    metaBytes: int64('meta_bytes').notNull().default(0),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    lastModifiedAt: instant('last_modified_at').notNull().defaultNow(),
  },
  (t) => [
    // A person's own, and an organization's: each name once.
    uniqueIndex('datasets_owner_name_key')
      .on(t.ownerId, t.name)
      .where(sql`${t.deletedAt} is null and ${t.organizationId} is null`),
    uniqueIndex('datasets_organization_name_key').on(t.organizationId, t.name).where(sql`${t.deletedAt} is null`),
    index('datasets_owner_id_idx').on(t.ownerId),
    index('datasets_updated_at_idx').on(t.updatedAt, t.id),
    index('datasets_created_at_idx').on(t.createdAt, t.id),
    index('datasets_name_idx').on(t.name, t.id),
    index('datasets_size_bytes_idx').on(t.sizeBytes, t.id),
    index('datasets_num_images_idx').on(t.numImages, t.id),
    // Trigrams of what is searched; the function is made by the migration that makes this index.
    index('datasets_search_idx').using(
      'gin',
      sql`dataset_search_text(${t.name}, ${t.description}, ${t.tags}) gin_trgm_ops`,
    ),
    index('datasets_license_idx').on(t.license),
    index('datasets_tags_idx').using('gin', t.tags),
    index('datasets_deleted_at_idx').on(t.deletedAt, t.id).where(sql`${t.deletedAt} is not null`),
    index('datasets_purge_after_idx').on(t.purgeAfter).where(sql`${t.deletedAt} is not null`),
    check('datasets_visibility_check', sql`${t.visibility} in ('private', 'organization', 'public')`),
    check(
      'datasets_status_check',
      sql`${t.status} in ('pending', 'uploading', 'downloading', 'processing', 'ready', 'failed')`,
    ),
  ],
);

/** What a person may do with a dataset that is not theirs. */
export const datasetPermissions = pgTable(
  'dataset_permissions',
  {
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id, { onDelete: 'cascade' }),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    role: text('role').$type<'owner' | 'editor' | 'viewer'>().notNull(),
    grantedBy: uuid('granted_by').references(() => users.id, { onDelete: 'set null' }),
    grantedAt: instant('granted_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.datasetId, t.userId] }),
    index('dataset_permissions_user_id_idx').on(t.userId),
    check('dataset_permissions_role_check', sql`${t.role} in ('owner', 'editor', 'viewer')`),
  ],
);

/** A note that a service, such as a training job, uses a dataset. Only force deletes a dataset with a live one. */
export const datasetUsages = pgTable(
  'dataset_usages',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    service: text('service').notNull(),
    externalId: text('external_id').notNull(),
    version: integer('version'),
    createdBy: uuid('created_by').references(() => users.id),
    createdAt: instant('created_at').notNull().defaultNow(),
    releasedAt: instant('released_at'),
  },
  (t) => [index('dataset_usages_live_idx').on(t.datasetId).where(sql`${t.releasedAt} is null`)],
);
