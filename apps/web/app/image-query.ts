import { useSearchParams } from '@remix-run/react';
import { versionIn } from './version';

/** What images are asked for by, in addresses. */
export const IMAGE_FILTERS = ['search', 'split', 'class', 'labeled', 'issues', 'q'] as const;

/** The filters of a URL and the version that it shows, as the API takes them. */
export function filtersOf(query: URLSearchParams) {
  const labeled = query.get('labeled');
  return {
    version: versionIn(query),
    class: query.get('class') || undefined,
    split: query.get('split') || undefined,
    search: query.get('search') || undefined,
    labeled: labeled === 'true' ? ('true' as const) : labeled === 'false' ? ('false' as const) : undefined,
    empty: labeled === 'empty' ? ('true' as const) : undefined,
    labelsLost: labeled === 'lost' ? ('true' as const) : undefined,
    q: query.get('q') || undefined,
    issues: query.get('issues') === 'true' ? ('true' as const) : undefined,
  };
}

/** The address of one of the images that are asked for, or of a page about it, which leads on to the others of them. */
export function useAmongImages(): (address: string) => string {
  const [query] = useSearchParams();
  const kept = new URLSearchParams(
    [...IMAGE_FILTERS, 'version'].flatMap((name) => (query.get(name) ? [[name, query.get(name) ?? '']] : [])),
  );
  return (address) => (kept.size > 0 ? `${address}?${kept}` : address);
}
