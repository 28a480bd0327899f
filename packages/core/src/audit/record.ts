import { auditLog, type Db, type Transaction } from '@granary/db';
import type { Context } from '../base/context.ts';
import type { Anonymous } from '../base/person.ts';
import type { AuditAction } from './actions.ts';

export interface AuditEntry {
  action: AuditAction;
  datasetId?: string;
  performedBy: string | null;
  details?: Record<string, unknown>;
  ip?: string | null;
  apiKey?: string | null;
}

/** Writes an entry of the audit log, in the transaction of the change that it is about. */
export async function recordAudit(db: Db | Transaction, entry: AuditEntry): Promise<void> {
  await db.insert(auditLog).values(entry);
}

/** Who did something: a person, someone known by address only, or the site itself. */
export interface Performer extends Pick<Context, 'ip' | 'apiKey'> {
  person: { id: string } | Anonymous | null;
}

/** The columns of an entry that say who did it. */
export const performer = ({ person, ip, apiKey }: Performer) => ({
  performedBy: person && 'id' in person ? person.id : null,
  ip,
  apiKey: apiKey?.prefix ?? null,
});
