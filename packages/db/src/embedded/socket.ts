import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './error.ts';
import type { Programs } from './programs.ts';

/** What PostgreSQL calls the socket of port 5432, which every client takes for granted. */
export const SOCKET = '.s.PGSQL.5432';
/** A socket's path is at most this long on macOS; Linux has four more. */
const LONGEST_PATH_BYTES = 103;

/**
 * The folder of the server's socket, which nobody but its owner enters: the cluster's own, or, where its path is too long
 * for a socket, one in the system's folder for passing files that is found again by its name.
 *
 * @throws EmbeddedPostgresError when somebody else has that name
 */
export function socketFolder(dir: string, programs: Programs): string {
  if (Buffer.byteLength(join(dir, SOCKET)) <= LONGEST_PATH_BYTES) return dir;
  const folder = join(tmpdir(), `granary-${createHash('sha256').update(dir).digest('hex').slice(0, 16)}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || (found.uid !== programs.uid && found.uid !== process.getuid?.())) {
    throw new EmbeddedPostgresError(
      `${folder} belongs to somebody else, and ${dir} is too long for a socket. Set GRANARY_DATA_DIR to a shorter path.`,
    );
  }
  chmodSync(folder, 0o700);
  programs.own(folder);
  return folder;
}
