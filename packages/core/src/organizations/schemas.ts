import { z } from 'zod';
import { pageInput } from '../base/paging.ts';

export const ORGANIZATION_ROLES = ['owner', 'admin', 'member'] as const;
export const organizationRole = z
  .enum(ORGANIZATION_ROLES)
  .describe('"owner" has it, "admin" manages its datasets and members, "member" sees what the organization sees.');

export const organizationName = z
  .string()
  .trim()
  .min(1, { error: 'is missing' })
  .max(80, { error: 'can have at most 80 characters' })
  .regex(/^\P{Cc}*$/u, { error: 'has control characters' });

export const organization = z.object({
  id: z.uuid(),
  name: z.string(),
  role: organizationRole.nullable().describe('Your role; null for site admins who are not members.'),
  numMembers: z.number(),
  numDatasets: z.number().describe('Without those in the trash.'),
  createdAt: z.iso.datetime(),
});
export type OrganizationView = z.infer<typeof organization>;

export const member = z.object({
  userId: z.uuid(),
  name: z.string(),
  email: z.string(),
  role: organizationRole,
  joinedAt: z.iso.datetime(),
});
export type MemberView = z.infer<typeof member>;

export const listMembersInput = z.object({ id: z.uuid(), ...pageInput });

export const addMemberInput = z
  .object({
    id: z.uuid(),
    email: z.string().trim().toLowerCase().max(254).optional().describe('Who joins, by e-mail,'),
    userId: z.uuid().optional().describe('or by the id of the account.'),
    role: organizationRole.default('member'),
  })
  .refine(({ email, userId }) => (email === undefined) !== (userId === undefined), {
    error: 'give either an e-mail or a user id',
    path: ['email'],
  });

export const changeMemberInput = z.object({ id: z.uuid(), userId: z.uuid(), role: organizationRole });
