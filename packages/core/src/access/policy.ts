import { type Database, datasetPermissions, datasets, organizationMembers, organizations } from '@granary/db';
import { and, eq, getTableColumns, isNull, or, type SQL, sql } from 'drizzle-orm';
import type { Context } from '../base/context.ts';
import { isAnonymous, type Person, type Reader } from '../base/person.ts';
import { AppError } from '../errors/app-error.ts';

/**
 * What one may do with a dataset:
 * `see` it with its files, images and versions; `edit` it (upload, label, metadata);
 * `manage` it (share, visibility, delete); `audit` it (audit log, backups, integrity);
 * `force` a deletion in spite of live usages; `restore` it from the trash, or purge it.
 */
export const ACTIONS = ['see', 'edit', 'manage', 'audit', 'force', 'restore'] as const;
export type Action = (typeof ACTIONS)[number];

const { statistics: _, rowStatistics: __, metadata: ___, ...columns } = getTableColumns(datasets);
/** All columns but those that are large and wanted by one page only. */
export const datasetColumns = columns;
export type Dataset = Omit<typeof datasets.$inferSelect, 'statistics' | 'rowStatistics' | 'metadata'>;

/** All that the decision depends on. */
export interface Standing {
  /** Nobody is signed in, and the site lets everyone look at what is public. */
  isAnonymous: boolean;
  isSiteAdmin: boolean;
  isOwner: boolean;
  grantedRole: 'owner' | 'editor' | 'viewer' | null;
  organizationRole: 'owner' | 'admin' | 'member' | null;
  visibility: Dataset['visibility'];
  /** In the trash it is there only for those who manage it, and cannot be changed. */
  isInTrash: boolean;
}

/** What this person may do with this dataset. */
export function may(standing: Standing, action: Action): boolean {
  if (standing.isAnonymous) return action === 'see' && standing.visibility === 'public' && !standing.isInTrash;
  const { isSiteAdmin, isOwner, grantedRole, organizationRole, visibility, isInTrash } = standing;
  const isManager =
    isSiteAdmin || isOwner || grantedRole === 'owner' || organizationRole === 'owner' || organizationRole === 'admin';
  switch (action) {
    case 'force':
      return isSiteAdmin && !isInTrash;
    case 'restore':
      return isManager && isInTrash;
    case 'audit':
      return isManager;
    case 'manage':
      return isManager && !isInTrash;
    case 'edit':
      return (isManager || grantedRole === 'editor') && !isInTrash;
    case 'see':
      if (isInTrash) return isManager;
      return (
        isManager ||
        grantedRole !== null ||
        visibility === 'public' ||
        (visibility === 'organization' && organizationRole !== null)
      );
  }
}

/** The same rules as a condition on `datasets` that are not in the trash, for lists and for changes of many. */
export function permits(person: Reader, action: 'see' | 'edit' | 'manage'): SQL | undefined {
  if (isAnonymous(person)) return action === 'see' ? eq(datasets.visibility, 'public') : sql`false`;
  return and(isInReach(person, action), byStanding(person, action));
}

function isInReach({ onlyDataset, seesPublic }: Person, action: 'see' | 'edit' | 'manage'): SQL | undefined {
  if (onlyDataset === undefined) return undefined;
  const isPublic = seesPublic && action === 'see' ? eq(datasets.visibility, 'public') : undefined;
  return or(eq(datasets.id, onlyDataset), isPublic);
}

function byStanding(person: Person, action: 'see' | 'edit' | 'manage'): SQL | undefined {
  if (person.isAdmin) return undefined;
  const whole = wholeDatasetOf(person);
  const isManager = or(
    eq(datasets.ownerId, person.id),
    isGranted(person, sql`${datasetPermissions.role} = 'owner'`),
    isMember(person, sql`${organizationMembers.role} in ('owner', 'admin')`),
  );
  switch (action) {
    case 'manage':
      return isManager;
    case 'edit':
      return or(isManager, isGranted(person, sql`${datasetPermissions.role} = 'editor'`));
    case 'see':
      return or(
        isManager,
        isGranted(person),
        eq(datasets.visibility, 'public'),
        isMember(person, sql`${datasets.visibility} = 'organization'`),
        whole === null ? undefined : eq(datasets.id, whole),
      );
  }
}

/** The dataset that a share link shows as it is at any time; null for none. */
const wholeDatasetOf = ({ link }: Person): string | null => (link && link.version === null ? link.datasetId : null);

/** Whether the person has a role of their own in the dataset, as a condition on `datasets`. */
export const isGranted = (person: Person, role: SQL = sql`true`): SQL =>
  sql`exists (select 1 from ${datasetPermissions} where ${datasetPermissions.datasetId} = ${datasets.id} and ${datasetPermissions.userId} = ${person.id} and ${role})`;

/** Whether the person is in the organization that has the dataset, as a condition on `datasets`. */
export const isMember = (person: Person, condition: SQL = sql`true`): SQL =>
  sql`exists (select 1 from ${organizationMembers} where ${organizationMembers.organizationId} = ${datasets.organizationId} and ${organizationMembers.userId} = ${person.id} and ${condition})`;

/**
 * The dataset, if the person may do this with it.
 *
 * @throws AppError `not_found` for what one may not see, `forbidden` for what one may see but not do, `in_trash` and
 * `not_in_trash` where the action would be possible outside, or only inside, of the trash; `not_signed_in`
 * where nobody is
 */
export async function requireDataset(
  { db }: Pick<Database, 'db'>,
  person: Reader,
  datasetId: string,
  action: Action,
): Promise<Dataset> {
  const { dataset, actions } = await findDataset({ db }, person, datasetId);
  if (!actions.includes(action)) {
    if (isAnonymous(person)) throw new AppError('not_signed_in');
    if (dataset.deletedAt && action !== 'force') throw new AppError('in_trash');
    if (action === 'restore' && actions.includes('manage')) throw new AppError('not_in_trash');
    throw new AppError('forbidden');
  }
  return dataset;
}

/** A request about one dataset, of someone who may do this with it: who is signed in, where it does not say `Reader`. */
export interface Permitted<May extends Action, Who extends Reader = Person> extends Omit<Context, 'person'> {
  person: Who;
  dataset: Dataset;
  may: May;
}

/** Makes a request one that is permitted. @throws AppError as {@link requireDataset} does */
export async function permit<May extends Action, Who extends Reader>(
  ctx: Omit<Context, 'person'> & { person: Who },
  datasetId: string,
  may: May,
): Promise<Permitted<May, Who>> {
  return { ...ctx, may, dataset: await requireDataset(ctx.database, ctx.person, datasetId, may) };
}

/** The version of a dataset that is all of it that a share link shows the person; null for who sees it otherwise, or not. */
export async function onlyVersionOf(
  { db }: Pick<Database, 'db'>,
  person: Reader,
  datasetId: string,
): Promise<number | null> {
  if (isAnonymous(person) || !person.link || person.link.version === null) return null;
  if (person.link.datasetId !== datasetId) return null;
  const seesAll = await findDataset({ db }, person, datasetId).then(
    () => true,
    (error) => {
      if (error instanceof AppError) return false;
      throw error;
    },
  );
  return seesAll ? null : person.link.version;
}

/**
 * Makes a request to read something at a version one that is permitted, and says at which: who came by a share link of a
 * version reads that one, whatever they ask for.
 *
 * @throws AppError as {@link requireDataset} does
 */
export async function permitReading<Who extends Reader>(
  ctx: Omit<Context, 'person'> & { person: Who },
  datasetId: string,
  version: string | undefined,
): Promise<{ permitted: Permitted<'see', Who>; version: string | undefined }> {
  const only = await onlyVersionOf(ctx.database, ctx.person, datasetId);
  if (only === null) return { permitted: await permit(ctx, datasetId, 'see'), version };
  const dataset = await liveDataset(ctx.database, datasetId);
  return { permitted: { ...ctx, may: 'see', dataset }, version: `v${only}` };
}

async function liveDataset({ db }: Pick<Database, 'db'>, id: string): Promise<Dataset> {
  const [row] = await db
    .select(datasetColumns)
    .from(datasets)
    .where(and(eq(datasets.id, id), isNull(datasets.deletedAt)));
  if (!row) throw new AppError('not_found');
  return row;
}

/**
 * The dataset with all that the person may do with it.
 *
 * @throws AppError `not_found` for what one may not see; `not_signed_in` where nobody is, whether it is there or not
 */
export async function findDataset(
  { db }: Pick<Database, 'db'>,
  person: Reader,
  datasetId: string,
): Promise<{ dataset: Dataset; actions: Action[] }> {
  if (isAnonymous(person)) return findPublic({ db }, datasetId);
  const [row] = await db
    .select({
      dataset: datasetColumns,
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
    .where(eq(datasets.id, datasetId));
  if (!row) throw new AppError('not_found');
  const isInReach = (person.onlyDataset ?? datasetId) === datasetId;
  if (!isInReach && !person.seesPublic) throw new AppError('not_found');
  const standing: Standing = {
    isAnonymous: false,
    isSiteAdmin: person.isAdmin,
    isOwner: row.dataset.ownerId === person.id,
    // A share link of a whole dataset gives the permissions of a viewer; one of a version gives none, see permitReading.
    grantedRole: row.grantedRole ?? (wholeDatasetOf(person) === datasetId ? 'viewer' : null),
    organizationRole: row.organizationRole,
    visibility: row.dataset.visibility,
    isInTrash: row.dataset.deletedAt !== null,
  };
  const actions = actionsOf(isInReach ? standing : { ...standing, ...NOBODY });
  if (!actions.includes('see')) throw new AppError('not_found');
  return { dataset: row.dataset, actions };
}

const actionsOf = (standing: Standing): Action[] => ACTIONS.filter((action) => may(standing, action));

/** The standing of who is nobody to a dataset. */
const NOBODY = {
  isAnonymous: true,
  isSiteAdmin: false,
  isOwner: false,
  grantedRole: null,
  organizationRole: null,
} as const;

async function findPublic(
  { db }: Pick<Database, 'db'>,
  datasetId: string,
): Promise<{ dataset: Dataset; actions: Action[] }> {
  const [dataset] = await db.select(datasetColumns).from(datasets).where(eq(datasets.id, datasetId));
  if (!dataset) throw new AppError('not_signed_in');
  const { visibility, deletedAt } = dataset;
  const actions = actionsOf({ ...NOBODY, visibility, isInTrash: deletedAt !== null });
  if (!actions.includes('see')) throw new AppError('not_signed_in');
  return { dataset, actions };
}

/** What one may do with an organization: `see` it with its members, `manage` members and name, `own` it to the end. */
export type OrganizationAction = 'see' | 'manage' | 'own';

export interface OrganizationStanding {
  id: string;
  name: string;
  /** Whether the person can do everything that its owners can. */
  isOwner: boolean;
}

/** The organization, if the person may do this with it. @throws AppError `not_found`, `forbidden` */
export async function requireOrganization(
  { db }: Pick<Database, 'db'>,
  person: Person,
  id: string,
  action: OrganizationAction,
): Promise<OrganizationStanding> {
  const [row] = await db
    .select({ name: organizations.name, role: organizationMembers.role })
    .from(organizations)
    .leftJoin(
      organizationMembers,
      and(eq(organizationMembers.organizationId, organizations.id), eq(organizationMembers.userId, person.id)),
    )
    .where(eq(organizations.id, id));
  if (!row || person.onlyDataset !== undefined || (row.role === null && !person.isAdmin)) {
    throw new AppError('not_found');
  }
  const isOwner = person.isAdmin || row.role === 'owner';
  const isAllowed = action === 'see' || isOwner || (action === 'manage' && row.role === 'admin');
  if (!isAllowed) throw new AppError('forbidden', { hint: 'Ask an owner of the organization for the permission.' });
  return { id, name: row.name, isOwner };
}

/** @throws AppError `forbidden` */
export function requireAdmin({ person }: { person: Person }): void {
  if (!person.isAdmin) throw new AppError('forbidden', { hint: 'Only administrators of the site can do this.' });
}
