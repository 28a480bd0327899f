import { z } from 'zod';
import { email } from '../base/email.ts';
import { organizationRole } from '../organizations/schemas.ts';

export const ROLES = ['owner', 'editor', 'viewer'] as const;
const role = z.enum(ROLES).describe('"owner" manages it, "editor" changes it, "viewer" looks at it.');

export const grant = z.object({
  userId: z.uuid(),
  name: z.string(),
  email: z.string(),
  role,
  because: z
    .enum(['owner', 'role', 'organization'])
    .describe('Why: it is theirs, they were given a role, or they are in the organization that has it.'),
  isOwner: z.boolean().describe('They own it, so this role cannot be removed.'),
  grantedBy: z.string().nullable().describe('The name of who gave the role.'),
  grantedAt: z.iso.datetime().nullable(),
});
export type GrantView = z.infer<typeof grant>;

export const knownPerson = z.object({ userId: z.uuid(), name: z.string(), email: z.string() });
export type KnownPerson = z.infer<typeof knownPerson>;

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

export const invitation = z.object({
  id: z.uuid(),
  email: z.string(),
  role: z.string(),
  datasetId: z.string().nullable(),
  organizationId: z.uuid().nullable().describe('Neither: to the site alone.'),
  invitedBy: z.string().nullable().describe('The name of who did.'),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});
export type Invitation = z.infer<typeof invitation>;

export const invitationLink = invitation.extend({
  token: z.string(),
  url: z.string().describe('Shown only once; it works once.'),
  isMailed: z.boolean().describe('Whether it was handed to the mail server.'),
});
export type InvitationLink = z.infer<typeof invitationLink>;

export const invitationToken = invitation.extend({
  dataset: z.string().nullable().describe('Its name.'),
  organization: z.string().nullable().describe('Its name.'),
});
export type InvitationToken = z.infer<typeof invitationToken>;

export const inviteToDatasetInput = z.object({ id: z.string(), email, role });
export const inviteToOrganizationInput = z.object({ id: z.uuid(), email, role: organizationRole.default('member') });
export const inviteToSiteInput = z.object({ email });

export const transferInput = z
  .object({
    id: z.string(),
    email: z.string().trim().toLowerCase().max(254).optional().describe('To whom, by e-mail,'),
    userId: z.uuid().optional().describe('or by the id of the account,'),
    organizationId: z.uuid().optional().describe('or to an organization.'),
  })
  .refine(
    (input) => [input.email, input.userId, input.organizationId].filter((one) => one !== undefined).length === 1,
    {
      error: 'give an e-mail, a user id or an organization id',
      path: ['email'],
    },
  );

export const transfer = z.object({
  id: z.uuid(),
  datasetId: z.string(),
  datasetName: z.string(),
  sizeBytes: z.number(),
  numImages: z.number(),
  toUserId: z.uuid().nullable(),
  toOrganizationId: z.uuid().nullable(),
  to: z.string().describe('The name of the person or the organization.'),
  offeredBy: z.string().nullable(),
  state: z.enum(['offered', 'accepted', 'declined', 'withdrawn']),
  createdAt: z.iso.datetime(),
});
export type TransferView = z.infer<typeof transfer>;

export const createShareLinkInput = z.object({
  id: z.string(),
  name: z.string().trim().max(100).optional().describe('What it is for.'),
  version: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe(
      'A version, which is all that the link shows, whatever is changed later; by default the dataset as it is.',
    ),
  password: z.string().min(6, { error: 'needs 6 characters or more' }).max(200).optional(),
  expiresAt: z.iso.datetime({ offset: true }).optional(),
});

export const shareLink = z.object({
  id: z.uuid(),
  datasetId: z.string(),
  name: z.string(),
  version: z.number().nullable().describe('The version that it shows; null for the dataset as it is at any time.'),
  hasPassword: z.boolean(),
  expiresAt: z.iso.datetime().nullable(),
  numOpened: z.number(),
  lastOpenedAt: z.iso.datetime().nullable(),
  createdBy: z.string().nullable(),
  createdAt: z.iso.datetime(),
});
export type ShareLinkView = z.infer<typeof shareLink>;
