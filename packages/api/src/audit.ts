import { auditLog, type Db, type Transaction } from '@granary/db';

export interface AuditEntry {
  action: string;
  datasetId?: string;
  performedBy: string | null;
  details?: Record<string, unknown>;
  ip?: string | null;
}

/** Puts an event of a dataset's or account's life on record; in the transaction of the change it tells of. */
export async function recordAudit(db: Db | Transaction, entry: AuditEntry): Promise<void> {
  await db.insert(auditLog).values(entry);
}
