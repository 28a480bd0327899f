import { datasetFiles } from '@granary/db';
import { and, eq, sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import { assertRowId } from '../base/ids.ts';
import { lockDataset } from '../base/locks.ts';
import { AppError } from '../errors/app-error.ts';
import { enqueueImport } from './imports.ts';
import { requestFor } from './kinds.ts';
import type { removal } from './options.ts';

/**
 * Queues a job that puts back the files of a removal. Newer files at the same paths stay.
 *
 * @throws AppError `wrong_state` when nothing of it is left
 */
export async function putFilesBack(
  ctx: Permitted<'edit'>,
  { id, importId }: { id: string; importId: string },
): Promise<{ importId: string; jobId: string }> {
  assertRowId(importId);
  return ctx.database.db.transaction(async (tx) => {
    await lockDataset(tx, id);
    const [removed] = await tx
      .select({ id: datasetFiles.id })
      .from(datasetFiles)
      .where(and(eq(datasetFiles.datasetId, id), eq(datasetFiles.removedBy, importId)))
      .limit(1);
    if (!removed) {
      throw new AppError('wrong_state', {
        message: 'Nothing of this removal can be put back: it was already put back, or its time is up.',
      });
    }
    return enqueueImport(ctx, tx, id, requestFor({ kind: 'put_back', onConflict: 'skip', putBack: importId }));
  });
}

/**
 * Queues a job that takes files out of the draft, and reads what stays. Versions that have them keep them.
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
