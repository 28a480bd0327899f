import { type Database, datasetPermissions, datasets, organizationMembers } from '@granary/db';
import { and, eq, isNull, or, type SQL, sql } from 'drizzle-orm';
import type { Person } from './auth/sessions.ts';
import { AppError } from './errors.ts';

/**
 * What one may do with a dataset:
 * `see` it with its files, images and versions; `edit` it (upload, label, metadata);
 * `manage` it (share, visibility, delete, audit log); `force` a deletion in spite of live usages.
 */
export const ACTIONS = ['see', 'edit', 'manage', 'force'] as const;
export type Action = (typeof ACTIONS)[number];

export type Dataset = typeof datasets.$inferSelect;

/** All that the decision depends on. */
export interface Standing {
  isSiteAdmin: boolean;
  isOwner: boolean;
  grantedRole: 'owner' | 'editor' | 'viewer' | null;
  organizationRole: 'owner' | 'admin' | 'member' | null;
  visibility: Dataset['visibility'];
}

/** The matrix of docs/architecture.md for one person and one dataset. */
export function may(standing: Standing, action: Action): boolean {
  const { isSiteAdmin, isOwner, grantedRole, organizationRole, visibility } = standing;
  if (isSiteAdmin) return true;
  const isManager = isOwner || grantedRole === 'owner' || organizationRole === 'owner' || organizationRole === 'admin';
  switch (action) {
    case 'force':
      return false;
    case 'manage':
      return isManager;
    case 'edit':
      return isManager || grantedRole === 'editor';
    case 'see':
      return (
        isManager ||
        grantedRole !== null ||
        visibility === 'public' ||
        (visibility === 'organization' && organizationRole !== null)
      );
  }
}

/** The same matrix for `see`, as a condition on `datasets` for lists. */
export function visibleTo(person: Person): SQL | undefined {
  if (person.isAdmin) return undefined;
  const granted = sql`exists (select 1 from ${datasetPermissions} where ${datasetPermissions.datasetId} = ${datasets.id} and ${datasetPermissions.userId} = ${person.id})`;
  const membership = (roles: SQL) =>
    sql`exists (select 1 from ${organizationMembers} where ${organizationMembers.organizationId} = ${datasets.organizationId} and ${organizationMembers.userId} = ${person.id} and ${roles})`;
  return or(
    eq(datasets.ownerId, person.id),
    eq(datasets.visibility, 'public'),
    granted,
    membership(sql`(${organizationMembers.role} in ('owner', 'admin') or ${datasets.visibility} = 'organization')`),
  );
}

/**
 * The dataset, if the person may do this with it.
 *
 * @throws AppError `not_found` for what one may not see, `forbidden` for what one may see but not do
 */
export async function requireDataset(
  { db }: Pick<Database, 'db'>,
  person: Person,
  datasetId: string,
  action: Action,
): Promise<Dataset> {
  const { dataset, actions } = await findDataset({ db }, person, datasetId);
  if (!actions.includes(action)) throw new AppError('forbidden');
  return dataset;
}

/** The dataset with all that the person may do with it. @throws AppError `not_found` for what one may not see */
export async function findDataset(
  { db }: Pick<Database, 'db'>,
  person: Person,
  datasetId: string,
): Promise<{ dataset: Dataset; actions: Action[] }> {
  const [row] = await db
    .select({
      dataset: datasets,
      grantedRole: datasetPermissions.role,
      organizationRole: organizationMembers.role,
    })
    .from(datasets)
    .leftJoin(
      datasetPermissions,
      and(eq(datasetPermissions.datasetId, datasets.id), eq(datasetPermissions.userId, person.id)),
    )
    .leftJoin(
      organizationMembers,
      and(eq(organizationMembers.organizationId, datasets.organizationId), eq(organizationMembers.userId, person.id)),
    )
    .where(and(eq(datasets.id, datasetId), isNull(datasets.deletedAt)));
  if (!row) throw new AppError('not_found');
  const standing: Standing = {
    isSiteAdmin: person.isAdmin,
    isOwner: row.dataset.ownerId === person.id,
    grantedRole: row.grantedRole,
    organizationRole: row.organizationRole,
    visibility: row.dataset.visibility,
  };
  const actions = ACTIONS.filter((action) => may(standing, action));
  if (!actions.includes('see')) throw new AppError('not_found');
  return { dataset: row.dataset, actions };
}
