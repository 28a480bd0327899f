import { IMPORT_KINDS, IMPORT_STATES } from '@granary/db';
import { FORMATS, REPAIR_CODES } from '@granary/formats';
import { z } from 'zod';
import { pageInput } from '../base/paging.ts';
import { importRequest } from './kinds.ts';
import { importOptions } from './options.ts';

export const createImportInput = z.object({
  id: z.string(),
  uploadIds: z.array(z.string().min(1).max(100)).min(1).max(10_000),
  annotationUploadId: z.string().min(1).max(100).optional(),
  ...importOptions.partial().shape,
});

export const repairImportInput = z.object({
  id: z.string(),
  importId: z.string(),
  codes: z
    .union([z.literal('safe'), z.array(z.enum(REPAIR_CODES)).max(100)])
    .describe('Repairs that the report proposes, or "safe" for all that guess nothing; an empty list takes all back.'),
});

export const importStarted = z.object({ importId: z.uuid(), jobId: z.uuid() });

const example = z.object({
  path: z.string(),
  line: z.number().optional(),
  pointer: z.string().optional().describe('Where in a JSON file, such as annotations[17].bbox.'),
  image: z.string().optional().describe('The path of the image that it is about.'),
  detail: z.string().optional(),
});

const repair = z.object({
  code: z.string(),
  message: z.string(),
  safe: z.boolean().describe('Nothing is guessed.'),
  affects: z.number(),
  preview: z
    .array(z.object({ path: z.string(), line: z.number().optional(), from: z.string(), to: z.string() }))
    .default([])
    .describe('The first changes.'),
});

export const report = z.object({
  issues: z.array(
    z.object({
      code: z.string(),
      severity: z.enum(['error', 'warning', 'info']),
      message: z.string(),
      count: z.number(),
      examples: z.array(example),
    }),
  ),
  repairs: z.array(repair),
  lossless: z
    .boolean()
    .nullish()
    .describe(
      'Whether an export in the original format gives back everything in the annotation files; null if Granary does not write the format.',
    ),
});

/** What the import found the dataset to be. */
export const analysis = z.object({
  format: z.enum(FORMATS).nullable(),
  confidence: z.number().default(0).describe('0 to 1.'),
  candidates: z
    .array(z.object({ format: z.enum(FORMATS), confidence: z.number(), reasons: z.array(z.string()) }))
    .describe('All formats, the likeliest first; a confidence of 0 means ruled out.'),
});

export const importCounts = z.object({
  files: z.number(),
  images: z.number(),
  annotations: z.number(),
  bytes: z.number(),
});

export const importView = z.object({
  id: z.uuid(),
  datasetId: z.string(),
  jobId: z.uuid(),
  state: z.enum(IMPORT_STATES),
  uploadIds: z.array(z.string()),
  filenames: z.array(z.string()),
  kind: z.enum(IMPORT_KINDS),
  options: importRequest,
  analysis: analysis.nullable(),
  report: report.nullable(),
  counts: importCounts.nullable(),
  revision: z.number().nullable().describe('The revision that it made.'),
  reverted: z
    .object({ reverted: z.number(), conflicts: z.array(z.string()) })
    .nullable()
    .describe(
      'For an undo, a rollback or a merge: how many files it changed, and the paths that stayed because of other changes. For a publication: how many images it wrote, and those whose edits conflict.',
    ),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
});
export type ImportView = z.infer<typeof importView>;

export const listImportsInput = z.object({ id: z.string(), ...pageInput });

export const publishInput = z.object({
  id: z.string(),
  format: z.enum(FORMATS).nullish().describe('Converts all labels of the dataset to this format.'),
});
