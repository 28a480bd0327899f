import {
  acceptInvitation,
  invite,
  listInvitations,
  openInvitation,
  resendInvitation,
  revokeInvitation,
} from '@granary/core/sharing/invitations';
import { findPeople } from '@granary/core/sharing/people';
import {
  changeGrantInput,
  createShareLinkInput,
  grant,
  grantInput,
  invitation,
  invitationLink,
  invitationToken,
  inviteToDatasetInput,
  inviteToOrganizationInput,
  inviteToSiteInput,
  knownPerson,
  shareLink,
  transfer,
  transferInput,
} from '@granary/core/sharing/schemas';
import { createShareLink, listShareLinks, openShareLink, revokeShareLink } from '@granary/core/sharing/share-links';
import { changeRole, grantRole, listGrants, revokeRole } from '@granary/core/sharing/sharing';
import { acceptTransfer, endTransfer, listTransfers, offerTransfer } from '@granary/core/sharing/transfers';
import { z } from 'zod';
import { datasetProcedure, publicProcedure, router, signedInProcedure } from '../trpc.ts';

const tags = ['Sharing'];
const invitationTags = ['Invitations'];

export const sharingRouter = router({
  list: datasetProcedure('audit')
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/permissions',
        tags,
        summary: 'People with a role in a dataset, and who gave it to them',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(z.object({ items: z.array(grant) }))
    .query(({ ctx, input }) => listGrants(ctx, input.id)),

  grant: datasetProcedure('manage')
    .meta({
      errors: ['unknown_account'],
      status: 201,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/permissions',
        tags,
        summary: 'Give someone a role in a dataset',
      },
    })
    .input(grantInput)
    .output(grant)
    .mutation(({ ctx, input }) => grantRole(ctx, input)),

  change: datasetProcedure('manage')
    .meta({
      openapi: {
        method: 'PATCH',
        path: '/datasets/{id}/permissions/{userId}',
        tags,
        summary: 'Change a role',
      },
    })
    .input(changeGrantInput)
    .output(grant)
    .mutation(({ ctx, input }) => changeRole(ctx, input)),

  revoke: signedInProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/datasets/{id}/permissions/{userId}',
        tags,
        summary: 'Remove a role, or give up your own',
      },
    })
    .input(z.object({ id: z.string(), userId: z.uuid() }))
    .output(z.object({ revoked: z.literal(true) }))
    .mutation(({ ctx, input }) => revokeRole(ctx, input)),

  invite: signedInProcedure
    .meta({
      status: 201,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/invitations',
        tags: invitationTags,
        summary: 'Invite someone to a dataset by e-mail',
        description: 'The link is told this once, and mailed where the server has a mail server.',
      },
    })
    .input(inviteToDatasetInput)
    .output(invitationLink)
    .mutation(({ ctx, input }) => invite(ctx, input.email, { datasetId: input.id, role: input.role })),

  invitations: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/invitations',
        tags: invitationTags,
        summary: 'Invitations to a dataset that nobody has accepted yet',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(z.object({ items: z.array(invitation) }))
    .query(({ ctx, input }) => listInvitations(ctx, { datasetId: input.id, organizationId: null })),

  inviteToOrganization: signedInProcedure
    .meta({
      status: 201,
      openapi: {
        method: 'POST',
        path: '/organizations/{id}/invitations',
        tags: invitationTags,
        summary: 'Invite someone to an organization by e-mail',
      },
    })
    .input(inviteToOrganizationInput)
    .output(invitationLink)
    .mutation(({ ctx, input }) => invite(ctx, input.email, { organizationId: input.id, role: input.role })),

  organizationInvitations: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/organizations/{id}/invitations',
        tags: invitationTags,
        summary: 'Invitations to an organization that nobody has accepted yet',
      },
    })
    .input(z.object({ id: z.uuid() }))
    .output(z.object({ items: z.array(invitation) }))
    .query(({ ctx, input }) => listInvitations(ctx, { datasetId: null, organizationId: input.id })),

  inviteToSite: signedInProcedure
    .meta({
      status: 201,
      openapi: {
        method: 'POST',
        path: '/admin/invitations',
        tags: invitationTags,
        summary: 'Invite someone to create an account',
      },
    })
    .input(inviteToSiteInput)
    .output(invitationLink)
    .mutation(({ ctx, input }) => invite(ctx, input.email, {})),

  siteInvitations: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/admin/invitations',
        tags: invitationTags,
        summary: 'Invitations to create an account that nobody has accepted yet',
      },
    })
    .input(z.object({}).optional())
    .output(z.object({ items: z.array(invitation) }))
    .query(({ ctx }) => listInvitations(ctx, { datasetId: null, organizationId: null })),

  resendInvitation: signedInProcedure
    .meta({
      errors: ['invitation_unusable', 'too_many_attempts'],
      openapi: {
        method: 'POST',
        path: '/invitations/{id}/resend',
        tags: invitationTags,
        summary: 'Create a new link for an invitation',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(invitationLink)
    .mutation(({ ctx, input }) => resendInvitation(ctx, input.id)),

  revokeInvitation: signedInProcedure
    .meta({
      errors: ['invitation_unusable'],
      openapi: {
        method: 'DELETE',
        path: '/invitations/{id}',
        tags: invitationTags,
        summary: 'Revoke an invitation',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(z.object({ revoked: z.literal(true) }))
    .mutation(({ ctx, input }) => revokeInvitation(ctx, input.id)),

  openInvitation: publicProcedure
    .meta({
      errors: ['invitation_unusable'],
      openapi: {
        method: 'GET',
        path: '/invitations/{token}',
        tags: invitationTags,
        summary: 'What an invitation is for',
      },
    })
    .input(z.object({ token: z.string().max(200) }))
    .output(invitationToken)
    .query(({ ctx, input }) => openInvitation(ctx, input.token)),

  acceptInvitation: signedInProcedure
    .meta({
      errors: ['invitation_unusable', 'invitation_for_another'],
      openapi: {
        method: 'POST',
        path: '/invitations/{token}/accept',
        tags: invitationTags,
        summary: 'Accept an invitation',
      },
    })
    .input(z.object({ token: z.string().max(200) }))
    .output(invitation)
    .mutation(({ ctx, input }) => acceptInvitation(ctx, input.token)),

  offerTransfer: datasetProcedure('manage')
    .meta({
      errors: ['unknown_account', 'quota_exceeded'],
      status: 201,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/transfer',
        tags: tags,
        summary: 'Offer a dataset to a person or an organization',
        description: 'The other side accepts; where you manage the organization, it is done at once.',
      },
    })
    .input(transferInput)
    .output(transfer)
    .mutation(({ ctx, input }) => offerTransfer(ctx, input)),

  transfers: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/transfers',
        tags: tags,
        summary: 'Datasets offered to you, or offers of one of your datasets',
      },
    })
    .input(z.object({ datasetId: z.string().optional() }))
    .output(z.object({ items: z.array(transfer) }))
    .query(({ ctx, input }) => listTransfers(ctx, input)),

  acceptTransfer: signedInProcedure
    .meta({
      errors: ['quota_exceeded'],
      openapi: {
        method: 'POST',
        path: '/transfers/{id}/accept',
        tags: tags,
        summary: 'Accept a dataset that is offered to you',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(transfer)
    .mutation(({ ctx, input }) => acceptTransfer(ctx, input.id)),

  declineTransfer: signedInProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/transfers/{id}/decline',
        tags: tags,
        summary: 'Decline a dataset that is offered to you',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(transfer)
    .mutation(({ ctx, input }) => endTransfer(ctx, input.id, 'declined')),

  withdrawTransfer: signedInProcedure
    .meta({
      openapi: { method: 'DELETE', path: '/transfers/{id}', tags: tags, summary: 'Withdraw an offer' },
    })
    .input(z.object({ id: z.string() }))
    .output(transfer)
    .mutation(({ ctx, input }) => endTransfer(ctx, input.id, 'withdrawn')),

  createLink: datasetProcedure('manage')
    .meta({
      status: 201,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/share-links',
        tags: tags,
        summary: 'Create a link with which anyone can view a dataset',
      },
    })
    .input(createShareLinkInput)
    .output(shareLink.extend({ token: z.string(), url: z.string() }))
    .mutation(({ ctx, input }) => createShareLink(ctx, input)),

  links: datasetProcedure('manage')
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/share-links',
        tags: tags,
        summary: 'The share links of a dataset',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(z.object({ items: z.array(shareLink) }))
    .query(({ ctx, input }) => listShareLinks(ctx, input.id)),

  revokeLink: signedInProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/share-links/{id}',
        tags: tags,
        summary: 'Revoke a share link',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(z.object({ revoked: z.literal(true) }))
    .mutation(({ ctx, input }) => revokeShareLink(ctx, input.id)),

  openLink: publicProcedure
    .meta({
      errors: ['link_unusable', 'wrong_password'],
      openapi: {
        method: 'POST',
        path: '/share-links/open',
        tags: tags,
        summary: 'Open a share link: sets a cookie that lets you view its dataset for a day',
      },
    })
    .input(z.object({ token: z.string().max(200), password: z.string().max(200).optional() }))
    .output(z.object({ datasetId: z.string(), version: z.number().nullable() }))
    .mutation(({ ctx, input }) => openShareLink(ctx, input)),

  people: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/people',
        tags,
        summary: 'People you know: in your organizations, or with roles in your datasets',
      },
    })
    .input(z.object({ search: z.string().trim().max(200).default('') }))
    .output(z.object({ items: z.array(knownPerson) }))
    .query(({ ctx, input }) => findPeople(ctx, input.search)),
});
