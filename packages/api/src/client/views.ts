/** The types that a client meets. */
export type { AccountView } from '../accounts/schemas.ts';
export type { AdminDatasetView, AdminJobView, QueueView, StorageReport, WorkerView } from '../admin/schemas.ts';
export type { AuditEntryView } from '../audit/schemas.ts';
export type { ApiKeyView } from '../auth/schemas.ts';
export type { Person } from '../auth/sessions.ts';
export type { BackupView } from '../backups/schemas.ts';
export type { DatasetView, StatisticsView } from '../datasets/schemas.ts';
export type { BulkOutcome, Deleted, DeletionImpact, TrashItem } from '../deletion/schemas.ts';
export type { DuplicateGroup } from '../duplicates/schemas.ts';
export type { ErrorCode } from '../error-kinds.ts';
export type { ErrorBody } from '../errors.ts';
export type { FilePreview, FileView } from '../files/schemas.ts';
export type { HubInfoView } from '../hub/schemas.ts';
export type { AnnotationView, ImageView } from '../images/schemas.ts';
export type { ImportView } from '../imports/schemas.ts';
export type { IntegrityCheckView, IntegrityFindingView } from '../integrity/schemas.ts';
export type { JobView } from '../jobs/schemas.ts';
export type { MemberView, OrganizationView } from '../organizations/schemas.ts';
export type { AppRouter } from '../router.ts';
export type {
  GrantView,
  Invitation,
  InvitationLink,
  KnownPerson,
  ShareLinkView,
  TransferView,
} from '../sharing/schemas.ts';
export type { SiteSettings } from '../site/schemas.ts';
export type {
  ColumnStatisticsView,
  SampleColumn,
  SampleItem,
  SearchProgressView,
  TableListView,
} from '../tables/schemas.ts';
export type { TokenizationView, TokenPreviewView } from '../tokenization/schemas.ts';
export type { UsageView } from '../usages/schemas.ts';
