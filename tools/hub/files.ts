import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join, relative } from 'node:path';

/** The folder of a branch, a tag, or a commit. */
export function revisionOf(root: string, asked: string): string | null {
  if (asked === 'refs/convert/parquet') return existsSync(join(root, 'parquet')) ? 'parquet' : null;
  // Every repository has this branch, be it empty.
  if (asked === 'main') return asked;
  const known = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return (
    known.find(({ name }) => (name === asked && name !== 'parquet') || commitOf(root, name) === asked)?.name ?? null
  );
}

export function commitOf(root: string, revision: string): string {
  const files = filesBelow(join(root, revision)).map(({ path, size }) => `${path} ${size}`);
  return createHash('sha1')
    .update([root, revision, ...files].join('\n'))
    .digest('hex');
}

export function filesBelow(folder: string): { path: string; size: number }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(folder, path), size: statSync(path).size }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function rangeOf(req: IncomingMessage, size: number): { start: number; end: number } | null {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(req.headers.range ?? '') ?? [];
  if (from === undefined) return null;
  return { start: Number(from), end: Math.min(size - 1, to ? Number(to) : size - 1) };
}

interface Hashes {
  mtimeMs: number;
  size: number;
  sha256: string;
  gitSha1: string;
  /** The Hub keeps binaries and what is larger than 10 MB in LFS. */
  isLfs: boolean;
}
const known = new Map<string, Hashes>();

export function hashesOf(path: string): Hashes {
  const { mtimeMs, size } = statSync(path);
  const before = known.get(path);
  if (before?.mtimeMs === mtimeMs && before.size === size) return before;
  const sha256 = createHash('sha256');
  const git = createHash('sha1').update(`blob ${size}\0`);
  const file = openSync(path, 'r');
  const piece = Buffer.alloc(4 * 1024 * 1024);
  for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) {
    sha256.update(piece.subarray(0, read));
    git.update(piece.subarray(0, read));
  }
  closeSync(file);
  const hashes = {
    mtimeMs,
    size,
    sha256: sha256.digest('hex'),
    gitSha1: git.digest('hex'),
    isLfs: /\.(parquet|arrow|gz|zst)$/.test(path) || size > 1024 * 1024,
  };
  known.set(path, hashes);
  return hashes;
}
