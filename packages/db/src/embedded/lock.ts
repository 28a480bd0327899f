/// <reference path="./fs-native-extensions.d.ts" />
import { closeSync, openSync } from 'node:fs';
import { tryLock } from 'fs-native-extensions';

export interface FileLock {
  /** Whoever inherits this descriptor holds the lock, too. */
  readonly fd: number;
  /** Gives up this process's share; the lock stays with those who inherited it. */
  release(): void;
}

/**
 * Locks a file, making it where it is missing. The kernel drops the lock with the last process that has the descriptor,
 * however that ends; so a lock says who is alive, which a number in a file can't in a container that starts anew.
 *
 * @returns null when another process holds it
 * @throws the system's error when the file can't be opened, or its file system knows no locks
 */
export function lockFile(path: string): FileLock | null {
  const fd = openSync(path, 'a+', 0o600);
  try {
    if (tryLock(fd)) return { fd, release: () => closeSync(fd) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  closeSync(fd);
  return null;
}
