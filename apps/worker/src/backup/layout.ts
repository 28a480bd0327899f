import { MAX_LICENSE } from '@granary/core/datasets/license';
import { MAX_CITATION } from '@granary/core/datasets/schemas';
import { ANNOTATION_STATES, IMPORT_KINDS } from '@granary/db';
import { z } from 'zod';

/** What lies where in a backup; docs/deletion.md describes it for who opens one by hand. */
export const BACKUP = {
  /** What it is a backup of: the first entry. */
  head: 'backup.json',
  /** Before the paths of the current tree. */
  data: 'data/',
  /** Before the SHA-256 of content that only stored versions have. */
  history: 'history/',
  /** Rows as JSON Lines. */
  rows: 'metadata/',
  /** The current annotations in formats that other programs read. */
  annotations: 'annotations/',
  /** Path, size and SHA-256 of every entry before it: the last entry. */
  manifest: 'manifest.jsonl',
} as const;

export const BACKUP_FORMAT = 'granary-backup';
const BACKUP_VERSION = 1;

export const backupHead = z.object({
  format: z.literal(BACKUP_FORMAT),
  formatVersion: z.literal(BACKUP_VERSION),
  createdAt: z.iso.datetime(),
  dataset: z.object({
    id: z.string(),
    name: z.string(),
    description: z.string().max(20_000),
    tags: z.array(z.string().max(50)).max(50),
    license: z.string().max(MAX_LICENSE).nullish(),
    citation: z.string().max(MAX_CITATION).optional(),
    format: z.string().max(50).nullable(),
    taskType: z.string().max(50).nullable(),
    classNames: z.array(z.string()),
    version: z.number().int().positive(),
    /** Older backups hold what a dataset had when it knew no revisions. */
    revision: z.number().int().nonnegative().optional(),
    contentHash: z.string().nullable(),
    config: z.record(z.string(), z.unknown()),
    metadata: z.record(z.string(), z.unknown()),
    /** Older backups have it in their metadata, as `tables`. */
    rowStatistics: z.record(z.string(), z.unknown()).optional(),
    /** Of a fork: what it was made from. */
    forkedFrom: z
      .object({
        datasetId: z.string().max(200),
        name: z.string().max(200),
        version: z.number().int().positive().nullable(),
        revision: z.number().int().positive(),
        contentHash: z.string(),
      })
      .nullish(),
  }),
  counts: z.object({ files: z.number(), images: z.number(), annotations: z.number(), versions: z.number() }),
  sizeBytes: z.number().describe('Of the current tree.'),
});
export type BackupHead = z.infer<typeof backupHead>;

export const newHead = (rest: Omit<BackupHead, 'format' | 'formatVersion'>): BackupHead => ({
  format: BACKUP_FORMAT,
  formatVersion: BACKUP_VERSION,
  ...rest,
});

export const manifestLine = z.object({ path: z.string(), size: z.number(), sha256: z.string() });
export type ManifestLine = z.infer<typeof manifestLine>;

const version = z.number().int().positive();
const json = z.record(z.string(), z.unknown());
const lifetime = { added_in: version, removed_in: version.nullable() };
/** In older backups these rows have none. */
const lifetimeOrOnce = { added_in: version.default(1), removed_in: version.nullable().default(null) };

/** Rows that are read back, by the name of their file. Others are there for people: permissions, imports, audit log. */
export const rowSchemas = {
  files: z.object({
    id: z.number(),
    path: z.string().min(1),
    size: z.number().nonnegative(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    mime: z.string().max(200),
    kind: z.enum(['image', 'label', 'annotation', 'data', 'other']),
    split: z.string().nullable(),
    class_name: z.string().nullable(),
    width: z.number().int().positive().nullable(),
    height: z.number().int().positive().nullable(),
    problem: z.string().nullable(),
    source: json.nullable(),
    status: z.enum(ANNOTATION_STATES).nullable(),
    ...lifetime,
  }),
  states: z.object({
    file_id: z.number(),
    state: z.enum(ANNOTATION_STATES),
    ...lifetime,
  }),
  projects: z.object({ id: z.string(), task_type: z.string().max(50), source: json, ...lifetimeOrOnce }),
  classes: z.object({
    id: z.number(),
    project_id: z.string(),
    index: z.number().int().nonnegative(),
    name: z.string(),
    source: json,
    ...lifetimeOrOnce,
  }),
  annotations: z.object({
    id: z.number().nullish(),
    project_id: z.string(),
    file_id: z.number(),
    class_id: z.number().nullable(),
    type: z.enum(['bbox', 'polygon', 'rle', 'keypoints', 'obb', 'classification', 'caption']),
    geometry: z.unknown(),
    attributes: json,
    state: z.enum(['draft', 'confirmed']),
    confirmed_at: z.string().nullable(),
    ...lifetime,
  }),
  versions: z.object({
    version,
    revision: version,
    message: z.string(),
    tags: z.array(z.string().max(64)).max(1000),
    created_at: z.string(),
  }),
  revisions: z.object({
    revision: version,
    kind: z.enum(IMPORT_KINDS),
    created_at: z.string(),
    counts: json,
    content_hash: z.string(),
    state: json,
    is_kept: z.boolean(),
    has_annotations: z.boolean(),
  }),
} as const;
export type RowFile = keyof typeof rowSchemas;
