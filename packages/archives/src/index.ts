export { ArchiveError } from './archive-error.ts';
export { type Archive, type Entry, SMALL_BYTES } from './entry.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export { openStoredZip, openUpload, type UploadedFile } from './open.ts';
export { type TarItem, writeTar } from './tar-writer.ts';
export { Spool, writeZip, type ZipItem } from './zip-writer.ts';
