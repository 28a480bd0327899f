import type { Database } from '@granary/db';
import type { Context } from '../base/context.ts';
import { personOfApiKey } from './api-keys.ts';
import { Sessions } from './sessions.ts';

/**
 * Who a request is from, by its headers: of an API key or of a session, for the API and for uploads. A key that is given
 * counts, also when it is none any more: a browser's cookie does not stand in for it.
 */
export async function identify(
  database: Database,
  { authorization, cookie }: { authorization?: string | undefined; cookie?: string | undefined },
): Promise<Pick<Context, 'person' | 'apiKey' | 'sessionToken'>> {
  if (authorization) {
    const key = await personOfApiKey(database, authorization);
    return { person: key?.person ?? null, apiKey: key?.apiKey ?? null, sessionToken: null };
  }
  const sessions = new Sessions(database.db);
  const sessionToken = sessions.tokenIn(cookie);
  return { person: sessionToken ? await sessions.validate(sessionToken) : null, apiKey: null, sessionToken };
}
