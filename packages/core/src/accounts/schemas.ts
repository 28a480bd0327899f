import { z } from 'zod';
import { pageInput } from '../base/paging.ts';

export const listAccountsInput = z.object({
  search: z.string().trim().max(200).optional().describe('A part of the name or the e-mail.'),
  ...pageInput,
});

const quotaBytes = z.number().int().min(0).nullable().describe('Null for what holds for all accounts.');
const quotaDatasets = z.number().int().min(0).nullable().describe('Null for what holds for all accounts.');

export const accountView = z.object({
  id: z.uuid(),
  email: z.string(),
  name: z.string(),
  isAdmin: z.boolean(),
  disabledAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  numDatasets: z.number().describe('Its own, without those in the trash.'),
  sizeBytes: z.number().describe('Of these datasets.'),
  quotaBytes,
  quotaDatasets,
});
export type AccountView = z.infer<typeof accountView>;

export const deleteAccountInput = z
  .object({
    userId: z.uuid(),
    confirmEmail: z.string().max(1000).describe('The e-mail of the account, exactly.'),
    datasets: z
      .enum(['transfer', 'delete'])
      .describe('What to do with its datasets; "delete" moves them to the trash.'),
    transferTo: z.uuid().optional().describe('The account that they go to.'),
  })
  .refine(({ datasets, transferTo }) => datasets === 'delete' || transferTo !== undefined, {
    error: 'is missing: choose who gets the datasets',
    path: ['transferTo'],
  });

export const updateAccountInput = z.object({
  userId: z.uuid(),
  isDisabled: z.boolean().optional(),
  isAdmin: z.boolean().optional(),
  quotaBytes: quotaBytes.optional(),
  quotaDatasets: quotaDatasets.optional(),
});

export const accountState = z.object({ disabled: z.boolean(), isAdmin: z.boolean(), quotaBytes, quotaDatasets });
