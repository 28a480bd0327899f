import { FINDING_CODES } from '@granary/db';
import { z } from 'zod';
import { flag, pageInput } from '../base/paging.ts';

/** What can be done about a finding. */
export const REPAIRS_OF = {
  missing_object: ['remove'],
  wrong_size: ['rehash'],
  wrong_hash: ['rehash'],
  unknown_object: ['adopt', 'delete'],
  orphan_object: ['delete'],
  orphan_thumbnail: ['adopt', 'delete'],
  abandoned_upload: ['delete'],
  wrong_totals: ['recount'],
  wrong_content_hash: ['recount'],
} as const satisfies Record<(typeof FINDING_CODES)[number], readonly string[]>;

export const integrityRepair = z.enum(['adopt', 'delete', 'rehash', 'remove', 'recount']);
export type IntegrityRepair = z.infer<typeof integrityRepair>;

export const startCheckInput = z.object({
  datasetId: z.string().optional().describe('By default all, for site admins.'),
  deep: z.boolean().default(false).describe('Read every file and compare its SHA-256.'),
});

export const integrityCheck = z.object({
  id: z.uuid().describe('Of the check, and of its job.'),
  datasetId: z.string().nullable(),
  isDeep: z.boolean(),
  objects: z.number().describe('Objects of the store that were looked at.'),
  files: z.number().describe('Rows that were looked at.'),
  datasets: z.number(),
  busy: z.array(z.string()).describe('Datasets that were skipped because they were being changed.'),
  findings: z.number(),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
});
export type IntegrityCheckView = z.infer<typeof integrityCheck>;

export const integrityFinding = z.object({
  id: z.number(),
  code: z.enum(FINDING_CODES),
  datasetId: z.string().nullable(),
  subject: z.string().describe('The path in the dataset where it is one of its files, else the key in the store.'),
  sizeBytes: z.number().nullable(),
  details: z.record(z.string(), z.unknown()),
  repairs: z.array(integrityRepair).describe('What can be done about it.'),
  repair: z.string().nullable().describe('What was done about it.'),
});
export type IntegrityFindingView = z.infer<typeof integrityFinding>;

export const listChecksInput = z.object({ datasetId: z.string().optional(), ...pageInput });
export const listFindingsInput = z.object({
  checkId: z.string(),
  code: z.enum(FINDING_CODES).optional(),
  open: flag.optional().describe('Only those that are not repaired yet.'),
  ...pageInput,
});

export const repairFindingsInput = z.object({
  checkId: z.string(),
  repair: integrityRepair,
  code: z.enum(FINDING_CODES).describe('Findings of this kind.'),
  findingIds: z.array(z.number().int()).max(1000).optional().describe('Only these of them; by default all.'),
  dryRun: z.boolean().default(true).describe('Only say what would be done.'),
});
export const repairOutcome = z.object({
  dryRun: z.boolean(),
  findings: z.number(),
  bytes: z.number(),
  jobs: z.array(z.uuid()).describe('Jobs that do it.'),
});

export const findingCounts = z
  .partialRecord(z.enum(FINDING_CODES), z.number())
  .describe('By kind, of those that are open.');
