import { z } from 'zod';
import { flag, pageInput } from '../base/paging.ts';
import { dataset, datasetFilter, datasetName } from '../datasets/schemas.ts';

const amount = z.object({ objects: z.number(), bytes: z.number() });

export const liveUsage = z.object({
  id: z.uuid(),
  service: z.string(),
  externalId: z.string().describe('What the service calls it: its job, for example.'),
  version: z.number().nullable(),
  createdAt: z.iso.datetime(),
});

const totals = {
  images: z.number(),
  annotations: z.number(),
  versions: z.number().describe('Snapshots, without the draft.'),
  projects: z.number(),
  usages: z.number().describe('Services that use it now.'),
  objects: z.number().describe('Files in the store, below every prefix that carries its id.'),
  storageBytes: z.number(),
};

export const deletionImpact = z.object({
  ...totals,
  prefixes: z.object({ datasets: amount, history: amount, thumbnails: amount, exports: amount }),
  uploads: amount.describe('Uploads that are not imported: they go, too.'),
  liveUsages: z.array(liveUsage).describe('The first 100.'),
  people: z.object({
    total: z.number().describe('Other people who lose access: people with a role, and members of its organization.'),
    names: z.array(z.string()).describe('The first 20.'),
    isPublic: z.boolean().describe('Everyone who is signed in loses access.'),
  }),
});
export type DeletionImpact = z.infer<typeof deletionImpact>;

export const deleteInput = z.object({
  id: z.string(),
  confirmName: z.string().max(1000).describe('The name of the dataset, exactly.'),
  createBackup: flag.default('true').describe('Make a backup, which outlives the dataset; a purge waits for it.'),
  force: flag.default('false').describe('In spite of live usages: for site admins.'),
});

export const deleted = z.object({
  datasetId: z.string(),
  name: z.string(),
  deletedAt: z.iso.datetime(),
  purgeAfter: z.iso.datetime(),
  impact: deletionImpact,
  backupJobId: z.uuid().optional(),
});
export type Deleted = z.infer<typeof deleted>;

export const restoreInput = z.object({
  id: z.string(),
  name: datasetName.optional().describe('Another name, if the old one is taken.'),
});

export const purgeInput = z.object({
  id: z.string(),
  confirmName: z.string().max(1000).describe('The name of the dataset, exactly.'),
  createBackup: z
    .boolean()
    .optional()
    .describe('Make a backup before; it is made anyway when the deletion asked for one.'),
});

/** Which datasets a change of many is about. */
const chosen = {
  ids: z.array(z.string()).max(1000).optional().describe('These datasets.'),
  filter: datasetFilter.optional().describe('Or all that you can see and that match, at most 1,000.'),
  except: z.array(z.string()).max(1000).optional().describe('But these.'),
};
const isEither = {
  check: ({ ids, filter }: { ids?: unknown; filter?: unknown }) => (ids === undefined) !== (filter === undefined),
  problem: { error: 'give either ids or a filter', path: ['ids'] },
};

export const bulkImpactInput = z.object(chosen).refine(isEither.check, isEither.problem);

export const bulkImpact = z.object({
  ...totals,
  datasets: z.number(),
  inUse: z.array(z.object({ id: z.string(), name: z.string() })).describe('Those with live usages, the first 100.'),
});

export const bulkDeleteInput = z
  .object({
    ...chosen,
    confirmCount: z.number().int().describe('How many datasets that are.'),
    createBackup: z.boolean().default(true),
    force: z.boolean().default(false),
  })
  .refine(isEither.check, isEither.problem);

export const bulkOutcome = z.object({
  succeeded: z.array(z.object({ id: z.string(), name: z.string(), jobId: z.uuid().optional() })),
  failed: z.array(z.object({ id: z.string(), name: z.string(), code: z.string(), message: z.string() })),
});
export type BulkOutcome = z.infer<typeof bulkOutcome>;

const trashIds = z.array(z.string()).min(1).max(1000);
export const bulkRestoreInput = z.object({ ids: trashIds });
export const bulkPurgeInput = z.object({ ids: trashIds, confirmCount: z.number().int() });

export const trashInput = z.object({
  search: z.string().trim().max(200).optional().describe('A part of the name.'),
  ...pageInput,
});

export const trashItem = z.object({
  ...dataset.pick({
    id: true,
    name: true,
    format: true,
    taskType: true,
    numImages: true,
    numFiles: true,
    sizeBytes: true,
  }).shape,
  deletedAt: z.iso.datetime(),
  deletedBy: z.string().nullable().describe('The name of who deleted it.'),
  purgeAfter: z.iso.datetime().nullable(),
  purgeJobId: z.uuid().nullable(),
  isBeingDestroyed: z.boolean().describe('Its purge has begun to delete.'),
  backup: z
    .object({ id: z.uuid(), state: z.enum(['running', 'verified', 'failed', 'expired']) })
    .nullable()
    .describe('The newest.'),
});
export type TrashItem = z.infer<typeof trashItem>;
