import type { Db, Transaction } from '@granary/db';
import { readSettings, type SiteDefaults } from '../base/defaults.ts';
import { AppError } from '../errors/app-error.ts';

/** Whether this site wants to know the license of what is public. */
export async function requiresLicense(db: Db | Transaction, defaults: SiteDefaults): Promise<boolean> {
  return (await readSettings(db, defaults)).requireLicense;
}

/** @throws AppError `license_required` for what may not be public as it is */
export async function assertMayBePublic(
  db: Db | Transaction,
  defaults: SiteDefaults,
  { visibility, license }: { visibility?: string | undefined; license: string | null },
): Promise<void> {
  if (visibility !== 'public' || license !== null || !(await requiresLicense(db, defaults))) return;
  throw new AppError('license_required', {
    issues: [{ path: 'license', message: 'is required of public datasets', code: 'license_required' }],
  });
}
