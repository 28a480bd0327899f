import { z } from 'zod';
import { email } from '../base/email.ts';

export const newPassword = z
  .string()
  .min(10, { error: 'needs 10 characters or more' })
  .max(200, { error: 'can have at most 200 characters' });

const personName = z
  .string()
  .trim()
  .min(1, { error: 'is missing' })
  .max(100)
  .regex(/^\P{Cc}*$/u, { error: 'has control characters' });

export const registerInput = z.object({
  email,
  password: newPassword,
  name: personName,
  invitation: z.string().max(200).optional().describe('The token of an invitation, which is accepted by this.'),
});

export const loginInput = z.object({ email, password: z.string().min(1, { error: 'is missing' }).max(200) });

export const changePasswordInput = z.object({
  currentPassword: z.string().min(1, { error: 'is missing' }).max(200),
  newPassword,
});

export const resetPasswordInput = z.object({ token: z.string().min(1).max(200), newPassword });

export const renameInput = z.object({ name: personName });

export const account = z.object({
  id: z.uuid(),
  email: z.string(),
  name: z.string(),
  isAdmin: z.boolean(),
});

/** An account, or the e-mail to which a link for confirming it was sent. */
export const registered = z.union([
  account,
  z.object({
    confirmationSentTo: z.string().describe('Where mail can be sent, the account is made by the link in it.'),
  }),
]);

export const confirmInput = z.object({ token: z.string().min(1).max(2000) });

export const createApiKeyInput = z.object({
  name: z.string().trim().min(1, { error: 'is missing' }).max(100),
  scopes: z
    .array(z.enum(['read', 'write']))
    .min(1)
    .describe('"read" looks at things, "write" changes them.'),
  datasetId: z.string().optional().describe('Opens this dataset and no other.'),
  expiresAt: z.iso.datetime({ offset: true }).optional(),
});

export const apiKey = z.object({
  id: z.uuid(),
  name: z.string(),
  prefix: z.string().describe('The part of it that is shown again.'),
  scopes: z.array(z.enum(['read', 'write'])),
  datasetId: z.string().nullable(),
  expiresAt: z.iso.datetime().nullable(),
  lastUsedAt: z.iso.datetime().nullable().describe('To the minute.'),
  createdAt: z.iso.datetime(),
});
export type ApiKeyView = z.infer<typeof apiKey>;
