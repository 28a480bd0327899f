import { baseName } from '../paths.ts';

/**
 * What an address on the web, in a bucket or of a file server may be called among the files, the closest first: the path
 * behind the host, without a query and with `%20` and the like decoded, and for an address its last part alone. Empty for
 * a plain name.
 */
export function namesOfAddress(name: string): string[] {
  const local = /[?&]d=([^&]+)/.exec(name)?.[1];
  const isAddress = /^[a-z][a-z0-9+.-]*:\/\//i.test(name) || local !== undefined;
  if (!isAddress && !name.includes('%')) return [];
  const path = decoded(
    (local ?? (isAddress ? name.replace(/[?#].*$/, '') : name)).replace(/^[a-z0-9+.-]+:\/\/[^/]*\//i, ''),
  );
  return [...new Set(isAddress ? [path, baseName(path)] : [path])].filter((other) => other !== '' && other !== name);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
