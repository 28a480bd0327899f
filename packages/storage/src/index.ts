export { isAway } from './away.ts';
export { FilesystemStore } from './filesystem.ts';
export { keys, MAX_PATH_BYTES, RESERVED_PATH } from './keys.ts';
export { inMegabytes, isNoRoom, noRoomIn } from './no-room.ts';
export { KeyConflictError, type ObjectInfo, ObjectNotFoundError, type ObjectStore, type Part } from './object-store.ts';
export { dataDir, openStore, type StoreSettings, storeSettings } from './open.ts';
export { readAll, readRange, readStream } from './reading.ts';
export { S3Store } from './s3.ts';
