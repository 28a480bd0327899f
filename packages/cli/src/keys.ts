import type { GlobalOptions } from './config.ts';
import { withSession } from './login.ts';
import { print, table } from './output.ts';

type Options = GlobalOptions & { email: string };

export async function listKeys(options: Options): Promise<void> {
  const { items } = await withSession(options, (client) => client.auth.listApiKeys.query());
  print(items, () =>
    table([
      ['ID', 'KEY', 'NAME', 'SCOPES', 'LAST USED', 'EXPIRES'],
      ...items.map(({ id, prefix, name, scopes, lastUsedAt, expiresAt }) => [
        ...[id, `gk_${prefix}_…`, name, scopes.join('+'), lastUsedAt ?? 'never', expiresAt ?? 'never'],
      ]),
    ]),
  );
}

export async function createKey(
  name: string,
  options: Options & { write?: boolean; dataset?: string; days: string },
): Promise<void> {
  const key = await withSession(options, (client) =>
    client.auth.createApiKey.mutate({
      name,
      scopes: options.write ? ['read', 'write'] : ['read'],
      ...(options.dataset ? { datasetId: options.dataset } : {}),
      expiresAt: new Date(Date.now() + Number(options.days) * 86_400_000).toISOString(),
    }),
  );
  print(key, () => key.secret);
}

export async function revokeKey(id: string, options: Options): Promise<void> {
  const answer = await withSession(options, (client) => client.auth.revokeApiKey.mutate({ id }));
  print(answer, () => `The key ${id} was revoked.`);
}
