import { hostname } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { createClient, type GranaryClient } from '@granary/client';
import { forgetKept, type GlobalOptions, keep, readKept, urlOf } from './config.ts';
import { environment } from './environment.ts';
import { UsageError } from './exit.ts';
import { print } from './output.ts';

/** Signs in with a password for the length of a few calls. @throws Error as Granary answers */
export async function withSession<T>(
  options: GlobalOptions & { email: string },
  work: (client: GranaryClient) => Promise<T>,
): Promise<T> {
  const url = await urlOf(options);
  const password = await readPassword();
  // Tried once: to wait out the limit of sign-ins is for whoever types the password.
  const client = createClient({ url, retries: 0, fetch: fetchWithCookie() });
  await client.auth.login.mutate({ email: options.email, password });
  try {
    return await work(client);
  } finally {
    await client.auth.logout.mutate().catch(() => {});
  }
}

/** Node keeps no cookies: this keeps that of the session. */
function fetchWithCookie(): typeof fetch {
  let cookie = '';
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    if (cookie) headers.set('cookie', cookie);
    const response = await fetch(input, { ...init, headers });
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    return response;
  };
}

/** Makes a key for this computer and keeps it. */
export async function login(options: GlobalOptions & { email: string }): Promise<void> {
  const url = await urlOf(options);
  const key = await withSession(options, (client) =>
    client.auth.createApiKey.mutate({ name: `granary on ${hostname()}`, scopes: ['read', 'write'] }),
  );
  const file = await keep({ url, apiKey: key.secret, keyId: key.id });
  print({ url, prefix: key.prefix, file }, () => `Signed in to ${url}. The key gk_${key.prefix}_… is kept in ${file}.`);
}

/** A key cannot revoke itself: that is done on the page of keys, or with "granary keys revoke". */
export async function logout(_: GlobalOptions): Promise<void> {
  const kept = await readKept();
  if (!kept) throw new UsageError('You are not signed in.');
  await forgetKept();
  const { url, keyId } = kept;
  print(
    { url, keyId },
    () => `Signed out. The key itself still works; to revoke it: granary keys revoke ${keyId} --url ${url} --email …`,
  );
}

/** From GRANARY_PASSWORD, from what is piped in, or typed where nobody sees it. */
async function readPassword(): Promise<string> {
  const given = environment('GRANARY_PASSWORD');
  if (given) return given;
  const isTyped = process.stdin.isTTY === true;
  if (isTyped) process.stderr.write('Password: ');
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: isTyped });
  const password = await new Promise<string>((done) => {
    lines.once('line', done);
    lines.once('close', () => done(''));
  });
  lines.close();
  if (isTyped) process.stderr.write('\n');
  if (!password) throw new UsageError('No password was given. Set GRANARY_PASSWORD, or type it.');
  return password;
}
