import { type Db, type Transaction, users } from '@granary/db';
import { and, eq, isNull } from 'drizzle-orm';
import { AppError } from '../errors/app-error.ts';

/** Whom somebody means, by id or by e-mail. @throws AppError `unknown_account` */
export async function requireAccount(
  db: Db | Transaction,
  { userId, email = '' }: { userId?: string | undefined; email?: string | undefined },
  options: { canSignIn?: boolean } = {},
): Promise<typeof users.$inferSelect> {
  const [user] = await db
    .select()
    .from(users)
    .where(
      and(
        isNull(users.deletedAt),
        options.canSignIn ? isNull(users.disabledAt) : undefined,
        userId === undefined ? eq(users.email, email) : eq(users.id, userId),
      ),
    );
  if (!user) throw new AppError('unknown_account');
  return user;
}
