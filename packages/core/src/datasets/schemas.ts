import { DATASET_STATUSES, FILE_KINDS, STORAGE_TYPES, VISIBILITIES } from '@granary/db';
import { FORMATS, TASK_TYPES } from '@granary/formats';
import { z } from 'zod';
import { ACTIONS } from '../access/policy.ts';
import { flag, pageInput } from '../base/paging.ts';
import { licenseOf, MAX_LICENSE } from './license.ts';
import { metadata } from './metadata.ts';

export const MAX_NAME = 255;

export const datasetName = z
  .string()
  .trim()
  .min(1, { error: 'is missing' })
  .max(MAX_NAME, { error: `has at most ${MAX_NAME} characters` })
  .regex(/^\P{Cc}*$/u, { error: 'has control characters' });

export const MAX_CITATION = 10_000;

const tag = z
  .string()
  .trim()
  .min(1)
  .max(50)
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u, {
    error: 'can only have letters, digits, spaces, dots, dashes and underscores',
  });

const terms = {
  license: z
    .string()
    .trim()
    .max(MAX_LICENSE)
    .regex(/^\P{Cc}*$/u, { error: 'has control characters' })
    .nullable()
    .optional()
    .describe('An SPDX identifier such as CC-BY-4.0, or the terms in words; null for none.'),
  citation: z.string().max(MAX_CITATION).optional().describe('How to cite it, such as BibTeX.'),
};

export const createDatasetInput = z.object({
  name: datasetName,
  description: z.string().max(20_000).optional(),
  ...terms,
  visibility: z.enum(VISIBILITIES).optional(),
  organizationId: z.uuid().optional(),
  tags: z.array(tag).max(50).optional(),
  taskType: z.enum(TASK_TYPES).optional(),
});

export const nameCheck = z.object({
  isFree: z.boolean(),
  problem: z
    .object({ path: z.string(), message: z.string(), code: z.string().optional(), limit: z.number().optional() })
    .nullable()
    .describe('Why a dataset of yours cannot have this name, as an issue of creating it would say it.'),
});

export const updateDatasetInput = z.object({
  id: z.string(),
  name: datasetName.optional(),
  description: z.string().max(20_000).optional(),
  ...terms,
  visibility: z.enum(VISIBILITIES).optional(),
  tags: z.array(tag).max(50).optional(),
  taskType: z
    .enum(TASK_TYPES)
    .nullable()
    .optional()
    .describe('What it is labeled for. An import that reads labels sets it to what they say.'),
  metadata: metadata
    .optional()
    .describe('Merged into what is there: null keeps, objects merge, the rest overwrites. At most 64 KiB in all.'),
});

export const datasetSort = z.enum(['name', 'size', 'images', 'createdAt', 'updatedAt']);

/** "none" is asked for where nothing is said. */
const licensed = z
  .string()
  .max(MAX_LICENSE)
  .transform(licenseOf)
  .optional()
  .describe('An SPDX identifier, or the terms in words; "none" for datasets without a license.');

/** Which datasets a list, or a change of many, is about. */
export const datasetFilter = z.object({
  search: z.string().trim().max(200).optional().describe('A part of the name, the description or a tag.'),
  scope: z
    .enum(['mine', 'shared', 'organization', 'public', 'samples'])
    .optional()
    .describe('Your own, those shared with you, those of your organizations, public ones, or samples of the platform.'),
  status: z.enum(DATASET_STATUSES).optional(),
  source: z.enum(['upload', 'huggingface', 'sample']).optional(),
  labeled: flag.optional(),
  taskType: z.string().max(50).optional(),
  format: z.enum(FORMATS).optional(),
  tags: z.string().max(1000).optional().describe('One or several, separated by commas: a dataset has them all.'),
  visibility: z.enum(VISIBILITIES).optional(),
  license: licensed,
  organizationId: z.string().max(100).optional().describe('Of this organization.'),
  owner: z.string().max(100).optional().describe('A user id, or "me".'),
});

export const listDatasetsInput = datasetFilter.extend({
  sort: datasetSort.default('updatedAt'),
  order: z.enum(['asc', 'desc']).default('desc'),
  ...pageInput,
});

export const bulkUpdateInput = z
  .object({
    ids: z.array(z.string()).max(1000).optional().describe('These datasets.'),
    filter: datasetFilter.optional().describe('Or all that you can see and that match.'),
    except: z.array(z.string()).max(1000).optional().describe('But these.'),
    addTags: z.array(tag).max(20).optional(),
    removeTags: z.array(z.string().max(50)).max(20).optional(),
    visibility: z.enum(VISIBILITIES).optional(),
  })
  .refine(({ ids, filter }) => (ids === undefined) !== (filter === undefined), {
    error: 'give either ids or a filter',
    path: ['ids'],
  });

export const bulkResult = z.object({
  changed: z.number(),
  refused: z.array(z.object({ id: z.string(), name: z.string(), reason: z.string() })).describe('The first 100.'),
  numRefused: z.number(),
});

export const dataset = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  license: z.string().nullable().describe('An SPDX identifier, or the terms in words.'),
  citation: z.string(),
  status: z.enum(DATASET_STATUSES),
  progress: z.number(),
  format: z.string().nullable(),
  taskType: z.string().nullable(),
  numImages: z.number(),
  numAnnotations: z.number(),
  numClasses: z.number(),
  numFiles: z.number(),
  numSamples: z.number().describe('Rows of a dataset of texts.'),
  classNames: z.array(z.string()),
  splits: z.record(z.string(), z.number()),
  sizeBytes: z.number(),
  version: z.number().describe('The number that the next version gets.'),
  revision: z.number().describe('The newest revision.'),
  contentHash: z.string().nullable(),
  visibility: z.enum(VISIBILITIES),
  tags: z.array(z.string()),
  labeled: z.boolean(),
  source: z.string(),
  storageType: z.enum(STORAGE_TYPES).describe('Where its files are: in a directory of the server, or in a bucket.'),
  storagePath: z.string().describe('What the keys of its files in the store begin with.'),
  hub: z
    .object({
      repo: z.string(),
      revision: z.string().nullable(),
      commit: z.string().nullable(),
      subset: z.string().nullable(),
      split: z.string().nullable(),
      maxSamples: z.number().nullable(),
      tokenProvided: z.boolean(),
    })
    .nullable()
    .describe('What it was downloaded from on the Hugging Face Hub.'),
  ownerId: z.string().nullable(),
  organizationId: z.string().nullable().describe('The organization that has it.'),
  errorCode: z.string().nullable(),
  errorMessage: z.string().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  lastModifiedAt: z.iso.datetime(),
  deletedAt: z.iso.datetime().nullable().describe('When it was moved to the trash; null if it is not in the trash.'),
  purgeAfter: z.iso.datetime().nullable().describe('When it will be purged.'),
  purgeJobId: z.uuid().nullable().describe('The job that purges it: it can no longer be restored.'),
});
export type DatasetView = z.infer<typeof dataset>;

const named = z.object({ id: z.string(), name: z.string() });

export const datasetDetail = dataset.extend({
  unpublishedEdits: z.number().describe('Images whose annotations were edited, and are not in the label files yet.'),
  actions: z.array(z.enum(ACTIONS)).describe('What you can do with it.'),
  owner: named
    .extend({ email: z.string().optional().describe('For those who manage the dataset.') })
    .nullable()
    .describe('The owner; for a dataset of an organization, the person who created it.'),
  organization: named.nullable(),
  metadata: z.record(z.string(), z.unknown()).describe('What people and services keep beside it.'),
  forkedFrom: z
    .object({
      datasetId: z.string(),
      name: z.string().describe('What the source was called then.'),
      version: z.number().nullable().describe('Null for a revision that was no version.'),
      revision: z.number(),
      isVisible: z.boolean().describe('Whether you can see the source.'),
    })
    .nullable()
    .describe('For a fork, what it was made from or has last merged; for those who edit it, or can see the source.'),
  onlyVersion: z
    .number()
    .nullable()
    .describe('The version that is all you see of it, by a share link: the totals are its own. Null otherwise.'),
});

export const availableInput = z.object({
  taskType: z.string().max(50).optional(),
  tags: z.string().max(1000).optional().describe('One or several, separated by commas: a dataset has them all.'),
  search: z.string().trim().max(200).optional(),
  license: licensed,
  scope: z.enum(['mine', 'shared', 'organization', 'public', 'samples']).optional(),
  ...pageInput,
});

export const statistics = z.object({
  classes: z
    .array(z.object({ name: z.string(), annotations: z.number(), images: z.number() }))
    .describe('In the order of the class list; images are those with an annotation of the class.'),
  kinds: z.array(z.object({ kind: z.enum(FILE_KINDS), files: z.number(), bytes: z.number() })),
  sizes: z
    .array(z.object({ width: z.number(), height: z.number(), images: z.number() }))
    .describe('Dimensions of readable images in pixels, the most common first, at most 500.'),
  labeledImages: z.number(),
  brokenImages: z.number().describe('Images that cannot be shown.'),
});
export type StatisticsView = z.infer<typeof statistics>;
