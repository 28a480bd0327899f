import { type Database, users } from '@granary/db';
import { hash, verify } from '@node-rs/argon2';
import { eq, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { recordAudit } from '../audit/record.ts';
import { AppError } from '../errors.ts';
import type { loginInput, registerInput } from './schemas.ts';
import type { Person } from './sessions.ts';
import { LoginThrottle } from './throttle.ts';

/** Any number: registrations on an empty server wait for each other, so that only one becomes the admin. */
const FIRST_ACCOUNT_LOCK = 7_203_412;

/** Argon2id with the library's defaults (19 MiB, two passes), which are OWASP's. */
const hashPassword = (password: string) => hash(password);

/** Verified against when there is no such account, so that the answer takes as long. */
let decoyHash: Promise<string> | undefined;

/** Makes an account; the first one on an empty server becomes site admin. @throws AppError `email_taken` */
export async function register(
  { db }: Database,
  input: z.infer<typeof registerInput>,
  ip: string | null,
): Promise<Person> {
  const passwordHash = await hashPassword(input.password);
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${FIRST_ACCOUNT_LOCK})`);
    const isFirst = (await tx.select({ id: users.id }).from(users).limit(1)).length === 0;
    const [user] = await tx
      .insert(users)
      .values({ email: input.email, name: input.name, passwordHash, isAdmin: isFirst })
      .onConflictDoNothing()
      .returning();
    if (!user) throw new AppError('email_taken');
    await recordAudit(tx, { action: 'registered', performedBy: user.id, ip, details: { isAdmin: isFirst } });
    return { id: user.id, email: user.email, name: user.name, isAdmin: user.isAdmin };
  });
}

/** @throws AppError `wrong_credentials`, `too_many_attempts` */
export async function verifyCredentials(
  database: Database,
  input: z.infer<typeof loginInput>,
  ip: string | null,
): Promise<Person> {
  const throttle = new LoginThrottle(database.sql);
  await throttle.check(input.email, ip);
  const [user] = await database.db.select().from(users).where(eq(users.email, input.email));
  decoyHash ??= hashPassword('no account has this password');
  const isRight = await verify(user?.passwordHash ?? (await decoyHash), input.password);
  if (!user || !isRight || user.disabledAt) {
    await throttle.countFailure(input.email, ip);
    throw new AppError('wrong_credentials');
  }
  await throttle.forget(input.email, ip);
  await recordAudit(database.db, { action: 'logged_in', performedBy: user.id, ip });
  return { id: user.id, email: user.email, name: user.name, isAdmin: user.isAdmin };
}
