import { beginProcessing } from '@granary/core/base/dataset-status';
import { queryOf } from '@granary/core/base/query';
import { insertImport } from '@granary/core/imports/imports';
import { requestFor } from '@granary/core/imports/kinds';
import type { PayloadOf } from '@granary/core/queue/definitions';
import type { JobQueue } from '@granary/core/queue/queue';
import type { WorkerContext } from '../context.ts';

const BATCH = 200;

interface Due {
  id: string;
  edited_by: string | null;
  /** Seconds until nobody has edited for long enough. */
  left: number;
}

/** Publishes the edits that nobody has added to for a while; of those that are still being made it looks again later. */
export async function publishDueEdits(
  context: WorkerContext,
  queue: JobQueue,
  { datasetId }: NonNullable<PayloadOf<'publish-edits'>>,
): Promise<void> {
  const { sql, db } = context.database;
  const after = context.env.GRANARY_PUBLISH_AFTER;
  const found = await sql<Due[]>`
    select d.id, e.edited_by, extract(epoch from e.edited_at - now())::float8 + ${after} as left
    from datasets d cross join lateral (
      select edited_by, edited_at from image_edits where dataset_id = d.id and annotations is not null and conflict is null
      order by edited_at desc limit 1) e
    where d.deleted_at is null and d.id in (select dataset_id from image_edits where annotations is not null and conflict is null
        ${datasetId === undefined ? sql`` : sql`and dataset_id = ${datasetId}`})
      and not exists (select 1 from imports i where i.dataset_id = d.id and i.state in ('queued', 'running'))
      and not exists (select 1 from imports i where i.dataset_id = d.id and i.kind = 'publish' and i.state = 'failed'
        and i.created_at > e.edited_at)
    limit ${BATCH}`;
  for (const { id, edited_by, left } of found) {
    if (left > 0) {
      await queue.askForPublication(id, Math.ceil(left));
      continue;
    }
    const requester = { person: edited_by === null ? null : { id: edited_by }, ip: null, apiKey: null, queue };
    await db.transaction(async (tx) => {
      if (!(await beginProcessing(queryOf(tx), id))) return;
      const request = requestFor({ kind: 'publish', publish: { format: null } });
      await insertImport(requester, tx, id, request, { uploadIds: [], importId: crypto.randomUUID() });
    });
  }
}
