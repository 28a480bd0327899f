import type { Sql } from '@granary/db';
import type { ObjectInfo, ObjectStore } from '@granary/storage';
import type { JobRun } from '../runner.ts';
import type { Findings } from './findings.ts';

const PAGE = 1000;
/** What is younger may belong to something that is just being made. */
const GRACE_MS = 3_600_000;

interface Looking {
  sql: Sql;
  store: ObjectStore;
  run: JobRun;
  findings: Findings;
}

/** Objects that belong to nothing: of datasets, uploads, exports and backups that nobody knows. */
export async function findStrays(context: Looking): Promise<void> {
  const { sql } = context;
  const datasetsOf = async (ids: string[]) =>
    new Set((await sql<{ id: string }[]>`select id from datasets where id = any(${ids})`).map(({ id }) => id));
  for (const prefix of ['datasets/', 'history/', 'thumbnails/']) {
    await findUnowned(context, prefix, 'orphan_object', ([, id]) => id ?? '', datasetsOf);
  }
  await findUnowned(
    context,
    'exports/',
    'orphan_object',
    (parts) => parts.join('/'),
    async (archives) => {
      const rows = await sql<{ key: string }[]>`
      select storage_key as key from exports where storage_key = any(${archives}) and state in ('queued', 'running', 'completed')`;
      return new Set(rows.map(({ key }) => key));
    },
  );
  await findUnowned(
    context,
    'backups/',
    'orphan_object',
    (parts) => parts.join('/'),
    async (backups) => {
      const rows = await sql<{ key: string }[]>`
      select storage_key as key from backups where storage_key = any(${backups}) and state in ('running', 'verified')`;
      return new Set(rows.map(({ key }) => key));
    },
  );
  await findUnowned(context, 'uploads/', 'abandoned_upload', uploadOf, async (ids) => {
    const rows = await sql<{ id: string }[]>`
      select id from uploads where id = any(${ids}) and state <> 'expired'
      union select 'imports/' || id::text from imports where 'imports/' || id::text = any(${ids})
        and (state in ('queued', 'running') or exists (select 1 from import_moves m where m.import_id = imports.id))`;
    return new Set(rows.map(({ id }) => id));
  });
}

/** The upload's id, whatever tus keeps beside it; of what an import has laid aside, the import's. */
const uploadOf = (parts: readonly string[]): string =>
  parts[1] === 'imports' ? `imports/${parts[2] ?? ''}` : (parts[1] ?? '').replace(/\..*$/, '');

/** Goes along a prefix and asks, page by page, which of the owners that the keys name there are. */
async function findUnowned(
  { store, run, findings }: Looking,
  prefix: string,
  code: 'orphan_object' | 'abandoned_upload',
  ownerOf: (parts: string[]) => string,
  known: (owners: string[]) => Promise<Set<string>>,
): Promise<void> {
  let page: ObjectInfo[] = [];
  const flush = async () => {
    const owners = await known([...new Set(page.map(({ key }) => ownerOf(key.split('/'))))]);
    for (const { key, sizeBytes, modifiedAt } of page) {
      if (owners.has(ownerOf(key.split('/'))) || Date.now() - modifiedAt.getTime() < GRACE_MS) continue;
      findings.objects++;
      await findings.add({ code, datasetId: null, subject: key, storageKey: key, sizeBytes });
    }
    page = [];
  };
  for await (const object of store.walk(prefix)) {
    run.signal.throwIfAborted();
    page.push(object);
    if (page.length >= PAGE) await flush();
  }
  if (page.length > 0) await flush();
}
