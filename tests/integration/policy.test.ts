import { randomUUID } from 'node:crypto';
import { ACTIONS, findDataset, permits, requireDataset } from '@granary/core/access/policy';
import { ANONYMOUS, isAnonymous, type Person } from '@granary/core/base/person';
import { connect, type Database, datasets } from '@granary/db';
import { cloneTemplate } from '@granary/db/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

let database: Database;
let drop: () => Promise<void>;

beforeAll(async () => {
  const clone = await cloneTemplate(inject('serverUrl'));
  database = connect(clone.url, { max: 3 });
  drop = clone.drop;
});
afterAll(async () => {
  await database.close();
  await drop();
});

const index = (below: number) => fc.integer({ min: 0, max: below - 1 });
const PEOPLE = 5;
const TEAMS = 3;
const DATASETS = 6;

const world = fc.record({
  people: fc.array(fc.record({ isAdmin: fc.boolean() }), { minLength: PEOPLE, maxLength: PEOPLE }),
  members: fc.array(
    fc.record({ team: index(TEAMS), person: index(PEOPLE), role: fc.constantFrom('owner', 'admin', 'member') }),
    { maxLength: 8 },
  ),
  datasets: fc.array(
    fc.record({
      owner: fc.option(index(PEOPLE)),
      team: fc.option(index(TEAMS)),
      visibility: fc.constantFrom('private', 'organization', 'public'),
      isInTrash: fc.boolean(),
    }),
    { minLength: DATASETS, maxLength: DATASETS },
  ),
  grants: fc.array(
    fc.record({ dataset: index(DATASETS), person: index(PEOPLE), role: fc.constantFrom('owner', 'editor', 'viewer') }),
    { maxLength: 8 },
  ),
  /** What each person came with: an API key for one dataset, or a share link. */
  only: fc.option(index(DATASETS)),
  seesPublic: fc.boolean(),
  link: fc.option(index(DATASETS)),
  /** The version that the link shows. */
  version: fc.option(fc.constant(1)),
});

test('the function for one dataset and the condition for lists agree, in any world', async () => {
  await fc.assert(
    fc.asyncProperty(world, async (made) => {
      const { people, ids } = await build(made);
      for (const person of [...people, ANONYMOUS]) {
        for (const action of ['see', 'edit', 'manage'] as const) {
          const listed = await database.db.select({ id: datasets.id }).from(datasets).where(permits(person, action));
          const one = [];
          for (const [i, id] of ids.entries()) {
            if (made.datasets[i]?.isInTrash) continue;
            const found = await findDataset(database, person, id).catch(() => null);
            if (found?.actions.includes(action)) one.push(id);
          }
          // Lists leave out what is in the trash by a condition of their own.
          const trashed = ids.filter((_, i) => made.datasets[i]?.isInTrash);
          const inWorld = listed.map(({ id }) => id).filter((id) => !trashed.includes(id));
          expect(inWorld.sort(), `${action} ${JSON.stringify(person)}`).toEqual(one.sort());
          if (!isAnonymous(person)) continue;
          const isShown = (i: number) => made.datasets[i]?.visibility === 'public' && !made.datasets[i]?.isInTrash;
          expect(one.sort()).toEqual(action === 'see' ? ids.filter((_, i) => isShown(i)).sort() : []);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('to anyone who is not signed in, what is hidden is told apart from what is not there by nothing', async () => {
  await fc.assert(
    fc.asyncProperty(world, fc.constantFrom(...ACTIONS), async (made, action) => {
      const { ids } = await build(made);
      for (const [i, id] of [...ids, randomUUID()].entries()) {
        const dataset = made.datasets[i];
        const asked = requireDataset(database, ANONYMOUS, id, action);
        if (action === 'see' && dataset?.visibility === 'public' && !dataset.isInTrash) await asked;
        else await expect(asked).rejects.toMatchObject({ errorCode: 'not_signed_in' });
        const found = await findDataset(database, ANONYMOUS, id).catch(() => null);
        expect(found?.actions ?? []).toEqual(dataset?.visibility === 'public' && !dataset.isInTrash ? ['see'] : []);
      }
    }),
    { numRuns: 30 },
  );
});

async function build(
  made: typeof world extends fc.Arbitrary<infer World> ? World : never,
): Promise<{ people: Person[]; ids: string[] }> {
  const { sql } = database;
  await sql`truncate datasets, organizations, users cascade`;
  const people: Person[] = made.people.map(({ isAdmin }, i) => ({
    id: randomUUID(),
    email: `p${i}@example.org`,
    name: `p${i}`,
    isAdmin,
  }));
  for (const { id, email, name, isAdmin } of people)
    await sql`insert into users (id, email, name, password_hash, is_admin) values (${id}, ${email}, ${name}, '', ${isAdmin})`;
  const teams = Array.from({ length: TEAMS }, () => randomUUID());
  for (const [i, id] of teams.entries()) await sql`insert into organizations (id, name) values (${id}, ${`team ${i}`})`;
  const idOf = (person: number) => people[person]?.id ?? '';
  for (const { team, person, role } of made.members)
    await sql`insert into organization_members (organization_id, user_id, role) values (${teams[team] ?? ''}, ${idOf(person)}, ${role}) on conflict do nothing`;
  const ids = made.datasets.map(() => randomUUID());
  for (const [i, { owner, team, visibility, isInTrash }] of made.datasets.entries())
    await sql`insert into datasets (id, name, owner_id, organization_id, visibility, storage_type, storage_path, deleted_at)
      values (${ids[i] ?? ''}, ${`d${i}`}, ${owner === null ? null : idOf(owner)}, ${team === null ? null : (teams[team] ?? null)}, ${visibility}, 'filesystem', '', ${isInTrash ? new Date() : null})`;
  for (const { dataset, person, role } of made.grants)
    await sql`insert into dataset_permissions (dataset_id, user_id, role) values (${ids[dataset] ?? ''}, ${idOf(person)}, ${role}) on conflict do nothing`;
  const [first, second] = people;
  if (first && made.only !== null)
    Object.assign(first, { onlyDataset: ids[made.only], seesPublic: made.seesPublic, isAdmin: false });
  if (second && made.link !== null)
    Object.assign(second, { link: { id: randomUUID(), datasetId: ids[made.link], version: made.version } });
  return { people, ids };
}
