import { useSearchParams } from '@remix-run/react';

/** The version that a page shows, which its address names; undefined for the draft. */
export const versionIn = (query: URLSearchParams): string | undefined => query.get('version') || undefined;

export const versionOf = ({ url }: Pick<Request, 'url'>): string | undefined => versionIn(new URL(url).searchParams);

export function useVersion(): string | undefined {
  const [query] = useSearchParams();
  return versionIn(query);
}

/** A path or URL that shows the same of a version, or of the draft. */
export function atVersion(address: string, version: string | undefined): string {
  if (version === undefined) return address;
  return `${address}${address.includes('?') ? '&' : '?'}version=${encodeURIComponent(version)}`;
}
