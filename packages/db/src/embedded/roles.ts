import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type postgres from 'postgres';
import { openSql } from '../open-sql.ts';

/** The cluster's own superuser, for people with psql; nothing of Granary connects as it once the cluster is set up. */
export const ADMIN = 'granary';
/** Whom web and worker connect as: owns the database, and is no superuser. */
const APPLICATION = 'granary_app';

/** The passwords of both roles, kept as libpq reads them (PGPASSFILE). */
export interface Passwords {
  admin: string;
  application: string;
}

/** Nobody comes in by the network, and nobody without a password. A change of this text sets every cluster up anew. */
const LOCKED = `# Written by Granary; changes are lost at its next start.
local all ${ADMIN} scram-sha-256
local all ${APPLICATION} scram-sha-256
`;
/** While a cluster is set up: whoever enters the socket's folder, which is the owner of the cluster alone. */
const BEING_SET_UP = `# Written by Granary while it sets up its roles.
local all ${ADMIN} trust
`;

/** Where a client finds a role's database: the URL that libpq, pg and {@link openSql} read. */
export function urlOf(role: 'admin' | 'application', passwords: Passwords, socketFolder: string): string {
  const user = role === 'admin' ? ADMIN : APPLICATION;
  return `postgres://${user}:${passwords[role]}@localhost/postgres?host=${encodeURIComponent(socketFolder)}`;
}

/** The passwords that a file keeps; they are made, and the file with them, where it is missing or says something else. */
export function keptPasswords(path: string): { passwords: Passwords; areNew: boolean } {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const passwordOf = (role: string) => new RegExp(`^\\*:\\*:\\*:${role}:([0-9a-f]{64})$`, 'm').exec(text)?.[1];
  const [admin, application] = [passwordOf(ADMIN), passwordOf(APPLICATION)];
  if (admin && application) return { passwords: { admin, application }, areNew: false };
  const passwords = { admin: randomBytes(32).toString('hex'), application: randomBytes(32).toString('hex') };
  const lines = `*:*:*:${ADMIN}:${passwords.admin}\n*:*:*:${APPLICATION}:${passwords.application}\n`;
  writeFileSync(`${path}.new`, lines, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return { passwords, areNew: true };
}

/** Whether the cluster lets in who it should, as {@link setUpRoles} leaves it. */
export function isLocked(dir: string): boolean {
  const path = hba(dir);
  return existsSync(path) && readFileSync(path, 'utf8') === LOCKED;
}

/** Lets the superuser in without a password, for {@link setUpRoles}, when the server reads this. */
export function unlock(dir: string): void {
  writeFileSync(hba(dir), BEING_SET_UP, { mode: 0o600 });
}

/**
 * Makes the application's role and gives it the database with all that a superuser made in it before; then asks
 * everybody for a password. What was cut off is done again by the next start, since the last step tells that all is done.
 */
export async function setUpRoles(dir: string, adminUrl: string, passwords: Passwords): Promise<void> {
  const sql = openSql(adminUrl, {
    max: 1,
    onnotice: () => {},
    // A statement that fails would stand in the server's log, with the password.
    connection: { log_min_error_statement: 'panic' },
  });
  try {
    await sql.begin(async (tx) => {
      const [there] = await tx`select 1 from pg_roles where rolname = ${APPLICATION}`;
      if (!there) await tx.unsafe(`create role ${APPLICATION}`);
      await tx.unsafe(
        `alter role ${APPLICATION} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password '${passwords.application}'`,
      );
      await tx.unsafe(`alter role ${ADMIN} password '${passwords.admin}'`);
      await tx.unsafe(`alter database postgres owner to ${APPLICATION}`);
      for (const { statement } of await ownershipStatements(tx)) await tx.unsafe(statement);
    });
    writeFileSync(hba(dir), LOCKED, { mode: 0o600 });
    await sql`select pg_reload_conf()`;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/**
 * `reassign owned` refuses what the cluster's first superuser owns, so each thing of ours is named. What belongs to an
 * extension, or follows its table (its sequences, its row type), is not.
 */
function ownershipStatements(tx: postgres.TransactionSql): Promise<{ statement: string }[]> {
  return tx<{ statement: string }[]>`
    with ours as (
      select oid, nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
    ), of_extensions as (
      select classid, objid from pg_depend where deptype = 'e'
    )
    select format('alter schema %I owner to ${tx.unsafe(APPLICATION)}', n.nspname) as statement
    from pg_namespace n join ours using (oid) where n.nspowner = ${ADMIN}::regrole
    union all
    select format('alter %s %s owner to ${tx.unsafe(APPLICATION)}',
      case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view' else 'table' end,
      c.oid::regclass)
    from pg_class c join ours on ours.oid = c.relnamespace
    where c.relowner = ${ADMIN}::regrole and c.relkind in ('r', 'p', 'v', 'm', 'S')
      and not exists (select from of_extensions e where e.classid = 'pg_class'::regclass and e.objid = c.oid)
      and not (c.relkind = 'S' and exists (
        select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
          and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')))
    union all
    select format('alter type %s owner to ${tx.unsafe(APPLICATION)}', t.oid::regtype)
    from pg_type t join ours on ours.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid
    where t.typowner = ${ADMIN}::regrole and (t.typtype in ('e', 'd', 'r') or c.relkind = 'c')
      and not exists (select from of_extensions e where e.classid = 'pg_type'::regclass and e.objid = t.oid)
    union all
    select format('alter routine %s owner to ${tx.unsafe(APPLICATION)}', p.oid::regprocedure)
    from pg_proc p join ours on ours.oid = p.pronamespace
    where p.proowner = ${ADMIN}::regrole
      and not exists (select from of_extensions e where e.classid = 'pg_proc'::regclass and e.objid = p.oid)`;
}

function hba(dir: string): string {
  return join(dir, 'pg_hba.conf');
}
