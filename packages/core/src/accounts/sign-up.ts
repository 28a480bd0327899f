import { type Transaction, users } from '@granary/db';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { countAttempt, countOnly, limiter, refuseBeyond } from '../access/rate-limits.ts';
import { recordAudit } from '../audit/record.ts';
import type { Context } from '../base/context.ts';
import { readSettings } from '../base/defaults.ts';
import { lockUntilEnd } from '../base/locks.ts';
import type { Mailer } from '../base/mail.ts';
import type { Person } from '../base/person.ts';
import { AppError } from '../errors/app-error.ts';
import { hashPassword } from '../secrets/password-hash.ts';
import { type HubSettings, seal, unseal } from '../secrets/seal.ts';
import { acceptIn } from '../sharing/invitations.ts';
import type { registerInput } from './sign-in-schemas.ts';

/** Of one address. */
const REGISTRATIONS = { points: 500, seconds: 3600 };
/** How often an address is told that an e-mail has an account; then it makes no accounts at all for a while. */
const TAKEN = { points: 10, seconds: 3600 };
/** To one e-mail; who asks more often is not told that nothing is sent. */
const MAILS = { points: 5, seconds: 3600 };
const CONFIRM_HOURS = 24;

/** Who is about to have an account. */
const applicant = z.object({ email: z.string(), name: z.string(), passwordHash: z.string(), expiresAt: z.number() });
type Applicant = Omit<z.infer<typeof applicant>, 'expiresAt'>;

const SEALED_FOR = 'sign-up';

/**
 * Makes an account; the first one on an empty server becomes site admin. With an invitation, that is accepted. Where mail can
 * be sent, anyone else has to confirm by it, and what is answered is the same whether the e-mail has an account or not.
 *
 * @throws AppError `email_taken`, `sign_up_closed`, `invitation_unusable`, `invitation_for_another`, `too_many_attempts`,
 * `mail_not_sent`
 */
export async function register(
  ctx: Context,
  { invitation, ...input }: z.infer<typeof registerInput>,
): Promise<Person | { confirmationSentTo: string }> {
  const { sql, db } = ctx.database;
  await countAttempt(sql, 'register', String(ctx.ip), REGISTRATIONS);
  const passwordHash = await hashPassword(input.password);
  const asking = { email: input.email, name: input.name, passwordHash };
  const { signUp } = await readSettings(db, ctx.defaults);
  const isOpen = signUp === 'open' && invitation === undefined;
  if (isOpen && ctx.mail && ctx.hub.GRANARY_SECRET_KEY && !(await isEmpty(db)))
    return mailConfirmation(ctx, ctx.mail, asking);
  const taken = limiter(sql, 'email-taken', TAKEN.points, TAKEN.seconds);
  await refuseBeyond(taken, String(ctx.ip));
  const person = await makeAccount(ctx, asking, invitation);
  if (person) return person;
  await countOnly(taken, String(ctx.ip));
  throw new AppError('email_taken');
}

/** Makes the account that a mailed link is for. @throws AppError `confirmation_unusable`, `sign_up_closed`, `too_many_attempts` */
export async function confirmAccount(ctx: Context, token: string): Promise<Person> {
  await countAttempt(ctx.database.sql, 'confirm', String(ctx.ip), { points: 30, seconds: 900 });
  const person = await makeAccount(ctx, openConfirmation(ctx, token), undefined);
  if (!person) throw new AppError('confirmation_unusable');
  return person;
}

/** Null where the e-mail has an account. */
async function makeAccount(ctx: Context, asking: Applicant, invitation: string | undefined): Promise<Person | null> {
  return ctx.database.db.transaction(async (tx) => {
    // Only one of those who register on an empty server at once becomes the admin.
    await lockUntilEnd(tx, 'firstAccount', '');
    const isFirst = await isEmpty(tx);
    const { signUp } = await readSettings(tx, ctx.defaults);
    const isInvited = invitation !== undefined && signUp !== 'closed';
    if (!isFirst && signUp !== 'open' && !isInvited) throw new AppError('sign_up_closed');
    const [user] = await tx
      .insert(users)
      .values({ ...asking, isAdmin: isFirst })
      .onConflictDoNothing()
      .returning();
    if (!user) return null;
    const { id, email, name, isAdmin } = user;
    const person = { id, email, name, isAdmin };
    await recordAudit(tx, { action: 'registered', performedBy: id, ip: ctx.ip, details: { isAdmin } });
    if (invitation !== undefined) await acceptIn(tx, { ...ctx, person }, invitation);
    return person;
  });
}

async function isEmpty(db: Pick<Transaction, 'select'>): Promise<boolean> {
  return (await db.select({ id: users.id }).from(users).limit(1)).length === 0;
}

async function mailConfirmation(
  ctx: Context,
  mail: Mailer,
  asking: Applicant,
): Promise<{ confirmationSentTo: string }> {
  const { email } = asking;
  const answer = { confirmationSentTo: email };
  const mails = limiter(ctx.database.sql, 'confirmation-mails', MAILS.points, MAILS.seconds);
  if (!(await hasLeft(mails, email))) return answer;
  const [known] = await ctx.database.db.select({ id: users.id }).from(users).where(eq(users.email, email));
  const token = sealConfirmation(ctx.hub, asking);
  const text = known
    ? [
        'Somebody, probably you, has asked for an account on Granary with this e-mail, which has one.',
        `Sign in: ${ctx.origin}/sign-in`,
        'If you have forgotten your password, ask the administrator for a link to choose another.',
      ]
    : [
        'Somebody, probably you, has asked for an account on Granary with this e-mail.',
        `Open this link to make it. It works for ${CONFIRM_HOURS} hours:`,
        `${ctx.origin}/confirm/${token}`,
        'If you do not know what this is about, leave it: nothing happens.',
      ];
  const isSent = await mail.send({ to: email, subject: 'Your account on Granary', text: text.join('\n\n') });
  if (!isSent) throw new AppError('mail_not_sent');
  return answer;
}

/** The token of the link that makes an account, good for a day. */
export function sealConfirmation(hub: HubSettings, asking: Applicant): string {
  const expiresAt = Date.now() + CONFIRM_HOURS * 3_600_000;
  const sealed = seal(hub, JSON.stringify({ ...asking, expiresAt }), SEALED_FOR);
  return Buffer.from(sealed, 'base64').toString('base64url');
}

async function hasLeft(mails: ReturnType<typeof limiter>, email: string): Promise<boolean> {
  try {
    await mails.consume(email);
    return true;
  } catch (error) {
    if (error instanceof Error) throw error;
    return false;
  }
}

function openConfirmation(ctx: Context, token: string): Applicant {
  let opened: z.infer<typeof applicant>;
  try {
    opened = applicant.parse(
      JSON.parse(unseal(ctx.hub, Buffer.from(token, 'base64url').toString('base64'), SEALED_FOR)),
    );
  } catch (error) {
    throw new AppError('confirmation_unusable', { cause: error });
  }
  const { expiresAt, ...asking } = opened;
  if (expiresAt < Date.now()) throw new AppError('confirmation_unusable');
  return asking;
}
