export { type AnnotationDownload, downloadAnnotations } from './annotations/download.ts';
export { writableDataset } from './annotations/writable.ts';
export { exportAudit, readAuditExport } from './audit/log.ts';
export { personOfApiKey } from './auth/api-keys.ts';
export { countRequest } from './auth/rate-limits.ts';
export { isByLinkOnly, type Person, SESSION_COOKIE, Sessions } from './auth/sessions.ts';
export { downloadBackup } from './backups/backups.ts';
export type { Context, Services } from './context.ts';
export { MAX_DISTANCE } from './duplicates/schemas.ts';
export { AppError, type ErrorBody, issuesOf, toAppError } from './errors.ts';
export { announceJob, EventBus } from './events.ts';
export { answerContent } from './files/content.ts';
export { requireFile } from './files/files.ts';
export { pictureOf, thumbnail } from './images/thumbnails.ts';
export {
  analysis,
  type ImportOptions,
  importCounts,
  importOptions,
  type KeptOptions,
  keptOptions,
  report,
} from './imports/schemas.ts';
export { watchJob } from './jobs/activities.ts';
export { installQueues, JobQueue } from './jobs/queue.ts';
export { isFinished, type JobView } from './jobs/schemas.ts';
export { startJob } from './jobs/start.ts';
export { type JobStep, messageOf } from './jobs/steps.ts';
export {
  backupJob,
  compareImagesJob,
  DEAD_LETTER_QUEUE,
  downloadJob,
  expireUploadsJob,
  importJob,
  integrityJob,
  JOBS,
  type JobDefinition,
  purgeJob,
  restoreBackupJob,
  retentionJob,
  statisticsJob,
  weeklyIntegrityJob,
} from './jobs.ts';
export { type Mailer, mailSettings, openMailer } from './mail.ts';
export { openApiDocument } from './openapi.ts';
export { type Dataset, datasetColumns, findDataset, permits, requireDataset } from './policy.ts';
export { assertQuota } from './quotas.ts';
export { createRestHandler } from './rest.ts';
export { type AppRouter, appRouter, type Caller, createCaller } from './router.ts';
export { type HubSettings, hubSettings, unseal } from './secrets.ts';
export { linkOfCookie, personOfLink } from './sharing/share-links.ts';
export { inDays, readSettings, type SiteDefaults, siteDefaults } from './site/settings.ts';
export { readCell } from './tables/samples.ts';
export { chooseSplit, splitsOf, type TableSplit } from './tables/shards.ts';
export { countedOf, keepCounted } from './tables/statistics.ts';
export { openTokenizer } from './tokenization/open-tokenizer.ts';
export { keptTokenization, tokenizationStatistics } from './tokenization/schemas.ts';
export { columnOf, folderOf, queueTokenization } from './tokenization/tokenizations.ts';
export { columnsOfTemplate, fetchTokenizer, textOf } from './tokenization/tokenizer.ts';
export { requireScope, type SignedInContext } from './trpc.ts';
export {
  finishUpload,
  recordProgress,
  registerUpload,
  requireUpload,
  terminateUpload,
  UPLOAD_TTL_SECONDS,
} from './uploads/uploads.ts';
