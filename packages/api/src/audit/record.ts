import { auditLog, type Db, type Transaction } from '@granary/db';
import type { Context } from '../context.ts';

/** Everything that can happen to a dataset or an account. */
export const AUDIT_ACTIONS = [
  'registered',
  'logged_in',
  'account_disabled',
  'account_enabled',
  'account_deleted',
  'api_key_made',
  'api_key_revoked',
  'created',
  'uploaded',
  'import_requested',
  'imported',
  'repair_requested',
  'repaired',
  'remove_requested',
  'removed',
  'put_back_requested',
  'put_back',
  'adopt_requested',
  'adopted',
  'cancelled',
  'updated',
  'visibility_changed',
  'owner_changed',
  'exported',
  'deleted',
  'restored',
  'purge_requested',
  'purged',
  'backup_requested',
  'backup_made',
  'backup_downloaded',
  'backup_expired',
  'restored_from_backup',
  'integrity_checked',
  'integrity_repaired',
  'audit_exported',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

export interface AuditEntry {
  action: AuditAction;
  datasetId?: string;
  performedBy: string | null;
  details?: Record<string, unknown>;
  ip?: string | null;
  apiKey?: string | null;
}

/** Puts an event of a dataset's or account's life on record; in the transaction of the change it tells of. */
export async function recordAudit(db: Db | Transaction, entry: AuditEntry): Promise<void> {
  await db.insert(auditLog).values(entry);
}

/** Who does it, for an entry. */
export const performer = ({ person, ip, apiKey }: Pick<Context, 'person' | 'ip' | 'apiKey'>) => ({
  performedBy: person?.id ?? null,
  ip,
  apiKey: apiKey?.prefix ?? null,
});
