import { listAudit } from '@granary/core/audit/log';
import { listAuditInput } from '@granary/core/audit/schemas';
import type { Asking } from '@granary/core/base/context';
import { encodeCursor } from '@granary/core/base/paging';
import { listDatasets } from '@granary/core/datasets/list';
import { listDatasetsInput } from '@granary/core/datasets/schemas';
import { trashInput } from '@granary/core/deletion/schemas';
import { listTrash } from '@granary/core/deletion/trash';
import { listDuplicates } from '@granary/core/duplicates/duplicates';
import { listFiles } from '@granary/core/files/files';
import { listFilesInput } from '@granary/core/files/schemas';
import { getImage, listAnnotations, listImages } from '@granary/core/images/images';
import { listImagesInput } from '@granary/core/images/schemas';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, type Database } from '../../packages/db/src/index.ts';
import { useGranary } from '../support/world.ts';

const DATASETS = 20_000;
const FILES = 60_000;
/** Tables that grow without an end: none is read as a whole. */
const LARGE = ['datasets', 'dataset_files', 'annotations', 'image_annotation_status', 'audit_log', 'backups'];

const granary = useGranary({ worker: false });
let watched: Database;
let ctx: Asking;
let big: string;
let queries: { text: string; parameters: unknown[] }[] = [];

beforeAll(async () => {
  const client = await granary.person('admin');
  const { id: userId } = await client.register('looker');
  big = await client.createDataset('big');
  const { sql } = granary.database;
  await sql`insert into datasets (id, name, description, owner_id, storage_type, storage_path, tags, format, task_type, num_images, size_bytes, status, created_at, updated_at)
    select gen_random_uuid()::text, 'dataset ' || i, 'number ' || md5(i::text), ${userId}, 'filesystem', '', array['t' || i % 50],
      'coco', 'object_detection', i % 5000, i * 1000, 'ready', now() - i * interval '1 minute', now() - i * interval '1 second'
    from generate_series(1, ${DATASETS}::int) i`;
  await sql`insert into dataset_files (dataset_id, path, size, sha256, mime, kind, width, height, split, storage_key, phash, is_compared, added_in)
    select ${big}, 'images/' || i / 500 || '/' || i || '.jpg', 1000, md5(i::text), 'image/jpeg', 'image', 64, 48, 'train', 'none', i, true, 1
    from generate_series(1, ${FILES}::int) i`;
  await sql`insert into image_annotation_status (dataset_id, file_id, state, added_in) select dataset_id, id, 'completed', 1 from dataset_files`;
  const [project] = await sql<{ id: string }[]>`
    insert into annotation_projects (dataset_id, task_type, added_in) values (${big}, 'object_detection', 1) returning id`;
  await sql`insert into annotation_classes (project_id, index, name, added_in) select ${project?.id ?? ''}, i, 'class ' || i, 1 from generate_series(0, 49) i`;
  await sql`insert into annotations (project_id, file_id, class_id, type, geometry, added_in)
    select c.project_id, f.id, c.id, 'bbox', '{"box":[1,1,2,2]}', 1 from dataset_files f join annotation_classes c on c.index = f.id % 50`;
  await sql`insert into duplicate_groups (dataset_id, threshold, position, num_images, splits, hashes)
    select ${big}, t, i, 2, '{train}', array[i, i + 1] from generate_series(0, 7) t, generate_series(1, 1000) i`;
  await sql`insert into audit_log (dataset_id, action, performed_by, details)
    select case when i % 5000 = 0 then ${big} else 'd' || i % 2000 end, (array['created', 'imported', 'updated', 'purged'])[1 + i % 4], ${userId}, jsonb_build_object('n', md5(i::text))
    from generate_series(1, 60000) i`;
  await sql`insert into backups (id, dataset_id, dataset_name, owner_id, storage_key, state, job_id, created_at, expires_at)
    select gen_random_uuid(), 'd' || i, 'name', ${userId}, 'k' || i, 'verified', gen_random_uuid(), now() - i * interval '1 minute', now() from generate_series(1, 20000) i`;
  await sql`update datasets set deleted_at = now() where name like 'dataset %00' and id <> ${big}`;
  for (const table of [...LARGE, 'duplicate_groups']) await sql.unsafe(`vacuum analyze ${table}`);
  watched = connect(granary.database.url, {
    max: 1,
    onQuery: (text, parameters) => queries.push({ text, parameters }),
  });
  const person = { id: userId, email: 'looker@example.org', name: 'looker', isAdmin: false };
  ctx = { database: watched, person };
});
afterAll(async () => {
  await watched?.close();
});

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: Plan[];
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** Large tables that the work reads as a whole. */
async function readWhole(work: () => Promise<unknown>): Promise<string[]> {
  queries = [];
  await work();
  const asked = queries.filter(({ text }) => /^\s*(select|with)\b/i.test(text) && !/pg_catalog/.test(text));
  expect(asked.length).toBeGreaterThan(0);
  const found: string[] = [];
  for (const { text, parameters } of asked) {
    const [row] = await granary.database.sql.unsafe(`explain (format json) ${text}`, parameters as never[]);
    for (const node of nodesOf(row?.['QUERY PLAN'][0].Plan)) {
      const table = node['Relation Name'] ?? '';
      if (node['Node Type'] === 'Seq Scan' && LARGE.includes(table)) found.push(`${table}: ${text}`);
    }
  }
  return found;
}

/** The same person with more rights. */
const admin = (): Asking => ({ ...ctx, person: { ...ctx.person, isAdmin: true } });

const list = (input: object) => () => listDatasets(ctx, listDatasetsInput.parse(input));
const images = (input: object) => () => listImages(ctx.database, listImagesInput.parse({ id: big, ...input }));

test.each([
  ['newest first', list({})],
  ['by name', list({ sort: 'name', order: 'asc' })],
  ['by name, far behind', list({ sort: 'name', order: 'asc', cursor: encodeCursor(['dataset 9', 'x']) })],
  ['by size', list({ sort: 'size' })],
  ['by images', list({ sort: 'images' })],
  ['by age', list({ sort: 'createdAt' })],
  ['a search', list({ search: 'set 1234' })],
  ['a tag', list({ tags: 't7' })],
  ['gallery', images({ limit: 60, withAnnotations: 'true' })],
  [
    'gallery, far behind',
    images({ limit: 60, withAnnotations: 'true', cursor: encodeCursor(['images/90/45000.jpg']) }),
  ],
  ['gallery of a class', images({ limit: 60, class: 'class 7' })],
  ['gallery of a split', images({ limit: 60, split: 'train' })],
  ['gallery of what is labeled', images({ limit: 60, labeled: 'true' })],
  [
    'an image',
    async () => getImage(ctx.database, { id: big, fileId: (await images({ limit: 1 })()).items[0]?.id ?? 0 }),
  ],
  [
    'its annotations',
    async () =>
      listAnnotations(ctx.database, {
        id: big,
        fileId: (await images({ limit: 1 })()).items[0]?.id ?? 0,
        limit: 100,
      }),
  ],
  ['a folder', () => listFiles(ctx.database, listFilesInput.parse({ id: big, prefix: 'images/42/', delimiter: '/' }))],
  ['the trash', () => listTrash(ctx, trashInput.parse({}))],
  ['the audit log of a dataset', () => listAudit(ctx, big, listAuditInput.parse({}))],
  ['the audit log of one action', () => listAudit(admin(), null, listAuditInput.parse({ action: 'purged' }))],
  ['a search of the audit log', () => listAudit(admin(), null, listAuditInput.parse({ search: 'c4ca4238a0b92' }))],
  ['duplicates', () => listDuplicates(ctx.database, { id: big, threshold: 4, limit: 20 })],
])('every plan uses an index: %s', async (_name, work) => {
  expect(await readWhole(work)).toEqual([]);
});
