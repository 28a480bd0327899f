export const FILTERS = [
  'search',
  'scope',
  'status',
  'labeled',
  'source',
  'taskType',
  'format',
  'tags',
  'visibility',
  'license',
  'organizationId',
] as const;

/** The filters of a URL; the procedure's own schema says which values there are. */
export function filtersOf(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries(FILTERS.flatMap((name) => (query.get(name) ? [[name, query.get(name) ?? '']] : [])));
}

export function without(query: URLSearchParams, ...names: string[]): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const name of names) next.delete(name);
  return next;
}

export function changed(query: URLSearchParams, name: string, value: string): URLSearchParams {
  const next = without(query, name);
  if (value) next.set(name, value);
  return next;
}
