import type { Api } from './views.ts';

/** The server, for what is asked of it by plain HTTP. */
export interface Server {
  base: string;
  headers: Record<string, string>;
  trpc: Api;
}

/** Where a call of the REST API is, with those of its parameters that are given. */
export function apiUrl(server: Server, path: string, query: Record<string, string | undefined> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const text = new URLSearchParams(given).toString();
  return `${server.base}/api/v1${path}${text === '' ? '' : `?${text}`}`;
}

/** The path of a dataset in the REST API. */
export const datasetPath = (id: string): string => `/datasets/${encodeURIComponent(id)}`;
