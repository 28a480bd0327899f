/** What an address of the Hub asks for. */

interface Repo {
  kind: 'datasets' | 'models';
  repo: string;
}
export type Asked =
  | (Repo & { call: 'info'; revision: string | null })
  | (Repo & { call: 'tree'; revision: string | null })
  | (Repo & { call: 'parquet' })
  | (Repo & { call: 'parquet-file'; subset: string; split: string; number: string })
  | (Repo & { call: 'resolve'; revision: string; path: string });

export function parse(pathname: string): Asked | null {
  const api = /^\/api\/(datasets|models)\/(.+)$/.exec(pathname);
  if (api) {
    const kind = api[1] as 'datasets' | 'models';
    const split = splitRepo(api[2] ?? '');
    const [call = '', ...rest] = split.rest;
    const decoded = rest.map(decodeURIComponent);
    const base = { kind, repo: split.repo };
    if (call === '') return { ...base, call: 'info', revision: null };
    if (call === 'revision') return { ...base, call: 'info', revision: decoded[0] ?? null };
    if (call === 'tree') return { ...base, call: 'tree', revision: decoded[0] ?? null };
    if (call === 'parquet' && rest.length === 0) return { ...base, call: 'parquet' };
    if (call === 'parquet' && rest.length === 3) {
      const [subset = '', name = '', file = ''] = decoded;
      return { ...base, call: 'parquet-file', subset, split: name, number: file.replace('.parquet', '') };
    }
    return null;
  }
  const isDataset = pathname.startsWith('/datasets/');
  const kind = isDataset ? 'datasets' : 'models';
  const split = splitRepo(pathname.slice(isDataset ? '/datasets/'.length : 1));
  const [call, revision, ...rest] = split.rest;
  if (call !== 'resolve' || !revision || rest.length === 0) return null;
  return {
    kind,
    repo: split.repo,
    call: 'resolve',
    revision: decodeURIComponent(revision),
    path: rest.map(decodeURIComponent).join('/'),
  };
}

/** The words that follow a repository's name in addresses. */
const CALLS = new Set(['revision', 'tree', 'parquet', 'resolve']);

function splitRepo(path: string): { repo: string; rest: string[] } {
  const parts = path.split('/');
  const length = parts.length === 1 || CALLS.has(parts[1] ?? '') ? 1 : 2;
  return { repo: parts.slice(0, length).join('/'), rest: parts.slice(length) };
}
