import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const LOCK = 'lock';
/** A folder under this name is about to get its lock. */
const NEW = 'new-';
const STALE_MS = 60 * 60 * 1000;

interface Held {
  folder: string;
  lock: DatabaseSync;
}

const held = new Map<string, Held>();

/**
 * A folder for this process's own passing files, below the given one. It is made again when it has gone; those of processes
 * that have ended are removed. A lock says who lives: the system gives it back when its holder ends, however it ends, and
 * numbers of processes mean nothing to another container.
 */
export function scratchFolder(parent: string): string {
  const key = resolve(parent);
  const known = held.get(key);
  if (known && existsSync(join(known.folder, LOCK))) return known.folder;
  known?.lock.close();
  if (!known) process.once('exit', () => rmSync(held.get(key)?.folder ?? '', { recursive: true, force: true }));
  mkdirSync(key, { recursive: true });
  removeAbandoned(key);
  const name = randomUUID();
  const begun = join(key, `${NEW}${name}`);
  mkdirSync(begun);
  const lock = lockOf(join(begun, LOCK));
  if (!lock) throw new Error(`${begun} cannot be locked`);
  const folder = join(key, name);
  renameSync(begun, folder);
  held.set(key, { folder, lock });
  return folder;
}

function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    const folder = join(parent, name);
    try {
      if (!statSync(folder).isDirectory() || [...held.values()].some((own) => own.folder === folder)) continue;
      if (name.startsWith(NEW)) {
        if (Date.now() - statSync(folder).mtimeMs > STALE_MS) rmSync(folder, { recursive: true, force: true });
        continue;
      }
      if (!/^[\da-f-]{36}$/.test(name)) continue;
      const lock = existsSync(join(folder, LOCK)) ? lockOf(join(folder, LOCK)) : undefined;
      if (lock === null) continue;
      rmSync(folder, { recursive: true, force: true });
      lock?.close();
    } catch {
      // Another process removes it, too.
    }
  }
}

/** Null when another process has it. Of what Node brings only SQLite takes locks that end with their holder. */
function lockOf(path: string): DatabaseSync | null {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('pragma journal_mode = memory; begin exclusive');
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && /locked/.test(error.message)) return null;
    throw error;
  }
}
