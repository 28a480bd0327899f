export { EmbeddedPostgresError } from './error.ts';
export { type FileLock, lockFile } from './lock.ts';
export { type EmbeddedPostgres, startEmbeddedPostgres } from './server.ts';
