export { type AnnotationDownload, downloadAnnotations } from './annotations/download.ts';
export { type AuditEntry, recordAudit } from './audit.ts';
export { type Person, SESSION_COOKIE, Sessions } from './auth/sessions.ts';
export type { Context, Services } from './context.ts';
export { MAX_DISTANCE } from './duplicates/schemas.ts';
export { AppError, type ErrorBody, toAppError } from './errors.ts';
export { announceJob, EventBus } from './events.ts';
export { answerContent } from './files/content.ts';
export { requireFile } from './files/files.ts';
export { thumbnail } from './images/thumbnails.ts';
export { analysis, type ImportOptions, importCounts, importOptions, keptOptions, report } from './imports/schemas.ts';
export { watchJob } from './jobs/activities.ts';
export { installQueues, JobQueue } from './jobs/queue.ts';
export { isFinished, type JobView } from './jobs/schemas.ts';
export { type JobStep, messageOf } from './jobs/steps.ts';
export { compareImagesJob, DEAD_LETTER_QUEUE, expireUploadsJob, importJob, JOBS, type JobDefinition } from './jobs.ts';
export { requireDataset } from './policy.ts';
export { createRestHandler, openApiDocument } from './rest.ts';
export { type AppRouter, appRouter, type Caller, createCaller } from './router.ts';
export type { SignedInContext } from './trpc.ts';
export {
  finishUpload,
  recordProgress,
  registerUpload,
  requireUpload,
  terminateUpload,
  UPLOAD_TTL_SECONDS,
} from './uploads/uploads.ts';
