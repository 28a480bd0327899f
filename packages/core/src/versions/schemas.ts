import { IMPORT_KINDS } from '@granary/db';
import { z } from 'zod';
import { annotationView } from '../annotations/schemas.ts';
import { pageInput } from '../base/paging.ts';
import { sampleColumn, sampleRow } from '../rows/schemas.ts';

const ref = z.string().min(1).max(64);

/** A name that people give to a version: what a version ref can't be taken for. */
export const tagName = z
  .string()
  .max(64)
  .regex(/^[a-z0-9._-]+$/, { error: 'has only a to z, 0 to 9, ".", "_" and "-"' })
  .refine((tag) => !/^[rv]?\d+$/.test(tag), { error: 'is taken for the number of a version or a revision' })
  .refine((tag) => !['draft', 'latest', 'main'].includes(tag), { error: 'is a name that every dataset has' });

const message = z.string().trim().max(2000);

export const makeVersionInput = z.object({
  id: z.string(),
  message: message.default('').describe('What changed, or what it is for.'),
  tags: z.array(tagName).max(20).default([]).describe('They point at it from now on.'),
});

export const versionRef = z.object({ id: z.string(), ref });
export const changeVersionInput = versionRef.extend({ message });
export const tagInput = z.object({ id: z.string(), tag: z.string().min(1).max(64) });
export const moveTagInput = z.object({
  id: z.string(),
  tag: tagName,
  version: z
    .union([z.number().int(), ref])
    .describe('The version that it points at: its number, or another ref of it.'),
});
export const listInput = z.object({ id: z.string(), ...pageInput });
export const undoInput = z.object({ id: z.string(), revision: z.coerce.number().int().positive() });
export const rollbackInput = z.object({
  id: z.string(),
  to: z.union([z.number().int(), ref]).describe('The version ref that the draft becomes.'),
});

const counted = z.object({ added: z.number(), removed: z.number(), changed: z.number() });

export const revisionView = z.object({
  revision: z.number(),
  kind: z.enum(IMPORT_KINDS),
  importId: z.uuid().nullable(),
  createdBy: z.uuid().nullable(),
  createdByName: z.string().nullable(),
  createdAt: z.iso.datetime(),
  message: z.string().describe('Of its version; empty without one.'),
  counts: z.object({ files: counted, annotations: counted, classes: counted }),
  contentHash: z.string(),
  version: z.number().nullable(),
  undoable: z.boolean().describe('What it changed is kept, so that it can be taken back.'),
  undoes: z.number().nullable().describe('For an undo: the revision that it took back.'),
  rollsBackTo: z.string().nullable().describe('For a rollback: the version ref that the draft became again.'),
});
export type RevisionView = z.infer<typeof revisionView>;

export const versionView = z.object({
  version: z.number(),
  revision: z.number(),
  contentHash: z.string(),
  message: z.string(),
  tags: z.array(z.string()),
  format: z.string().nullable(),
  taskType: z.string().nullable(),
  numFiles: z.number(),
  numImages: z.number(),
  numAnnotations: z.number(),
  numClasses: z.number(),
  numSamples: z.number(),
  sizeBytes: z.number(),
  classNames: z.array(z.string()),
  splits: z.record(z.string(), z.number()),
  createdBy: z.uuid().nullable(),
  createdByName: z.string().nullable(),
  createdAt: z.iso.datetime(),
});
export type VersionView = z.infer<typeof versionView>;

export const versionImpact = z.object({
  version: z.number(),
  tags: z.array(z.string()).describe('They go with it.'),
  usages: z.array(z.object({ id: z.uuid(), service: z.string(), externalId: z.string() })),
  objects: z.number().describe('Files that nothing else needs, once they can no longer be undone.'),
  storageBytes: z.number(),
});
export type VersionImpact = z.infer<typeof versionImpact>;

const span = { from: ref, to: ref.default('draft') };
export const diffInput = z.object({ id: z.string(), ...span });
export const FILE_CHANGES = ['added', 'removed', 'changed', 'moved', 'split'] as const;
export const diffFilesInput = z.object({
  id: z.string(),
  ...span,
  change: z
    .enum(FILE_CHANGES)
    .optional()
    .describe('By default all but "split", which is what only moved to another split.'),
  prefix: z.string().max(1000).default(''),
  ...pageInput,
});
export const diffImagesInput = z.object({
  id: z.string(),
  ...span,
  class: z.string().max(500).optional().describe('Only images with a change to an annotation of this class.'),
  ...pageInput,
});

export const diffRowsInput = z.object({
  id: z.string(),
  ...span,
  subset: z.string().max(200).optional().describe('By default the first that differs.'),
  split: z.string().max(200).optional(),
  ...pageInput,
});

export const diffSummary = z.object({
  from: z.string(),
  to: z.string(),
  files: z.object({ added: z.number(), removed: z.number(), changed: z.number(), moved: z.number() }),
  annotations: counted,
  images: z.object({ changed: z.number() }).describe('Of which something else is said.'),
  classes: z.object({ added: z.number(), removed: z.number(), renamed: z.number() }),
  classChanges: z.array(
    z.object({
      change: z.enum(['added', 'removed', 'renamed']),
      before: z.string().nullable(),
      after: z.string().nullable(),
    }),
  ),
  splits: z.object({ moved: z.number() }).meta({ example: { moved: 1 } }),
  rows: z
    .object({ added: z.number(), removed: z.number() })
    .optional()
    .describe('Of a dataset of texts; left out where counting them takes longer: see `/diff/rows`.'),
  bytes: z.object({ added: z.number(), removed: z.number() }),
});
export type DiffSummary = z.infer<typeof diffSummary>;

const side = z.object({
  path: z.string(),
  sha256: z.string(),
  size: z.number().describe('bytes'),
  split: z.string().nullable(),
});
export const fileChange = z.object({
  path: z.string(),
  change: z.enum(FILE_CHANGES),
  before: side.optional(),
  after: side.optional(),
});
export type FileChange = z.infer<typeof fileChange>;

export const diffRowsPage = z.object({
  subset: z.string().nullable(),
  split: z.string().nullable(),
  splits: z
    .array(
      z.object({
        subset: z.string(),
        split: z.string(),
        rowsBefore: z.number().nullable().describe('Null where there was no such split.'),
        rowsAfter: z.number().nullable(),
        isSame: z.boolean(),
      }),
    )
    .describe('All splits of either version.'),
  columns: z.array(sampleColumn),
  items: z.array(
    z.object({
      change: z.enum(['added', 'removed']),
      index: z.number().describe('The number of the row in the version that has it.'),
      row: sampleRow,
    }),
  ),
  added: z.number(),
  removed: z.number(),
  nextCursor: z.string().nullable(),
});
export type DiffRows = z.infer<typeof diffRowsPage>;

const comparedAnnotation = annotationView.extend({
  change: z.enum(['added', 'removed', 'changed']).nullable().describe('Null for what says the same.'),
  pairedWith: z.number().nullable().describe('The id of a changed one on the other side.'),
});
export type ComparedAnnotation = z.infer<typeof comparedAnnotation>;
export const imageChange = z.object({
  path: z.string(),
  width: z.number().nullable().describe('In pixels; of the later one.'),
  height: z.number().nullable(),
  before: z.array(comparedAnnotation),
  after: z.array(comparedAnnotation),
  beforeFileId: z.number().optional(),
  afterFileId: z.number().optional(),
});
export type ImageChange = z.infer<typeof imageChange>;
