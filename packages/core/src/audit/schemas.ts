import { z } from 'zod';
import { pageInput } from '../base/paging.ts';
import { AUDIT_ACTIONS } from './actions.ts';

export const auditFilter = z.object({
  action: z.enum(AUDIT_ACTIONS).optional(),
  performedBy: z.uuid().optional().describe('The id of an account.'),
  search: z.string().trim().max(200).optional().describe('A part of the action, of a name, or of the details.'),
  from: z.iso.datetime({ offset: true }).optional().describe('Not before this moment.'),
  to: z.iso.datetime({ offset: true }).optional().describe('Before this moment.'),
});

/** Of the address of an export. */
export const auditExportQuery = auditFilter.extend({ format: z.enum(['csv', 'jsonl']).default('csv') });

export const listAuditInput = auditFilter.extend(pageInput);

export const auditEntry = z.object({
  id: z.number(),
  at: z.iso.datetime(),
  action: z.string(),
  datasetId: z.string().nullable(),
  datasetName: z.string().nullable().describe('As it was called then.'),
  performedBy: z
    .uuid()
    .nullable()
    .describe('Null for what Granary did by itself, which has no `ip`, and for who was not signed in.'),
  performedByName: z.string().nullable(),
  apiKey: z.string().nullable().describe('The first characters of the API key that it was done with.'),
  ip: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});
export type AuditEntryView = z.infer<typeof auditEntry>;
