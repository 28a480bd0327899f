/** The package has no types of its own: https://github.com/holepunchto/fs-native-extensions#api */
declare module 'fs-native-extensions' {
  /** Locks an open file for this process and those that inherit the descriptor; false when others hold it. */
  export function tryLock(fd: number): boolean;
}
