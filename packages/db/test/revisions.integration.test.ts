import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as runMigrations } from 'drizzle-orm/postgres-js/migrator';
import type postgres from 'postgres';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { migrate, openSql } from '../src/index.ts';

const FOLDER = fileURLToPath(new URL('../migrations', import.meta.url));
const BEFORE = '0014_csv_of_hub_files';
const NAME = `granary_old_${Math.random().toString(36).slice(2)}`;

let sql: postgres.Sql;
let url: string;
beforeAll(async () => {
  const server = openSql(inject('serverUrl'), { max: 1 });
  await server.unsafe(`create database ${NAME}`);
  await server.end();
  url = Object.assign(new URL(inject('serverUrl')), { pathname: `/${NAME}` }).href;
  await migrateTo(BEFORE);
  sql = openSql(url, { max: 1, onnotice: () => {} });
  await fill();
  await sql.end();
  await migrate(url);
  sql = openSql(url, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await sql.end();
  const server = openSql(inject('serverUrl'), { max: 1 });
  await server.unsafe(`drop database if exists ${NAME}`);
  await server.end();
});

/** The schema as it was when this migration was the last. */
async function migrateTo(last: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'granary-migrations-'));
  cpSync(FOLDER, folder, { recursive: true });
  const path = join(folder, 'meta/_journal.json');
  const journal: { entries: { tag: string }[] } = JSON.parse(readFileSync(path, 'utf8'));
  const entries = journal.entries.slice(0, journal.entries.findIndex(({ tag }) => tag === last) + 1);
  writeFileSync(path, JSON.stringify({ ...journal, entries }));
  const client = openSql(url, { max: 1, onnotice: () => {} });
  await runMigrations(drizzle(client), { migrationsFolder: folder });
  await client.end();
  rmSync(folder, { recursive: true });
}

const [FIRST, SECOND, BACK] = [1, 2, 3].map((n) => `00000000-0000-4000-8000-00000000000${n}`);
const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const treeHash = (...paths: string[]) => hash(paths.map((path) => `${hash(path)}  ${path.split('#')[0]}\n`).join(''));

/** What the version before left behind: a file taken out twice, one put back from elsewhere, and a project of another task. */
async function fill(): Promise<void> {
  await sql`insert into datasets (id, name, storage_type, storage_path, task_type, num_files, num_classes, num_annotations, class_names, content_hash, config)
    values ('d', 'd', 'filesystem', '', 'object_detection', 2, 1, 1, '{ant}', ${treeHash('a#3', 'b')}, '{"repairs":["clip_to_image"]}'),
      ('empty', 'empty', 'filesystem', '', null, 0, 0, 0, '{}', null, '{}')`;
  const add = async (path: string, removedBy: string | null) => {
    const name = path.split('#')[0] ?? '';
    const [row] = await sql<{ id: number }[]>`
      insert into dataset_files (dataset_id, path, size, sha256, mime, kind, storage_key, added_in, removed_in, removed_by)
      values ('d', ${name}, 1, ${hash(path)}, 'image/png', 'image', ${removedBy ? `history/d/${hash(path)}` : `datasets/d/${name}`}, 1,
        ${removedBy === null ? null : 1}, ${removedBy}) returning id::float8 as id`;
    await sql`insert into image_annotation_status (file_id, state) values (${row?.id ?? 0}, 'completed')`;
    return row?.id ?? 0;
  };
  await sql`insert into imports (id, dataset_id, job_id, upload_ids, kind, options, state, phase, created_at, finished_at)
    select id::uuid, 'd', gen_random_uuid(), '{}', kind, options::jsonb, 'completed', 'settled', at::timestamptz, at::timestamptz from (values
      (${FIRST ?? ''}, 'remove', '{}', '2026-01-01'), (${SECOND ?? ''}, 'remove', '{}', '2026-01-02'),
      (${BACK ?? ''}, 'put_back', ${JSON.stringify({ putBack: SECOND })}, '2026-01-03')) i(id, kind, options, at)`;
  await add('a', FIRST ?? '');
  await add('a#2', SECOND ?? '');
  const current = await add('a#3', null);
  await add('b', null);
  await add('c', SECOND ?? '');
  const projects = await sql<{ id: string }[]>`
    insert into annotation_projects (dataset_id, task_type) values ('d', 'object_detection'), ('d', 'image_classification') returning id`;
  const [project = { id: '' }, other = { id: '' }] = projects;
  const [ant] = await sql<{ id: number }[]>`
    insert into annotation_classes (project_id, index, name) values (${project.id}, 0, 'ant'), (${project.id}, 1, 'of before'), (${other.id}, 0, 'x')
    returning id::float8 as id`;
  await sql`insert into annotations (project_id, file_id, class_id, type, geometry, added_in) values (${project.id}, ${current}, ${ant?.id ?? 0}, 'bbox', '{}', 1)`;
  await sql`insert into import_moves (import_id, file_id, from_key, to_key, step) values (${BACK ?? ''}, null, 'history/d/x', null, 1)`;
}

test('what a dataset has is its revision 1, and what can be put back left it by a revision each', async () => {
  const files =
    await sql`select sha256, added_in, removed_in from dataset_files where dataset_id = 'd' order by path, added_in`;
  expect([...files]).toEqual([
    { sha256: hash('a'), added_in: 1, removed_in: 2 },
    { sha256: hash('a#2'), added_in: 2, removed_in: 3 },
    { sha256: hash('a#3'), added_in: 3, removed_in: null },
    { sha256: hash('b'), added_in: 1, removed_in: null },
    { sha256: hash('c'), added_in: 1, removed_in: 3 },
  ]);
  const revisions = await sql`
    select revision, kind, import_id, content_hash, has_annotations, (counts->'files'->>'removed')::int as removed, state->'reading'->'repairs' as repairs
    from dataset_revisions where dataset_id = 'd' order by revision`;
  const common = { repairs: ['clip_to_image'] };
  expect([...revisions]).toEqual([
    {
      ...common,
      revision: 1,
      kind: 'import',
      import_id: BACK,
      content_hash: treeHash('a', 'b', 'c'),
      has_annotations: true,
      removed: 0,
    },
    {
      ...common,
      revision: 2,
      kind: 'remove',
      import_id: FIRST,
      content_hash: treeHash('a#2', 'b', 'c'),
      has_annotations: false,
      removed: 1,
    },
    {
      ...common,
      revision: 3,
      kind: 'remove',
      import_id: SECOND,
      content_hash: treeHash('a#3', 'b'),
      has_annotations: false,
      removed: 2,
    },
  ]);
  const datasets = await sql`select id, revision, version from datasets order by id`;
  expect([...datasets]).toEqual([
    { id: 'd', revision: 3, version: 1 },
    { id: 'empty', revision: 0, version: 1 },
  ]);
});

test('annotations are where their image is, and classes of before are gone', async () => {
  expect([...(await sql`select added_in, removed_in from annotations`)]).toEqual([{ added_in: 3, removed_in: null }]);
  expect([...(await sql`select name from annotation_classes`)]).toEqual([{ name: 'ant' }]);
  expect(await sql`select 1 from annotation_projects`).toHaveLength(1);
  const states =
    await sql`select dataset_id, added_in, removed_in from image_annotation_status order by added_in, removed_in`;
  expect(states).toHaveLength(5);
  expect(states[0]).toEqual({ dataset_id: 'd', added_in: 1, removed_in: 2 });
});

test('what was put back is an undo of the removal', async () => {
  const [row] = await sql`select kind, options->'undo'->'revision' as revision from imports where id = ${BACK ?? ''}`;
  expect(row).toEqual({ kind: 'undo', revision: 3 });
  expect([...(await sql`select from_key, to_key from import_moves`)]).toEqual([
    { from_key: 'history/d/x', to_key: 'history/d/x' },
  ]);
});
