import { z } from 'zod';

export const ROLES = ['owner', 'editor', 'viewer'] as const;
const role = z.enum(ROLES).describe('"owner" manages it, "editor" changes it, "viewer" looks at it.');

export const grant = z.object({
  userId: z.uuid(),
  name: z.string(),
  email: z.string(),
  role,
  isOwner: z.boolean().describe('It is theirs: not by a grant, and not to be taken away.'),
  grantedBy: z.string().nullable().describe('The name of who gave the role.'),
  grantedAt: z.iso.datetime().nullable(),
});
export type GrantView = z.infer<typeof grant>;

export const grantInput = z
  .object({
    id: z.string(),
    email: z.string().trim().toLowerCase().max(254).optional().describe('Who gets it, by e-mail,'),
    userId: z.uuid().optional().describe('or by the id of the account.'),
    role,
  })
  .refine(({ email, userId }) => (email === undefined) !== (userId === undefined), {
    error: 'give either an e-mail or a user id',
    path: ['email'],
  });

export const changeGrantInput = z.object({ id: z.string(), userId: z.uuid(), role });
