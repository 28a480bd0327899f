import postgres from 'postgres';

/**
 * Opens postgres.js on a URL as libpq and `pg` read it: `?host=/folder` is the folder of a Unix socket, which postgres.js
 * alone would send to the server as a setting.
 */
export function openSql(url: string, options: postgres.Options<Record<string, never>> = {}): postgres.Sql {
  if (!/[?&]host=/.test(url)) return postgres(url, options);
  const parsed = new URL(url);
  const host = parsed.searchParams.get('host') ?? '';
  const port = Number(parsed.searchParams.get('port') ?? parsed.port) || 5432;
  for (const name of ['host', 'port']) parsed.searchParams.delete(name);
  const place = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
  return postgres(parsed.href, { ...options, ...place });
}
