/**
 * The types that a client meets. They are those of the server; what is packed has them written out (pack/contract.ts), so
 * that nothing of the server is needed to read them.
 */

import type { AppRouter } from '@granary/api';
import type { TRPCClient } from '@trpc/client';

export type { AccountView } from '@granary/core/accounts/schemas';
export type { ApiKeyView } from '@granary/core/accounts/sign-in-schemas';
export type {
  AnnotatedImage,
  AnnotationView,
  ImageAnnotations,
  SavedAnnotation,
} from '@granary/core/annotations/schemas';
export type { AuditEntryView } from '@granary/core/audit/schemas';
export type { BackupView } from '@granary/core/backups/schemas';
export type { SiteSettings } from '@granary/core/base/defaults';
export type { Person } from '@granary/core/base/person';
export type { DatasetView, StatisticsView } from '@granary/core/datasets/schemas';
export type { BulkOutcome, Deleted, DeletionImpact, TrashItem } from '@granary/core/deletion/schemas';
export type { DuplicateGroup } from '@granary/core/duplicates/schemas';
export type { ErrorBody } from '@granary/core/errors/app-error';
export type { ErrorCode } from '@granary/core/errors/table';
export type { ExportView } from '@granary/core/exports/schemas';
export type { FilePreview, FileView } from '@granary/core/files/schemas';
export type { HubInfoView } from '@granary/core/hub/schemas';
export type { ImageView } from '@granary/core/images/schemas';
export type { ImportView } from '@granary/core/imports/schemas';
export type { IntegrityCheckView, IntegrityFindingView } from '@granary/core/integrity/schemas';
export type { JobView } from '@granary/core/jobs/schemas';
export type { MemberView, OrganizationView } from '@granary/core/organizations/schemas';
export type {
  ColumnStatisticsView,
  SampleColumn,
  SampleItem,
  SearchProgressView,
  TableListView,
} from '@granary/core/rows/schemas';
export type {
  GrantView,
  Invitation,
  InvitationLink,
  KnownPerson,
  ShareLinkView,
  TransferView,
} from '@granary/core/sharing/schemas';
export type {
  AdminDatasetView,
  AdminJobView,
  QueueView,
  StorageReport,
  WorkerView,
} from '@granary/core/site/overview-schemas';
export type { TokenizationView, TokenPreviewView } from '@granary/core/tokenization/schemas';
export type { UsageView } from '@granary/core/usages/schemas';
export type {
  DiffRows,
  DiffSummary,
  FileChange,
  ImageChange,
  RevisionView,
  VersionView,
} from '@granary/core/versions/schemas';

/** Every procedure, by the path of its router. */
export type Api = TRPCClient<AppRouter>;
