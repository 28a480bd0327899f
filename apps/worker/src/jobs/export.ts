import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { JobFailure } from '@granary/core/errors/failures';
import type { PayloadOf } from '@granary/core/queue/definitions';
import { CONTAINERS } from '@granary/db';
import { keys } from '@granary/storage';
import type { WorkerContext } from '../context.ts';
import { contentsOf, lossesFor } from '../exports/contents.ts';
import type { ExportItem } from '../exports/item.ts';
import { type Order, orderOf } from '../exports/order.ts';
import { packed } from '../exports/pack.ts';
import { StoredFiles } from '../exports/stored.ts';
import type { Handler, JobRun } from '../runner.ts';

type Payload = PayloadOf<'export'>;

/** Packs a revision into an archive in the store. What an earlier attempt has written is written over. */
export function exportHandler(context: WorkerContext): Handler<Payload> {
  const { database, store } = context;
  const { sql } = database;
  return {
    async run({ exportId }, run) {
      const order = await orderOf(database, exportId);
      const { storageKey, state } = order.row;
      if (state === 'completed') return { exportId };
      await store.abortMultiparts(storageKey);
      const folder = await mkdtemp(join(tmpdir(), 'granary-export-'));
      const made = await makeArchive(context, order, run, folder).finally(() =>
        rm(folder, { recursive: true, force: true }),
      );
      const isKept = await sql.begin(async (tx) => {
        await run.assertCurrent(tx);
        const { count } = await tx`
          update exports set state = 'completed', size = ${made.sizeBytes}, sha256 = ${made.sha256}, num_files = ${made.numFiles}, finished_at = now()
          where id = ${exportId} and state = 'running'`;
        return count > 0;
      });
      if (!isKept) {
        await store.delete([storageKey]);
        throw new JobFailure('export_gone', 'The export was deleted in the meantime.');
      }
      return { exportId, ...made };
    },
    async takeBack({ exportId, datasetId }, { state }) {
      const [row] = await sql<{ state: string }[]>`select state from exports where id = ${exportId}`;
      if (row?.state === 'completed') return;
      await sql`update exports set state = ${state}, finished_at = now() where id = ${exportId} and state in ('queued', 'running')`;
      // Its row may have gone with the dataset.
      for (const container of CONTAINERS) {
        const key = keys.export(datasetId, exportId, container);
        await store.abortMultiparts(key);
        await store.delete([key]);
      }
    },
  };
}

interface Made {
  sizeBytes: number;
  sha256: string;
  numFiles: number;
}

async function makeArchive(
  { database, store, tables }: WorkerContext,
  order: Order,
  run: JobRun,
  folder: string,
): Promise<Made> {
  const { row, dataset } = order;
  const { sql } = database;
  run.progress(0, 'exporting');
  const stored = new StoredFiles({ database, store }, row.revision, run.signal);
  const reading = { database, tables, signal: run.signal, folder, stored };
  const losses = await lossesFor(reading, order);
  await sql`update exports set state = 'running', losses = ${sql.json(losses.map((loss) => ({ ...loss })))} where id = ${row.id} and state in ('queued', 'running')`;
  const { images, container } = row.options;
  const expectedBytes = (images ? dataset.sizeBytes : 0) + dataset.numAnnotations * 100 + 1024 ** 2;
  const made = { written: 0, numFiles: 0 };
  const items = counted(contentsOf(reading, order, losses), made);
  const sha256 = createHash('sha256');
  async function* observed() {
    for await (const chunk of packed(items, container, stored)) {
      run.signal.throwIfAborted();
      sha256.update(chunk);
      made.written += chunk.length;
      run.progress(99 * Math.min(1, made.written / expectedBytes), 'exporting');
      yield chunk;
    }
  }
  const { sizeBytes } = await store.put(row.storageKey, Readable.from(observed(), { objectMode: false }), {
    contentType: container === 'zip' ? 'application/zip' : 'application/x-tar',
    signal: run.signal,
    expectedBytes,
  });
  return { sizeBytes, sha256: sha256.digest('hex'), numFiles: made.numFiles };
}

async function* counted(items: AsyncIterable<ExportItem>, made: { numFiles: number }): AsyncGenerator<ExportItem> {
  for await (const item of items) {
    made.numFiles++;
    yield item;
  }
}
