import { pageInput, pageOf } from '@granary/core/base/paging';
import { addMember, changeMember, listMembers, removeMember } from '@granary/core/organizations/members';
import {
  createOrganization,
  deleteOrganization,
  getOrganization,
  listOrganizations,
  renameOrganization,
} from '@granary/core/organizations/organizations';
import {
  addMemberInput,
  changeMemberInput,
  listMembersInput,
  member,
  organization,
  organizationName,
} from '@granary/core/organizations/schemas';
import { z } from 'zod';
import { router, signedInProcedure } from '../trpc.ts';

const tags = ['Organizations'];
const byId = z.object({ id: z.uuid() });

export const organizationsRouter = router({
  list: signedInProcedure
    .meta({
      openapi: { method: 'GET', path: '/organizations', tags, summary: 'Your organizations, by name' },
    })
    .input(z.object(pageInput))
    .output(pageOf(organization))
    .query(({ ctx, input }) => listOrganizations(ctx, input)),

  create: signedInProcedure
    .meta({
      errors: ['organization_taken'],
      status: 201,
      openapi: { method: 'POST', path: '/organizations', tags, summary: 'Create an organization' },
    })
    .input(z.object({ name: organizationName }))
    .output(organization)
    .mutation(({ ctx, input }) => createOrganization(ctx, input)),

  get: signedInProcedure
    .meta({
      openapi: { method: 'GET', path: '/organizations/{id}', tags, summary: 'Get an organization' },
    })
    .input(byId)
    .output(organization)
    .query(({ ctx, input }) => getOrganization(ctx, input.id)),

  rename: signedInProcedure
    .meta({
      errors: ['organization_taken'],
      openapi: { method: 'PATCH', path: '/organizations/{id}', tags, summary: 'Rename an organization' },
    })
    .input(byId.extend({ name: organizationName }))
    .output(organization)
    .mutation(({ ctx, input }) => renameOrganization(ctx, input)),

  delete: signedInProcedure
    .meta({
      errors: ['organization_not_empty'],
      openapi: {
        method: 'DELETE',
        path: '/organizations/{id}',
        tags,
        summary: 'Delete an organization that has no datasets',
      },
    })
    .input(byId)
    .output(z.object({ deleted: z.literal(true) }))
    .mutation(({ ctx, input }) => deleteOrganization(ctx, input.id)),

  members: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/organizations/{id}/members',
        tags,
        summary: 'Members of an organization, by name',
      },
    })
    .input(listMembersInput)
    .output(pageOf(member))
    .query(({ ctx, input }) => listMembers(ctx, input)),

  addMember: signedInProcedure
    .meta({
      errors: ['unknown_account'],
      status: 201,
      openapi: {
        method: 'POST',
        path: '/organizations/{id}/members',
        tags,
        summary: 'Add an account to an organization',
      },
    })
    .input(addMemberInput)
    .output(member)
    .mutation(({ ctx, input }) => addMember(ctx, input)),

  changeMember: signedInProcedure
    .meta({
      errors: ['last_owner'],
      openapi: {
        method: 'PATCH',
        path: '/organizations/{id}/members/{userId}',
        tags,
        summary: 'Change the role of a member',
      },
    })
    .input(changeMemberInput)
    .output(member)
    .mutation(({ ctx, input }) => changeMember(ctx, input)),

  removeMember: signedInProcedure
    .meta({
      errors: ['last_owner'],
      openapi: {
        method: 'DELETE',
        path: '/organizations/{id}/members/{userId}',
        tags,
        summary: 'Remove a member, or leave',
      },
    })
    .input(byId.extend({ userId: z.uuid() }))
    .output(z.object({ removed: z.literal(true) }))
    .mutation(({ ctx, input }) => removeMember(ctx, input)),
});
