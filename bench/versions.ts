/**
 * What versions cost in a dataset of 1,000,000 files and 2,000,000 annotations, made by SQL, of which 1,000 changed since
 * version 1: each call over HTTP, over hand-written SQL for the same in the same run. EXPLAIN tells whether whole tables are
 * read.
 */
import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { annotationChanges, fileChanges } from '../packages/core/src/versions/changed-rows.ts';
import { Client } from '../tests/support/client.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { median, report } from './report.ts';

const SHARE = Number(process.argv[3] ?? 1);
const FILES = Math.round(1_000_000 * SHARE);
const CHANGED = Math.min(500, FILES / 4);
const ROUNDS = 21;

const granary = await startTestGranary();
const { sql } = granary.database;
const problems: string[] = [];
try {
  const client = new Client(granary.url);
  await client.register('admin');
  await client.register('looker');
  const id = await client.createDataset('big');
  const projectId = await fill(id);
  const get = async (path: string) => {
    const answer = await client.json('GET', `/api/v1/datasets/${id}${path}`);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  };

  const results: Record<string, { ms: number; bareMs: number; ratio: number; goalMs?: number }> = {};
  interface Comparison {
    name: string;
    ours: () => Promise<unknown>;
    bare: () => Promise<unknown>;
    goalMs?: number;
    between?: () => Promise<unknown>;
    after?: () => Promise<unknown>;
  }
  /** Those that are compared with each other take turns, so that what else the machine does is the same for all. */
  const compare = async (...comparisons: Comparison[]) => {
    const times = comparisons.map((): { mine: number[]; other: number[] } => ({ mine: [], other: [] }));
    for (let round = 0; round < ROUNDS + 3; round++) {
      for (const [i, { ours, bare, between, after }] of comparisons.entries()) {
        const a = await timed(ours);
        await between?.();
        const b = await timed(bare);
        await after?.();
        if (round < 3) continue;
        times[i]?.mine.push(a);
        times[i]?.other.push(b);
      }
    }
    for (const [i, { name, goalMs }] of comparisons.entries()) {
      const [ms, bareMs] = [median(times[i]?.mine ?? []), median(times[i]?.other ?? [])];
      note(name, ms, bareMs, goalMs);
    }
  };
  const note = (name: string, ms: number, bareMs: number, goalMs?: number) => {
    results[name] = { ms, bareMs, ratio: ms / bareMs, ...(goalMs === undefined ? {} : { goalMs }) };
    console.log(`${name}: ${ms.toFixed(1)} ms, bare ${bareMs.toFixed(1)} ms, ratio ${(ms / bareMs).toFixed(2)}`);
    if (goalMs !== undefined && ms > goalMs) problems.push(`${name} took ${ms.toFixed(0)} ms, more than ${goalMs}`);
  };

  const unmake = () => sql`delete from dataset_versions where dataset_id = ${id} and version > 1`;
  await compare({
    name: 'a version',
    ours: async () => {
      const { status, body } = await client.json('POST', `/api/v1/datasets/${id}/versions`, { message: 'of a bench' });
      if (status !== 201) throw new Error(JSON.stringify(body));
    },
    bare: () =>
      sql.begin(async (tx) => {
        await tx`select 1 from datasets where id = ${id} for no key update`;
        await tx`insert into dataset_versions (dataset_id, version, revision) values (${id}, 2, 2)`;
      }),
    ...{ goalMs: 50, between: unmake, after: unmake },
  });
  await sql`insert into dataset_versions (dataset_id, version, revision) values (${id}, 2, 2) on conflict do nothing`;

  const files = sql`dataset_id = ${id}`;
  const labels = sql`project_id = ${projectId}`;
  const closed = (table: string, scope: typeof files) =>
    sql`select * from ${sql(table)} where ${scope} and removed_in > 1 and removed_in is not null and removed_in <= 2 and added_in <= 1`;
  const opened = (table: string, scope: typeof files) =>
    sql`select * from ${sql(table)} where ${scope} and added_in > 1 and added_in <= 2`;
  await compare({
    name: 'diff, summary',
    ours: () => get('/diff?from=v1&to=v2'),
    bare: async () => {
      await sql`select count(*) filter (where b.path is null), count(*) filter (where a.path is null), count(*) filter (where a.sha256 <> b.sha256)
        from (${closed('dataset_files', files)}) b full join (${opened('dataset_files', files)}) a on a.path = b.path`;
      await sql`select count(*), count(distinct coalesce(b.file_id, a.file_id)) from (${closed('annotations', labels)}) b full join (${opened('annotations', labels)}) a using (id)`;
    },
    goalMs: 300,
  });
  await compare({
    name: 'diff, first page of files',
    ours: () => get('/diff/files?from=v1&to=v2&limit=100'),
    bare: () => sql`select coalesce(a.path, b.path) as path, a.sha256, b.sha256, a.size, b.size
      from (${closed('dataset_files', files)}) b full join (${opened('dataset_files', files)}) a on a.path = b.path order by 1 limit 101`,
    goalMs: 300,
  });
  await compare({
    name: 'diff, first page of images',
    ours: () => get('/diff/images?from=v1&to=v2&limit=50'),
    bare: () => sql`select f.path, c.* from (select true as is_before, * from (${closed('annotations', labels)}) b union all select false, * from (${opened('annotations', labels)}) a) c
      join lateral (select path from dataset_files f where f.id = c.file_id limit 1) f on true order by f.path limit 100`,
    goalMs: 300,
  });

  const at = sql`added_in <= 1 and (removed_in is null or removed_in > 1)`;
  const images = (isThen: typeof files) => async () => {
    const page = await sql<
      { id: string }[]
    >`select * from dataset_files where dataset_id = ${id} and kind = 'image' and ${isThen} order by path limit 61`;
    await sql`select * from annotations where file_id = any(${page.map((row) => row.id)}::bigint[]) and ${isThen}`;
  };
  const now = sql`removed_in is null`;
  const list = (isThen: typeof files) => () =>
    sql`select * from dataset_files where dataset_id = ${id} and ${isThen} order by path limit 101`;
  await compare(
    { name: 'gallery of the draft', ours: () => get('/images?limit=60&withAnnotations=true'), bare: images(now) },
    {
      name: 'gallery of version 1',
      ours: () => get('/images?limit=60&withAnnotations=true&version=v1'),
      bare: images(at),
    },
    { name: 'files of the draft', ours: () => get('/files?limit=100'), bare: list(now) },
    { name: 'files of version 1', ours: () => get('/files?limit=100&version=v1'), bare: list(at) },
  );
  const over = (a: string, b: string) => (results[a]?.ms ?? 0) / (results[b]?.ms ?? 1);
  const oldOverDraft = {
    gallery: over('gallery of version 1', 'gallery of the draft'),
    files: over('files of version 1', 'files of the draft'),
  };
  for (const [name, ratio] of Object.entries(oldOverDraft))
    if (ratio > 1.5)
      problems.push(`${name} of an old version take ${ratio.toFixed(2)} times as long as those of the draft`);

  const scans = [...(await scansOf(fileChanges(id, 1, 2))), ...(await scansOf(annotationChanges(id, 1, 2)))].filter(
    (line) => /Seq Scan on (dataset_files|annotations)\b/.test(line),
  );
  if (scans.length > 0) problems.push(`whole tables are read: ${scans.join('; ')}`);

  const scansBefore = await seqScans();
  const job = async (path: string, body: object) => {
    const { body: started } = await client.json('POST', `/api/v1/datasets/${id}${path}`, body);
    const { state, ...rest } = await client.waitForJob(started.jobId, 120);
    if (state !== 'completed') throw new Error(JSON.stringify(rest));
  };
  const rollback = await timed(() => job('/rollback', { to: 'v1' }));
  note(
    `rollback of ${CHANGED * 2} changes, as a job with its objects`,
    rollback,
    await bareSwap(id, projectId, 3),
    10_000,
  );
  await removeSome(id);
  const undo = await timed(() => job('/revisions/4/undo', {}));
  note(
    'undo of an older revision of 20 files, as a job with its objects',
    undo,
    await bareSwap(id, projectId, 6),
    10_000,
  );
  const scansOfJobs = (await seqScans()) - scansBefore;
  if (FILES >= 100_000 && scansOfJobs > 0)
    problems.push(`a rollback and an undo read ${scansOfJobs} times a whole table`);

  report({
    name: 'versions',
    ratio: Math.max(...Object.entries(results).map(([name, { ratio }]) => (name.includes('job') ? 0 : ratio))),
    compared: `the slowest median over HTTP of a version, a diff and pages of an old version among ${FILES} files, over hand-written SQL`,
    goal: 'lower is better',
    results: Object.fromEntries(
      Object.entries(results).map(([name, { ms, ratio }]) => [
        name,
        { ms: Math.round(ms), ratio: Number(ratio.toFixed(2)) },
      ]),
    ),
    oldOverDraft: Object.fromEntries(
      Object.entries(oldOverDraft).map(([name, ratio]) => [name, Number(ratio.toFixed(2))]),
    ),
    rollbackSeconds: Number((rollback / 1000).toFixed(1)),
    undoSeconds: Number((undo / 1000).toFixed(1)),
    seqScans: scans.length + scansOfJobs,
    problems,
  });
  if (problems.length > 0) process.exitCode = 1;
} finally {
  await granary.stop();
}

/** How often the tables that grow with the dataset were read as a whole. */
async function seqScans(): Promise<number> {
  await new Promise((told) => setTimeout(told, 11_000));
  const [row] = await sql<{ scans: number }[]>`
    select sum(seq_scan)::float8 as scans from pg_stat_user_tables
    where relname in ('dataset_files', 'annotations', 'image_annotation_status')`;
  return row?.scans ?? 0;
}

async function scansOf(query: SQL): Promise<string[]> {
  const { sql: text, params } = new PgDialect().sqlToQuery(query);
  const rows = await sql.unsafe(`explain ${text}`, params as string[]);
  return rows.map((row) => String(row['QUERY PLAN']));
}

async function fill(id: string): Promise<string> {
  console.log(`${FILES} files, ${FILES * 2} annotations, ${CHANGED} files and ${CHANGED} annotations changed …`);
  await sql`insert into dataset_files (dataset_id, path, size, sha256, mime, kind, width, height, split, is_compared, storage_key, added_in)
    select ${id}, 'images/' || lpad((i / 1000)::text, 4, '0') || '/' || lpad(i::text, 7, '0') || '.jpg', 1000, md5(i::text), 'image/jpeg', 'image', 640, 480,
      case when i % 10 = 0 then 'val' else 'train' end, true, 'datasets/' || ${id} || '/images/' || lpad((i / 1000)::text, 4, '0') || '/' || lpad(i::text, 7, '0') || '.jpg', 1
    from generate_series(0, ${FILES - 1}::int) i`;
  await sql`insert into image_annotation_status (dataset_id, file_id, state, added_in) select dataset_id, id, 'completed', 1 from dataset_files where dataset_id = ${id}`;
  const [project] = await sql<{ id: string }[]>`
    insert into annotation_projects (dataset_id, task_type, added_in) values (${id}, 'object_detection', 1) returning id`;
  const projectId = project?.id ?? '';
  await sql`insert into annotation_classes (project_id, index, name, added_in) select ${projectId}, i, 'class ' || i, 1 from generate_series(0, 99) i`;
  await sql`insert into annotations (project_id, file_id, class_id, type, geometry, attributes, state, added_in)
    select ${projectId}, f.id, c.id, 'bbox', jsonb_build_object('box', jsonb_build_array(n, n, 50, 60)), '{}', 'confirmed', 1
    from dataset_files f cross join generate_series(1, 2) n
    join annotation_classes c on c.project_id = ${projectId} and c.index = (f.id + n) % 100 where f.dataset_id = ${id}`;
  // Revision 2: the first images have other content, with the same boxes, and boxes of the last ones have moved.
  const changed = await sql<{ id: string; path: string; sha256: string }[]>`
    select id, path, sha256 from dataset_files where dataset_id = ${id} order by path limit ${CHANGED}`;
  for (const { path, sha256 } of changed) {
    await granary.store.put(`history/${id}/${sha256}`, Buffer.from('old'));
    await granary.store.put(`datasets/${id}/${path}`, Buffer.from('new'));
  }
  const ids = changed.map((row) => row.id);
  await sql`update dataset_files set removed_in = 2, storage_key = 'history/' || ${id} || '/' || sha256 where id = any(${ids}::bigint[])`;
  await sql`insert into dataset_files (dataset_id, path, size, sha256, mime, kind, width, height, split, is_compared, storage_key, added_in)
    select dataset_id, path, size, md5('new' || path), mime, kind, width, height, split, true, 'datasets/' || ${id} || '/' || path, 2
    from dataset_files where id = any(${ids}::bigint[])`;
  const files = sql`(select o.id, n.id as new_id from dataset_files o join dataset_files n on n.dataset_id = o.dataset_id and n.path = o.path and n.added_in = 2
    where o.dataset_id = ${id} and o.removed_in = 2)`;
  await sql`update annotations a set removed_in = 2 from ${files} f where a.file_id = f.id`;
  await sql`insert into annotations (project_id, file_id, class_id, type, geometry, attributes, state, added_in)
    select a.project_id, f.new_id, a.class_id, a.type, a.geometry, a.attributes, a.state, 2 from annotations a join ${files} f on f.id = a.file_id order by a.id`;
  await sql`update image_annotation_status s set removed_in = 2 from ${files} f where s.file_id = f.id`;
  await sql`insert into image_annotation_status (dataset_id, file_id, state, added_in) select ${id}, f.new_id, 'completed', 2 from ${files} f`;
  const moved = await sql<{ id: string }[]>`
    select a.id from annotations a where a.project_id = ${projectId} and a.added_in = 1 order by a.id desc limit ${CHANGED}`;
  const movedIds = moved.map((row) => row.id);
  await sql`update annotations set removed_in = 2 where id = any(${movedIds}::bigint[])`;
  await sql`insert into annotations (id, project_id, file_id, class_id, type, geometry, attributes, state, added_in)
    select id, project_id, file_id, class_id, type, jsonb_build_object('box', jsonb_build_array(9, 9, 50, 60)), attributes, state, 2
    from annotations where id = any(${movedIds}::bigint[]) and removed_in = 2`;
  const state = {
    ...{ format: 'yolo', taskType: 'object_detection', numFiles: FILES, numImages: FILES, numAnnotations: FILES * 2 },
    ...{ numClasses: 100, numSamples: 0, sizeBytes: FILES * 1000, splits: { train: FILES }, labeled: true },
    classNames: Array.from({ length: 100 }, (_, i) => `class ${i}`),
    statistics: {
      classes: Array.from({ length: 100 }, () => ({ annotations: FILES / 50, images: FILES / 50 })),
      kinds: { image: { files: FILES, bytes: FILES * 1000 } },
      sizes: [{ width: 640, height: 480, images: FILES }],
      ...{ labeledImages: FILES, brokenImages: 0 },
    },
    reading: { repairs: [], classMap: {}, overrides: [], csv: null },
  };
  const counts = { added: 0, removed: 0, changed: CHANGED };
  const none = { added: 0, removed: 0, changed: 0 };
  for (const revision of [1, 2])
    await sql`insert into dataset_revisions (dataset_id, revision, kind, counts, content_hash, state)
      values (${id}, ${revision}, 'import', ${sql.json({ files: counts, annotations: counts, classes: none })}, ${`hash ${revision}`}, ${sql.json(state)})`;
  await sql`insert into dataset_versions (dataset_id, version, revision) values (${id}, 1, 1)`;
  await sql`update datasets set revision = 2, version = 2, num_files = ${FILES}, num_images = ${FILES}, num_annotations = ${FILES * 2}, num_classes = 100,
    class_names = ${state.classNames}, statistics = ${sql.json(state.statistics)}, splits = ${sql.json(state.splits)}, size_bytes = ${FILES * 1000}, content_hash = 'hash 2', status = 'ready', labeled = true, format = 'yolo', task_type = 'object_detection' where id = ${id}`;
  for (const table of [
    'datasets',
    'dataset_files',
    'annotations',
    'image_annotation_status',
    'annotation_classes',
    'dataset_revisions',
  ])
    await sql`vacuum analyze ${sql(table)}`;
  return projectId;
}

/** Revisions 4 and 5 each remove the last 20 images, so that 4 is an older one. */
async function removeSome(id: string): Promise<void> {
  for (const revision of [4, 5]) {
    const gone = await sql<{ id: string; sha256: string }[]>`
      select id, sha256 from dataset_files where dataset_id = ${id} and removed_in is null order by path desc limit 20`;
    for (const { sha256 } of gone) await granary.store.put(`history/${id}/${sha256}`, Buffer.from('gone'));
    const ids = gone.map((row) => row.id);
    await sql`update dataset_files set removed_in = ${revision}, storage_key = 'history/' || ${id} || '/' || sha256
      where id = any(${ids}::bigint[]) and removed_in is null`;
    await sql`update annotations set removed_in = ${revision} where file_id = any(${ids}::bigint[]) and removed_in is null`;
    await sql`update image_annotation_status set removed_in = ${revision} where file_id = any(${ids}::bigint[]) and removed_in is null`;
    await sql`insert into dataset_revisions (dataset_id, revision, kind, counts, content_hash, state)
      select dataset_id, ${revision}, 'remove', counts, 'hash', state from dataset_revisions where dataset_id = ${id} and revision = 3`;
    await sql`update datasets set revision = ${revision} where id = ${id}`;
  }
}

/** How many milliseconds the bare rows of an undo of a revision take: what it opened is closed, and the other way round. */
async function bareSwap(id: string, projectId: string, of: number): Promise<number> {
  const isUndone = new Error('as it was');
  const tables = [
    [
      'dataset_files',
      sql`dataset_id = ${id}`,
      'id, dataset_id, path, size, sha256, mime, kind, width, height, split, is_compared, storage_key',
    ],
    [
      'annotations',
      sql`project_id = ${projectId}`,
      'id, project_id, file_id, class_id, type, geometry, attributes, state',
    ],
  ] as const;
  const took: number[] = [];
  for (let round = 0; round < 3; round++) {
    const swap = sql.begin(async (tx) => {
      for (const [table, scope, columns] of tables) {
        await tx`update ${tx(table)} set removed_in = 99 where ${scope} and added_in = ${of} and removed_in is null`;
        await tx`insert into ${tx(table)} (${tx.unsafe(columns)}, added_in) select ${tx.unsafe(columns)}, 99 from ${tx(table)} where ${scope} and removed_in = ${of}`;
      }
      throw isUndone;
    });
    took.push(
      await timed(() =>
        swap.catch((error) => {
          if (error !== isUndone) throw error;
        }),
      ),
    );
  }
  return median(took);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
