/** The types a client needs; the client itself is tRPC's own. */
export type { AccountView } from './accounts/schemas.ts';
export type { AuditEntryView } from './audit/schemas.ts';
export type { ApiKeyView } from './auth/schemas.ts';
export type { Person } from './auth/sessions.ts';
export type { BackupView } from './backups/schemas.ts';
export type { DatasetView, StatisticsView } from './datasets/schemas.ts';
export type { BulkOutcome, Deleted, DeletionImpact, TrashItem } from './deletion/schemas.ts';
export type { DuplicateGroup } from './duplicates/schemas.ts';
export type { ErrorCode } from './error-kinds.ts';
export type { ErrorBody } from './errors.ts';
export type { FilePreview, FileView } from './files/schemas.ts';
export type { AnnotationView, ImageView } from './images/schemas.ts';
export type { ImportView } from './imports/schemas.ts';
export type { IntegrityCheckView, IntegrityFindingView } from './integrity/schemas.ts';
export type { JobView } from './jobs/schemas.ts';
export type { AppRouter } from './router.ts';
export type { GrantView } from './sharing/schemas.ts';
export type { UsageView } from './usages/schemas.ts';
