import { sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import { lockDataset } from '../base/locks.ts';
import { AppError } from '../errors/app-error.ts';
import { enqueueImport } from './imports.ts';
import { requestFor } from './kinds.ts';
import type { removal } from './options.ts';

/**
 * Queues a job that takes files out of the draft, and reads what stays. Versions that have them keep them, and it can be undone.
 *
 * @throws AppError `invalid_input` when nothing is named, `not_found` when the draft has none of it
 */
export async function removeFiles(
  ctx: Permitted<'edit'>,
  { id, paths, folders }: z.infer<typeof removal> & { id: string },
): Promise<{ importId: string; jobId: string }> {
  if (paths.length === 0 && folders.length === 0) {
    throw new AppError('invalid_input', { issues: [{ path: 'paths', message: 'names neither a file nor a folder' }] });
  }
  return ctx.database.db.transaction(async (tx) => {
    await lockDataset(tx, id);
    const found = await tx.execute(sql`
      select 1 from dataset_files f where f.dataset_id = ${id} and f.removed_in is null
        and (f.path = any(${sql.param(paths)}::text[])
          or exists (select 1 from unnest(${sql.param(folders)}::text[]) folder where starts_with(f.path, folder))) limit 1`);
    if (found.length === 0) throw new AppError('not_found', { message: 'The dataset has no such files.' });
    return enqueueImport(ctx, tx, id, requestFor({ kind: 'remove', remove: { paths, folders } }));
  });
}
