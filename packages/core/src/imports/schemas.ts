import { IMPORT_STATES } from '@granary/db';
import { FORMATS, REPAIR_CODES } from '@granary/formats';
import { z } from 'zod';
import { pageInput } from '../base/paging.ts';
import { keptTokenization } from '../tokenization/schemas.ts';

export const importOptions = z.object({
  labelsOnly: z
    .boolean()
    .default(false)
    .describe('Take labels and annotations only; images of the upload are left out.'),
  formatHint: z.enum(FORMATS).optional().describe('Read the dataset as this format, whatever it looks like.'),
  onConflict: z
    .enum(['replace', 'skip', 'keep_both', 'fail'])
    .default('replace')
    .describe(
      'What happens with a file whose path the dataset has already, with other content; "keep_both" numbers the new one.',
    ),
  repairs: z
    .array(z.enum(REPAIR_CODES))
    .optional()
    .describe('All repairs to apply to the annotations; when left out, those that were asked for before.'),
  classMap: z
    .record(z.string().max(500), z.string().min(1).max(500))
    .optional()
    .describe(
      'Classes of what is added, and the classes that they become: two that become the same are merged. It stays for whatever is read later; a class mapped to itself is no longer mapped.',
    ),
  newClasses: z
    .array(z.string().max(500))
    .max(10_000)
    .optional()
    .describe(
      'For labels that name classes by number (YOLO): the names of the numbers 0, 1, … in what is added. The labels are renumbered to the classes of the dataset, which gains those it lacks; a data.yaml that comes with them is left out.',
    ),
});
export type ImportOptions = z.infer<typeof importOptions>;

/** Files that an import without uploads takes out of the dataset. */
export const removal = z.object({
  paths: z.array(z.string().min(1).max(1000)).max(10_000).default([]).describe('These files.'),
  folders: z
    .array(z.string().regex(/[^/]\/$/, { error: 'ends with a slash' }))
    .max(1000)
    .default([])
    .describe('All files below these folders, each with a slash at its end.'),
});

/** What is kept of an import's wishes. */
export const keptOptions = importOptions.extend({
  remove: removal.optional(),
  putBack: z.uuid().optional().describe('The removal whose files come back.'),
  adopt: z
    .array(z.string())
    .optional()
    .describe('Paths at which the store has content that the dataset does not know.'),
  hub: z
    .object({
      repoId: z.string(),
      revision: z.string().nullable(),
      subset: z.string().nullable(),
      split: z.string().nullable(),
      maxSamples: z.number().nullable(),
      commit: z.string().nullable().describe('What the revision was when the download began.'),
      tokenize: keptTokenization.optional(),
    })
    .optional()
    .describe('What is downloaded from the Hugging Face Hub.'),
  tokenize: z
    .object({
      tokenizationId: z.uuid(),
      uploadedKey: z.string().nullable().describe('Where the content of an uploaded tokenizer.json lies.'),
    })
    .optional(),
  adoptAll: z.boolean().optional().describe('All content that the store has below the prefix of the dataset.'),
});
export type KeptOptions = z.infer<typeof keptOptions>;

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
    .describe('All that the files say would come back in their own format; null when it is not written.'),
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
  options: keptOptions,
  analysis: analysis.nullable(),
  report: report.nullable(),
  counts: importCounts.nullable(),
  restorable: z.number().describe('Of a removal: files that can be put back still.'),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
});
export type ImportView = z.infer<typeof importView>;

export const listImportsInput = z.object({ id: z.string(), ...pageInput });
