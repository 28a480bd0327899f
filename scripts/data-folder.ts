import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileLock, lockFile } from '@granary/db/embedded';
import { StartError } from './console.ts';

/** What Granary makes in its data folder, with what earlier versions made there. */
const OURS =
  /^(objects|postgres|postgres\.new|postgres\.pgpass(\.new)?|secret\.key|granary\.(lock|pid)|\.private|lost\+found)$/;
/** Group and others may do nothing; but the account of PostgreSQL may go through the folder itself (decision 24). */
const FOREIGN = 0o077;
const FOREIGN_BUT_TRAVERSAL = 0o067;

/**
 * Makes the data folder, or closes one of an earlier version to other accounts, and has this process and those it starts
 * make nothing that others may read. A folder that holds more than Granary's things is left as it is; its parts are not.
 *
 * @returns whether files below are still to be made private, by {@link makePrivate}
 * @throws StartError when the folder can't be used
 */
export function prepareDataFolder(dataDir: string): { isPrivate: boolean } {
  process.umask(FOREIGN);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const names = readdirSync(dataDir);
    if (names.length === 0) writeFileSync(join(dataDir, '.private'), '');
    if (names.every((name) => OURS.test(name))) close(dataDir, FOREIGN_BUT_TRAVERSAL);
    for (const name of names) if (OURS.test(name)) close(join(dataDir, name), FOREIGN);
    return { isPrivate: existsSync(join(dataDir, '.private')) };
  } catch (error) {
    throw unusable(dataDir, error);
  }
}

function close(path: string, bits: number): void {
  const { mode } = lstatSync(path);
  if ((mode & bits) === 0) return;
  try {
    chmodSync(path, mode & 0o700);
  } catch (error) {
    console.error(
      `Other accounts of this machine may reach ${path}, and that can't be changed: ${(error as Error).message}`,
    );
  }
}

/**
 * Takes what an earlier version made away from group and others, file by file; a million files take a while, and are out of
 * reach meanwhile, since the folders above them are closed. A run that is cut off is done again by the next start.
 */
export async function makePrivate(dataDir: string, signal: AbortSignal): Promise<void> {
  const counts = { changed: 0, refused: 0 };
  for (const name of readdirSync(dataDir)) {
    if (OURS.test(name)) await makeTreePrivate(join(dataDir, name), counts, signal);
    if (signal.aborted) return;
  }
  writeFileSync(join(dataDir, '.private'), '');
  if (counts.changed > 0)
    console.log(`${counts.changed} files and folders of ${dataDir} were readable by others: no longer.`);
  if (counts.refused > 0) console.error(`${counts.refused} files and folders of ${dataDir} could not be made private.`);
}

async function makeTreePrivate(
  path: string,
  counts: { changed: number; refused: number },
  signal: AbortSignal,
): Promise<void> {
  try {
    const found = await lstat(path);
    if (found.isSymbolicLink()) return;
    if (found.isDirectory()) {
      for await (const entry of await opendir(path)) {
        if (signal.aborted) return;
        await makeTreePrivate(join(path, entry.name), counts, signal);
      }
    }
    if ((found.mode & FOREIGN) === 0) return;
    await chmod(path, found.mode & 0o700);
    counts.changed++;
  } catch (error) {
    // Passing files go while this looks at them.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') counts.refused++;
  }
}

/**
 * Two Granaries on one embedded PostgreSQL would stop each other's. The kernel drops the lock when this process ends,
 * however it does; the number in it is for people.
 *
 * @throws StartError when another Granary has it
 */
export function lockDataFolder(dataDir: string): FileLock {
  const path = join(dataDir, 'granary.lock');
  try {
    const lock = lockFile(path);
    if (lock) {
      writeFileSync(path, String(process.pid));
      rmSync(join(dataDir, 'granary.pid'), { force: true });
      return lock;
    }
  } catch (error) {
    throw unusable(dataDir, error);
  }
  throw new StartError(
    `Another Granary (process ${readFileSync(path, 'utf8')}) uses ${dataDir}. Stop it first, or set GRANARY_DATA_DIR to another folder.`,
  );
}

/** A key for secrets, made once, that nobody but this account reads: for one machine; several need GRANARY_SECRET_KEY. */
export function secretKey(dataDir: string): string {
  const path = join(dataDir, 'secret.key');
  try {
    writeFileSync(path, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(dataDir, error);
  }
  return readFileSync(path, 'utf8').trim();
}

function unusable(dataDir: string, error: unknown): StartError {
  return new StartError(
    `The data folder ${dataDir} can't be used: ${(error as Error).message}. Mend it, or set GRANARY_DATA_DIR to another folder.`,
  );
}
