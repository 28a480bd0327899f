export type { AnnotationsOptions } from './annotations.ts';
export { type ClientHelpers, type ClientOptions, createClient, type GranaryClient } from './client.ts';
export type { DownloadOptions } from './download.ts';
export { AnswerError, errorOf, JobError, UploadError } from './errors.ts';
export type { KnownUpload, UploadMemory } from './memory.ts';
export type { Pulled, PullOptions, PullProgress } from './pull.ts';
export type { FolderProgress } from './send-folder.ts';
export type { UploadFileOptions, UploadFolderOptions, UploadProgress, UploadSource } from './upload.ts';
export type * from './views.ts';
