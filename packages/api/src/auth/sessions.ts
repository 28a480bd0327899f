import { createHash } from 'node:crypto';
import { type Db, sessions, users } from '@granary/db';
import { DrizzlePostgreSQLAdapter } from '@lucia-auth/adapter-drizzle';
import { type Adapter, Cookie, type DatabaseSession, Lucia, TimeSpan } from 'lucia';

/** Who asks. */
export interface Person {
  id: string;
  email: string;
  name: string;
  isAdmin: boolean;
  /** The one dataset that there is for them: with an API key that opens no other. */
  onlyDataset?: string | undefined;
}

declare module 'lucia' {
  interface Register {
    Lucia: ReturnType<typeof createLucia>;
    DatabaseUserAttributes: { email: string; name: string; isAdmin: boolean; disabledAt: Date | null };
  }
}

export const SESSION_COOKIE = 'granary_session';
const SESSION_DAYS = 30;

/** Sessions of signed-in people. The cookie holds the token, the table only its hash. */
export class Sessions {
  readonly #lucia: ReturnType<typeof createLucia>;

  constructor(db: Db) {
    this.#lucia = createLucia(db);
  }

  /** @returns the value of a Set-Cookie header */
  async create(userId: string, isSecure: boolean): Promise<string> {
    const session = await this.#lucia.createSession(userId, {});
    return sessionCookie(session.id, SESSION_DAYS * 86_400, isSecure);
  }

  async validate(token: string): Promise<Person | null> {
    const { user } = await this.#lucia.validateSession(token);
    if (!user || user.disabledAt) return null;
    const { id, email, name, isAdmin } = user;
    return { id, email, name, isAdmin };
  }

  /** @returns the Set-Cookie header that makes the browser forget it */
  async end(token: string, isSecure: boolean): Promise<string> {
    await this.#lucia.invalidateSession(token);
    return sessionCookie('', 0, isSecure);
  }

  tokenIn(cookieHeader: string | undefined): string | null {
    return cookieHeader ? this.#lucia.readSessionCookie(cookieHeader) : null;
  }
}

function createLucia(db: Db) {
  return new Lucia(hashingIds(new DrizzlePostgreSQLAdapter(db, sessions, users)), {
    sessionExpiresIn: new TimeSpan(SESSION_DAYS, 'd'),
    sessionCookie: { name: SESSION_COOKIE },
    getUserAttributes: ({ email, name, isAdmin, disabledAt }) => ({ email, name, isAdmin, disabledAt }),
  });
}

function sessionCookie(value: string, maxAge: number, secure: boolean): string {
  return new Cookie(SESSION_COOKIE, value, { httpOnly: true, sameSite: 'lax', path: '/', secure, maxAge }).serialize();
}

/** Lucia stores session tokens as they are; this keeps their SHA-256 instead. */
function hashingIds(adapter: Adapter): Adapter {
  const hash = (token: string) => createHash('sha256').update(token).digest('hex');
  return {
    async getSessionAndUser(token) {
      const [session, user] = await adapter.getSessionAndUser(hash(token));
      return session && user ? [{ ...session, id: token } satisfies DatabaseSession, user] : [null, null];
    },
    getUserSessions: (userId) => adapter.getUserSessions(userId),
    setSession: (session) => adapter.setSession({ ...session, id: hash(session.id) }),
    updateSessionExpiration: (token, expiresAt) => adapter.updateSessionExpiration(hash(token), expiresAt),
    deleteSession: (token) => adapter.deleteSession(hash(token)),
    deleteUserSessions: (userId) => adapter.deleteUserSessions(userId),
    deleteExpiredSessions: () => adapter.deleteExpiredSessions(),
  };
}
