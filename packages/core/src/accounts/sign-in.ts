import { type Database, passwordResets, users } from '@granary/db';
import { and, eq, gt, isNull } from 'drizzle-orm';
import type { z } from 'zod';
import { countAttempt } from '../access/rate-limits.ts';
import { performer, recordAudit } from '../audit/record.ts';
import type { Context, SignedInContext } from '../base/context.ts';
import type { Person } from '../base/person.ts';
import { AppError } from '../errors/app-error.ts';
import { hashPassword, isPassword } from '../secrets/password-hash.ts';
import { hashOf } from '../secrets/random-token.ts';
import { LoginThrottle } from './login-throttle.ts';
import { Sessions } from './sessions.ts';
import type { changePasswordInput, loginInput, resetPasswordInput } from './sign-in-schemas.ts';

/** Verified against when there is no such account, so that the answer takes as long. */
let decoyHash: Promise<string> | undefined;

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
  const isRight = await isPassword(user?.passwordHash ?? (await decoyHash), input.password);
  if (!user || !isRight || user.disabledAt) {
    await throttle.countFailure(input.email, ip);
    throw new AppError('wrong_credentials');
  }
  await throttle.forget(input.email, ip);
  await recordAudit(database.db, { action: 'logged_in', performedBy: user.id, ip });
  return { id: user.id, email: user.email, name: user.name, isAdmin: user.isAdmin };
}

/** Another password; all other sessions end. @throws AppError `wrong_password`, `too_many_attempts` */
export async function changePassword(
  ctx: SignedInContext,
  { currentPassword, newPassword }: z.infer<typeof changePasswordInput>,
): Promise<void> {
  const { person, database } = ctx;
  const throttle = new LoginThrottle(database.sql);
  await throttle.check(person.email, ctx.ip);
  const [user] = await database.db.select().from(users).where(eq(users.id, person.id));
  if (!user || !(await isPassword(user.passwordHash, currentPassword))) {
    await throttle.countFailure(person.email, ctx.ip);
    throw new AppError('wrong_password', {
      issues: [{ path: 'currentPassword', message: 'is wrong', code: 'wrong_password' }],
    });
  }
  const passwordHash = await hashPassword(newPassword);
  await database.db.transaction(async (tx) => {
    await tx.update(users).set({ passwordHash }).where(eq(users.id, person.id));
    await new Sessions(tx).endOthers(person.id, ctx.sessionToken);
    await recordAudit(tx, { action: 'password_changed', ...performer(ctx) });
  });
}

/** Chooses a password by the link of an admin; all sessions end. @throws AppError `reset_unusable` */
export async function resetPassword(
  ctx: Context,
  { token, newPassword }: z.infer<typeof resetPasswordInput>,
): Promise<void> {
  await countAttempt(ctx.database.sql, 'reset', String(ctx.ip), { points: 30, seconds: 900 });
  const passwordHash = await hashPassword(newPassword);
  await ctx.database.db.transaction(async (tx) => {
    const [reset] = await tx
      .update(passwordResets)
      .set({ usedAt: new Date() })
      .where(
        and(
          eq(passwordResets.tokenHash, hashOf(token)),
          isNull(passwordResets.usedAt),
          gt(passwordResets.expiresAt, new Date()),
        ),
      )
      .returning();
    if (!reset) throw new AppError('reset_unusable');
    await tx.update(users).set({ passwordHash }).where(eq(users.id, reset.userId));
    await new Sessions(tx).endOthers(reset.userId, null);
    await recordAudit(tx, { action: 'password_reset', performedBy: reset.userId, ip: ctx.ip });
  });
}

/** Ends all sessions, including this one. */
export async function signOutEverywhere(ctx: SignedInContext): Promise<void> {
  await ctx.database.db.transaction(async (tx) => {
    await new Sessions(tx).endOthers(ctx.person.id, null);
    await recordAudit(tx, { action: 'signed_out_everywhere', ...performer(ctx) });
  });
}

/** The name that others see. */
export async function renameAccount(ctx: SignedInContext, { name }: { name: string }): Promise<Person> {
  return ctx.database.db.transaction(async (tx) => {
    await tx.update(users).set({ name }).where(eq(users.id, ctx.person.id));
    const details = { before: ctx.person.name, after: name };
    await recordAudit(tx, { action: 'account_renamed', ...performer(ctx), details });
    const { id, email, isAdmin } = ctx.person;
    return { id, email, name, isAdmin };
  });
}
