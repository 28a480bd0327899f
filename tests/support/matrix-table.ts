/** Who is signed in. The dataset is an organization's, for its members to see. */
export const ALL = ['stranger', 'member', 'viewer', 'editor', 'owner', 'admin'] as const;
/** Who asks: nobody, someone who passes by where the site lets everyone look at what is public, and who is signed in. */
export const PEOPLE = ['anonymous', 'passerBy', ...ALL] as const;
export type Who = (typeof PEOPLE)[number];

/** What a call needs, and who has it; the others get the status beside it. */
export const RIGHTS = {
  /** Whoever they are. */
  nothing: { may: PEOPLE, else: () => 401 },
  signedIn: { may: ALL, else: () => 401 },
  /** To look for what is there, which is answered with what each may see. */
  look: { may: ['passerBy', ...ALL], else: () => 401 },
  /** To look at the dataset, as anyone may who passes by when it is public. */
  read: { may: ['member', 'viewer', 'editor', 'owner', 'admin'], else: () => 404 },
  /** What needs an account besides. */
  see: { may: ['member', 'viewer', 'editor', 'owner', 'admin'], else: () => 404 },
  edit: { may: ['editor', 'owner', 'admin'], else: (who) => (who === 'stranger' ? 404 : 403) },
  manage: { may: ['owner', 'admin'], else: (who) => (who === 'stranger' ? 404 : 403) },
  siteAdmin: { may: ['admin'], else: () => 403 },
  organizationSee: { may: ['member', 'owner', 'admin'], else: () => 404 },
  organizationManage: { may: ['owner', 'admin'], else: (who) => (who === 'member' ? 403 : 404) },
  /** What is the owner's, and nobody else's; others do not learn that it is there. */
  own: { may: ['owner'], else: () => 404 },
  ownOrAdmin: { may: ['owner', 'admin'], else: () => 404 },
  /** An offer to the editor: who manages the dataset sees it, but cannot answer it. */
  receive: { may: ['editor'], else: (who) => (who === 'owner' || who === 'admin' ? 403 : 404) },
} as const satisfies Record<string, { may: readonly Who[]; else(who: Who): number }>;

/** For a version ref or a tag. */
const TOO_LONG = 'x'.repeat(65);

export interface World {
  id: string;
  fileId: number;
  importId: string;
  jobId: string;
  organizationId: string;
  strangerId: string;
  invitationId: string;
  token: string;
  transferId: string;
  linkId: string;
  keyId: string;
  usageId: string;
  backupId: string;
  checkId: string;
  tokenizationId: string;
}

/**
 * A row for every procedure: what it needs, and an input that changes nothing, which who may call it is told in another
 * way than by 401, 403 or 404.
 */
export const TABLE: Record<string, { needs: keyof typeof RIGHTS; input?(world: World): Record<string, unknown> }> = {
  'auth.register': { needs: 'nothing', input: () => ({}) },
  'auth.login': { needs: 'nothing', input: () => ({}) },
  'auth.logout': { needs: 'nothing' },
  'auth.confirm': { needs: 'nothing', input: () => ({ token: 'x' }) },
  'auth.resetPassword': { needs: 'nothing', input: () => ({ token: 'x', newPassword: 'long enough' }) },
  'auth.logoutEverywhere': { needs: 'signedIn' },
  'auth.changePassword': { needs: 'signedIn', input: () => ({}) },
  'auth.rename': { needs: 'signedIn', input: () => ({ name: '' }) },
  'auth.me': { needs: 'signedIn' },
  'auth.listApiKeys': { needs: 'signedIn' },
  'auth.createApiKey': { needs: 'signedIn', input: () => ({}) },
  'auth.revokeApiKey': { needs: 'own', input: ({ keyId }) => ({ id: keyId }) },
  'datasets.list': { needs: 'look' },
  'datasets.available': { needs: 'look' },
  'datasets.create': { needs: 'signedIn', input: () => ({ name: '' }) },
  'datasets.checkName': { needs: 'signedIn', input: () => ({ name: 'x' }) },
  'datasets.get': { needs: 'read', input: ({ id }) => ({ id }) },
  'datasets.statistics': { needs: 'read', input: ({ id }) => ({ id }) },
  'datasets.update': { needs: 'edit', input: ({ id }) => ({ id, description: 'by the matrix' }) },
  'datasets.bulkUpdate': { needs: 'signedIn', input: () => ({}) },
  'datasets.cancel': { needs: 'edit', input: ({ id }) => ({ id }) },
  'datasets.retry': { needs: 'edit', input: ({ id }) => ({ id }) },
  'uploads.list': { needs: 'edit', input: ({ id }) => ({ id }) },
  'imports.create': { needs: 'edit', input: ({ id }) => ({ id, uploadIds: ['missing'] }) },
  'imports.list': { needs: 'read', input: ({ id }) => ({ id }) },
  'imports.get': { needs: 'read', input: ({ id, importId }) => ({ id, importId }) },
  'work.next': { needs: 'see', input: ({ id }) => ({ id, queue: 'unlabeled' }) },
  'work.assign': { needs: 'edit', input: ({ id }) => ({ id, fileIds: [], userId: null }) },
  'work.progress': { needs: 'see', input: ({ id }) => ({ id }) },
  'work.postPredictions': { needs: 'edit', input: ({ id }) => ({ id, model: 'm', items: [] }) },
  'work.predictions': { needs: 'read', input: ({ id, fileId }) => ({ id, fileId }) },
  'work.review': { needs: 'edit', input: ({ id, fileId }) => ({ id, fileId, accept: [], reject: [] }) },
  'work.accept': { needs: 'edit', input: ({ id }) => ({ id, model: 'none', minScore: 1 }) },
  'work.comments': { needs: 'read', input: ({ id }) => ({ id }) },
  'work.comment': { needs: 'see', input: ({ id }) => ({ id, body: '' }) },
  'work.changeComment': { needs: 'see', input: ({ id }) => ({ id, commentId: 'x', body: '' }) },
  'work.deleteComment': { needs: 'see', input: ({ id }) => ({ id, commentId: 'x' }) },
  'labels.classes': { needs: 'read', input: ({ id }) => ({ id }) },
  'labels.addClass': { needs: 'edit', input: ({ id }) => ({ id, name: '' }) },
  'labels.renameClass': { needs: 'edit', input: ({ id }) => ({ id, classId: 1, name: '' }) },
  'labels.deleteClass': { needs: 'edit', input: ({ id }) => ({ id, classId: 0 }) },
  'labels.mergeClasses': { needs: 'edit', input: ({ id }) => ({ id, from: [], into: 1 }) },
  'labels.changeImages': { needs: 'edit', input: ({ id }) => ({ id, q: '', confirmCount: 0, do: {} }) },
  'labels.previewSplits': { needs: 'read', input: ({ id }) => ({ id, train: 1, val: 0, test: 0 }) },
  'labels.divide': { needs: 'edit', input: ({ id }) => ({ id, train: 2, val: 0, test: 0 }) },
  'imports.publish': { needs: 'edit', input: ({ id }) => ({ id, format: 'none' }) },
  'imports.remove': { needs: 'edit', input: ({ id }) => ({ id }) },
  'imports.repair': { needs: 'edit', input: ({ id, importId }) => ({ id, importId, codes: 'safe' }) },
  'versions.revisions': { needs: 'read', input: ({ id }) => ({ id }) },
  'versions.undo': { needs: 'edit', input: ({ id }) => ({ id, revision: 0 }) },
  'versions.rollback': { needs: 'edit', input: ({ id }) => ({ id, to: '' }) },
  'versions.create': { needs: 'edit', input: ({ id }) => ({ id, tags: ['latest'] }) },
  'versions.list': { needs: 'read', input: ({ id }) => ({ id }) },
  'versions.get': { needs: 'read', input: ({ id }) => ({ id, ref: 'first' }) },
  'versions.sinceLast': { needs: 'read', input: ({ id }) => ({ id }) },
  'versions.update': { needs: 'edit', input: ({ id }) => ({ id, ref: 'first', message: '' }) },
  'versions.impact': { needs: 'manage', input: ({ id }) => ({ id, ref: 'first' }) },
  'versions.delete': { needs: 'manage', input: ({ id }) => ({ id, ref: TOO_LONG }) },
  'versions.setTag': { needs: 'edit', input: ({ id }) => ({ id, tag: 'first', version: 1 }) },
  'versions.deleteTag': { needs: 'edit', input: ({ id }) => ({ id, tag: TOO_LONG }) },
  'versions.diff': { needs: 'read', input: ({ id }) => ({ id, from: 'r1' }) },
  'versions.diffFiles': { needs: 'read', input: ({ id }) => ({ id, from: 'r1' }) },
  'versions.diffImages': { needs: 'read', input: ({ id }) => ({ id, from: 'r1' }) },
  'versions.diffRows': { needs: 'read', input: ({ id }) => ({ id, from: 'r1' }) },
  'forks.create': { needs: 'see', input: ({ id }) => ({ id, name: '' }) },
  'forks.update': { needs: 'edit', input: ({ id }) => ({ id }) },
  'forks.merge': { needs: 'edit', input: ({ id }) => ({ id }) },
  'files.list': { needs: 'read', input: ({ id }) => ({ id }) },
  'files.check': { needs: 'read', input: ({ id }) => ({ id, paths: ['data.yaml'] }) },
  'files.preview': { needs: 'read', input: ({ id }) => ({ id, path: 'data.yaml' }) },
  'images.list': { needs: 'read', input: ({ id }) => ({ id }) },
  'images.names': { needs: 'read', input: ({ id }) => ({ id }) },
  'images.get': { needs: 'read', input: ({ id, fileId }) => ({ id, fileId }) },
  'images.annotations': { needs: 'read', input: ({ id, fileId }) => ({ id, fileId }) },
  'annotations.palette': { needs: 'read', input: ({ id }) => ({ id }) },
  'images.editing': { needs: 'read', input: ({ id, fileId }) => ({ id, fileId }) },
  'images.saveAnnotations': {
    needs: 'edit',
    input: ({ id, fileId }) => ({ id, fileId, basedOn: 'nothing', annotations: [] }),
  },
  'duplicates.list': { needs: 'read', input: ({ id }) => ({ id }) },
  'jobs.get': { needs: 'see', input: ({ jobId }) => ({ id: jobId }) },
  'jobs.list': { needs: 'see', input: ({ id }) => ({ datasetId: id }) },
  'jobs.cancel': { needs: 'edit', input: ({ jobId }) => ({ id: jobId }) },
  'jobs.retry': { needs: 'edit', input: ({ jobId }) => ({ id: jobId }) },
  'jobs.watch': { needs: 'see' },
  'jobs.pause': { needs: 'edit', input: ({ jobId }) => ({ id: jobId }) },
  'jobs.resume': { needs: 'edit', input: ({ jobId }) => ({ id: jobId }) },
  'analysis.analyze': { needs: 'signedIn', input: () => ({}) },
  'annotations.losses': { needs: 'read', input: ({ id }) => ({ id, format: 'coco' }) },
  'deletion.impact': { needs: 'manage', input: ({ id }) => ({ id }) },
  'deletion.delete': { needs: 'manage', input: ({ id }) => ({ id, confirmName: 'wrong' }) },
  'deletion.bulkImpact': { needs: 'signedIn', input: ({ id }) => ({ ids: [id] }) },
  'deletion.bulkDelete': { needs: 'signedIn', input: ({ id }) => ({ ids: [id], confirmCount: 7 }) },
  'deletion.trash': { needs: 'signedIn' },
  'deletion.restore': { needs: 'manage', input: ({ id }) => ({ id }) },
  'deletion.purge': { needs: 'manage', input: ({ id }) => ({ id, confirmName: 'wrong' }) },
  'deletion.bulkRestore': { needs: 'signedIn', input: () => ({ ids: [] }) },
  'deletion.bulkPurge': { needs: 'signedIn', input: () => ({ ids: [], confirmCount: 7 }) },
  'backups.list': { needs: 'signedIn' },
  'backups.ofDataset': { needs: 'manage', input: ({ id }) => ({ id }) },
  'backups.create': { needs: 'manage', input: ({ id }) => ({ id }) },
  'backups.restore': { needs: 'ownOrAdmin', input: ({ backupId }) => ({ backupId, name: 'restored copy' }) },
  'backups.restoreUpload': { needs: 'manage', input: ({ id }) => ({ id, uploadId: 'missing' }) },
  'audit.ofDataset': { needs: 'manage', input: ({ id }) => ({ id }) },
  'audit.ofSite': { needs: 'siteAdmin' },
  'integrity.start': { needs: 'manage', input: ({ id }) => ({ datasetId: id }) },
  'integrity.list': { needs: 'manage', input: ({ id }) => ({ datasetId: id }) },
  'integrity.findings': { needs: 'manage', input: ({ checkId }) => ({ checkId }) },
  'integrity.repair': {
    needs: 'manage',
    input: ({ checkId }) => ({ checkId, code: 'missing_object', repair: 'remove' }),
  },
  'accounts.list': { needs: 'siteAdmin' },
  'accounts.update': { needs: 'siteAdmin', input: ({ strangerId }) => ({ userId: strangerId }) },
  'accounts.resetLink': { needs: 'siteAdmin', input: ({ strangerId }) => ({ userId: strangerId }) },
  'accounts.delete': {
    needs: 'siteAdmin',
    input: ({ strangerId }) => ({ userId: strangerId, confirmEmail: 'wrong', datasets: 'delete' }),
  },
  'admin.datasets': { needs: 'siteAdmin' },
  'admin.jobs': { needs: 'siteAdmin' },
  'admin.storage': { needs: 'siteAdmin' },
  'site.settings': { needs: 'siteAdmin' },
  'site.updateSettings': { needs: 'siteAdmin' },
  'samples.publish': { needs: 'siteAdmin', input: ({ id }) => ({ id, name: 'x' }) },
  'samples.adopt': { needs: 'siteAdmin', input: ({ id }) => ({ id, name: 'x' }) },
  'organizations.list': { needs: 'signedIn' },
  'organizations.create': { needs: 'signedIn', input: () => ({ name: 'The team' }) },
  'organizations.get': { needs: 'organizationSee', input: ({ organizationId }) => ({ id: organizationId }) },
  'organizations.rename': {
    needs: 'organizationManage',
    input: ({ organizationId }) => ({ id: organizationId, name: 'The team' }),
  },
  'organizations.delete': { needs: 'organizationManage', input: ({ organizationId }) => ({ id: organizationId }) },
  'organizations.members': { needs: 'organizationSee', input: ({ organizationId }) => ({ id: organizationId }) },
  'organizations.addMember': {
    needs: 'organizationManage',
    input: ({ organizationId }) => ({ id: organizationId, email: 'owner@example.org' }),
  },
  'organizations.changeMember': {
    needs: 'organizationManage',
    input: ({ organizationId }) => ({ id: organizationId, userId: 'OWNER', role: 'member' }),
  },
  'organizations.removeMember': {
    needs: 'organizationManage',
    input: ({ organizationId }) => ({ id: organizationId, userId: 'OWNER' }),
  },
  'sharing.list': { needs: 'manage', input: ({ id }) => ({ id }) },
  'sharing.grant': { needs: 'manage', input: ({ id }) => ({ id, email: 'owner@example.org', role: 'viewer' }) },
  'sharing.change': { needs: 'manage', input: ({ id }) => ({ id, userId: 'VIEWER', role: 'viewer' }) },
  'sharing.revoke': { needs: 'manage', input: ({ id }) => ({ id, userId: 'BYSTANDER' }) },
  'sharing.invite': { needs: 'manage', input: ({ id }) => ({ id, email: 'x@example.org', role: 'viewer' }) },
  'sharing.invitations': { needs: 'manage', input: ({ id }) => ({ id }) },
  'sharing.inviteToOrganization': {
    needs: 'organizationManage',
    input: ({ organizationId }) => ({ id: organizationId, email: 'x@example.org' }),
  },
  'sharing.organizationInvitations': {
    needs: 'organizationManage',
    input: ({ organizationId }) => ({ id: organizationId }),
  },
  'sharing.inviteToSite': { needs: 'siteAdmin', input: () => ({ email: 'y@example.org' }) },
  'sharing.siteInvitations': { needs: 'siteAdmin' },
  'sharing.resendInvitation': { needs: 'manage', input: ({ invitationId }) => ({ id: invitationId }) },
  'sharing.revokeInvitation': { needs: 'manage', input: ({ invitationId }) => ({ id: invitationId }) },
  'sharing.openInvitation': { needs: 'nothing', input: () => ({ token: 'made-up' }) },
  'sharing.acceptInvitation': { needs: 'signedIn', input: () => ({ token: 'made-up' }) },
  'sharing.offerTransfer': { needs: 'manage', input: ({ id, organizationId }) => ({ id, organizationId }) },
  'sharing.people': { needs: 'signedIn' },
  'sharing.transfers': { needs: 'signedIn' },
  'sharing.acceptTransfer': { needs: 'receive', input: ({ transferId }) => ({ id: transferId }) },
  'sharing.declineTransfer': { needs: 'receive', input: ({ transferId }) => ({ id: transferId }) },
  'sharing.withdrawTransfer': { needs: 'manage', input: ({ transferId }) => ({ id: transferId }) },
  'sharing.createLink': { needs: 'manage', input: ({ id }) => ({ id }) },
  'sharing.links': { needs: 'manage', input: ({ id }) => ({ id }) },
  'sharing.revokeLink': { needs: 'manage', input: ({ linkId }) => ({ id: linkId }) },
  'sharing.openLink': { needs: 'nothing', input: () => ({}) },
  'usages.register': { needs: 'see', input: ({ id }) => ({ id, service: 's', externalId: 'e' }) },
  'usages.list': { needs: 'see', input: ({ id }) => ({ id }) },
  'usages.release': { needs: 'manage', input: ({ usageId }) => ({ usageId }) },
  'hub.info': { needs: 'signedIn', input: () => ({ repoId: '-' }) },
  'hub.lookUp': { needs: 'signedIn', input: () => ({ repoId: '-' }) },
  'hub.download': { needs: 'signedIn', input: () => ({ repoId: '-' }) },
  'tables.list': { needs: 'read', input: ({ id }) => ({ id }) },
  'tables.samples': { needs: 'read', input: ({ id }) => ({ id }) },
  'tables.search': { needs: 'read' },
  'tokenization.list': { needs: 'read', input: ({ id }) => ({ id }) },
  'tokenization.create': { needs: 'edit', input: ({ id }) => ({ id, tokenizer: 'x' }) },
  'tokenization.preview': { needs: 'see', input: ({ id }) => ({ id, tokenizer: 'x' }) },
  'tokenization.remove': { needs: 'edit', input: ({ id, tokenizationId }) => ({ id, tokenizationId }) },
};
