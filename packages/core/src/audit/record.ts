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

/** Puts an event of a dataset's or account's life on record; in the transaction of the change it tells of. */
export async function recordAudit(db: Db | Transaction, entry: AuditEntry): Promise<void> {
  await db.insert(auditLog).values(entry);
}

/** Who does something: a person, someone of whom only the address is known, or the site itself. */
export interface Performer extends Pick<Context, 'ip' | 'apiKey'> {
  person: { id: string } | Anonymous | null;
}

/** Who does it, for an entry. */
export const performer = ({ person, ip, apiKey }: Performer) => ({
  performedBy: person && 'id' in person ? person.id : null,
  ip,
  apiKey: apiKey?.prefix ?? null,
});
