import { datasetPermissions, datasets, organizationMembers, users } from '@granary/db';
import { and, asc, eq, ilike, isNull, ne, or, sql } from 'drizzle-orm';
import type { SignedInContext } from '../base/context.ts';
import { escapeLike } from '../base/paging.ts';
import type { KnownPerson } from './schemas.ts';

const MOST = 50;

/**
 * People one knows, by a part of the name or the e-mail: who is in an organization with one, and who has a role in a dataset
 * of one's own. Nobody else is told of.
 */
export async function findPeople(ctx: SignedInContext, search: string): Promise<{ items: KnownPerson[] }> {
  const { database, person } = ctx;
  if (person.onlyDataset !== undefined) return { items: [] };
  const pattern = `%${escapeLike(search)}%`;
  const isMate = sql`exists (select 1 from ${organizationMembers} mine join ${organizationMembers} theirs
    on theirs.organization_id = mine.organization_id where mine.user_id = ${person.id} and theirs.user_id = ${users.id})`;
  const isGuest = sql`exists (select 1 from ${datasetPermissions} p join ${datasets} d on d.id = p.dataset_id
    where d.owner_id = ${person.id} and p.user_id = ${users.id})`;
  const rows = await database.db
    .select({ userId: users.id, name: users.name, email: users.email })
    .from(users)
    .where(
      and(
        isNull(users.deletedAt),
        isNull(users.disabledAt),
        ne(users.id, person.id),
        or(ilike(users.name, pattern), ilike(users.email, pattern)),
        or(isMate, isGuest, person.isAdmin ? sql`true` : eq(users.id, person.id)),
      ),
    )
    .orderBy(asc(users.name), asc(users.id))
    .limit(MOST);
  return { items: rows };
}
