import { type Db, sessions, type Transaction, users } from '@granary/db';
import { DrizzlePostgreSQLAdapter } from '@lucia-auth/adapter-drizzle';
import { and, eq, ne } from 'drizzle-orm';
import { type Adapter, Cookie, type DatabaseSession, Lucia, TimeSpan } from 'lucia';
import type { Person } from '../base/person.ts';
import { hashOf } from '../secrets/random-token.ts';

declare module 'lucia' {
  interface Register {
    Lucia: ReturnType<typeof createLucia>;
    DatabaseUserAttributes: { email: string; name: string; isAdmin: boolean; disabledAt: Date | null };
    DatabaseSessionAttributes: { createdAt: Date };
  }
}

export const SESSION_COOKIE = 'granary_session';
/** A session ends after this long without use, */
const IDLE_DAYS = 30;
/** and in any case after this long. */
const LONGEST_DAYS = 90;

/** Sessions of signed-in people. The cookie holds the token, the table only its hash. */
export class Sessions {
  readonly #lucia: ReturnType<typeof createLucia>;

  readonly #db: Db | Transaction;

  constructor(db: Db | Transaction) {
    this.#db = db;
    this.#lucia = createLucia(db);
  }

  /** @returns the value of a Set-Cookie header */
  async create(userId: string, isSecure: boolean): Promise<string> {
    const session = await this.#lucia.createSession(userId, { createdAt: new Date() });
    return sessionCookie(session.id, LONGEST_DAYS * 86_400, isSecure);
  }

  async validate(token: string): Promise<Person | null> {
    const { user, session } = await this.#lucia.validateSession(token);
    if (!user || user.disabledAt) return null;
    if (session.createdAt.getTime() < Date.now() - LONGEST_DAYS * 86_400_000) return null;
    const { id, email, name, isAdmin } = user;
    return { id, email, name, isAdmin };
  }

  /** @returns the Set-Cookie header that makes the browser forget it */
  async end(token: string, isSecure: boolean): Promise<string> {
    await this.#lucia.invalidateSession(token);
    return sessionCookie('', 0, isSecure);
  }

  /** Ends all sessions of an account but one, at once and everywhere. */
  async endOthers(userId: string, token: string | null): Promise<void> {
    await this.#db
      .delete(sessions)
      .where(and(eq(sessions.userId, userId), token === null ? undefined : ne(sessions.id, hashOf(token))));
  }

  tokenIn(cookieHeader: string | undefined): string | null {
    return cookieHeader ? this.#lucia.readSessionCookie(cookieHeader) : null;
  }
}

function createLucia(db: Db | Transaction) {
  return new Lucia(hashingIds(new DrizzlePostgreSQLAdapter(db, sessions, users)), {
    sessionExpiresIn: new TimeSpan(IDLE_DAYS, 'd'),
    sessionCookie: { name: SESSION_COOKIE },
    getSessionAttributes: ({ createdAt }) => ({ createdAt }),
    getUserAttributes: ({ email, name, isAdmin, disabledAt }) => ({ email, name, isAdmin, disabledAt }),
  });
}

function sessionCookie(value: string, maxAge: number, secure: boolean): string {
  return new Cookie(SESSION_COOKIE, value, { httpOnly: true, sameSite: 'lax', path: '/', secure, maxAge }).serialize();
}

/** Lucia stores session tokens as they are; this keeps their SHA-256 instead. */
function hashingIds(adapter: Adapter): Adapter {
  return {
    async getSessionAndUser(token) {
      const [session, user] = await adapter.getSessionAndUser(hashOf(token));
      return session && user ? [{ ...session, id: token } satisfies DatabaseSession, user] : [null, null];
    },
    getUserSessions: (userId) => adapter.getUserSessions(userId),
    setSession: (session) => adapter.setSession({ ...session, id: hashOf(session.id) }),
    updateSessionExpiration: (token, expiresAt) => adapter.updateSessionExpiration(hashOf(token), expiresAt),
    deleteSession: (token) => adapter.deleteSession(hashOf(token)),
    deleteUserSessions: (userId) => adapter.deleteUserSessions(userId),
    deleteExpiredSessions: () => adapter.deleteExpiredSessions(),
  };
}
