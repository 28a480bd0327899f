/**
 * What people wait for when they look around, in a Granary of 100,000 datasets of which one has 1,000,000 files and
 * 2,000,000 annotations, all made by SQL: the 95th percentile over HTTP, over that of hand-written SQL behind a bare
 * node:http server (goal: each below 4). Lists are asked for at their beginning and far behind it.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../scripts/paths.ts';
import { Client } from '../tests/support/client.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { report } from './report.ts';

const SHARE = Number(process.argv[3] ?? 1);
const DATASETS = Math.round(100_000 * SHARE);
const FILES = Math.round(1_000_000 * SHARE);
const ANNOTATIONS = FILES * 2;
const ROUNDS = 200;
/** Not counted: both servers have compiled what they run often by then. */
const WARM_UP = 50;

const granary = await startTestGranary({ worker: false });
const { sql } = granary.database;
try {
  const client = new Client(granary.url);
  // The first one is the site's admin, who sees all without a question: measured is someone else.
  await client.register('admin');
  const { id: userId } = await client.register('looker');
  const big = await client.createDataset('big');
  await fill(userId, big);
  const bare = await startBare(granary.database.url, userId, big);
  const cursorOf = (values: unknown[]) => Buffer.from(JSON.stringify(values)).toString('base64url');
  const pathOf = (i: number) =>
    `images/${String(Math.floor(i / 1000)).padStart(4, '0')}/${String(i).padStart(7, '0')}.jpg`;
  const middle = (share: number) => Math.floor(FILES * share);
  const name = (i: number) => `dataset ${String(i).padStart(6, '0')}`;
  const gallery = (after: string | null) => ({
    ours: `/api/v1/datasets/${big}/images?limit=60&withAnnotations=true${after ? `&cursor=${cursorOf([after])}` : ''}`,
    bare: `/gallery?after=${after ?? ''}`,
  });
  const questions: Record<string, { ours: string; bare: string }> = {
    'list, newest first': { ours: '/api/v1/datasets?limit=50', bare: '/list' },
    'list by name, start': { ours: '/api/v1/datasets?limit=50&sort=name&order=asc', bare: '/byName' },
    'list by name, far behind': {
      ours: `/api/v1/datasets?limit=50&sort=name&order=asc&cursor=${cursorOf([name(DATASETS - 200), 'x'])}`,
      bare: `/byName?after=${encodeURIComponent(name(DATASETS - 200))}`,
    },
    'list by size': { ours: '/api/v1/datasets?limit=50&sort=size', bare: '/bySize' },
    search: { ours: '/api/v1/datasets?limit=50&search=set+0123', bare: '/search?search=set+0123' },
    filter: { ours: '/api/v1/datasets?limit=50&format=coco&labeled=true&tags=t7', bare: '/filter' },
    'gallery, start': gallery(null),
    'gallery, far behind': gallery(pathOf(middle(0.9))),
    folder: {
      ours: `/api/v1/datasets/${big}/files?limit=100&delimiter=/&prefix=images/0042/`,
      bare: '/folder?folder=images/0042/',
    },
    'class histogram': { ours: `/api/v1/datasets/${big}/statistics`, bare: '/histogram' },
  };
  const ratios: Record<string, number> = {};
  const timesOf: Record<string, number> = {};
  for (const [question, { ours, bare: theirs }] of Object.entries(questions)) {
    const [mine, other]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS + WARM_UP; round++) {
      const a = await timed(`${granary.url}${ours}`, client.cookie);
      const b = await timed(`${bare.url}${theirs}`, '');
      if (round < WARM_UP) continue;
      mine.push(a);
      other.push(b);
    }
    ratios[question] = p95(mine) / p95(other);
    timesOf[question] = p95(mine);
    console.log(
      `${question}: ${p95(mine).toFixed(1)} ms, bare ${p95(other).toFixed(1)} ms, ratio ${ratios[question]?.toFixed(2)}`,
    );
  }
  const grows = (a: string, b: string) => Number(((timesOf[b] ?? 0) / (timesOf[a] ?? 1)).toFixed(2));
  report({
    name: 'browse',
    ratio: Math.max(...Object.values(ratios)),
    compared:
      'the slowest p95 over HTTP of lists, search, filters, gallery, folders and statistics, over hand-written SQL',
    goal: 'goal below 4, lower is better',
    ratios: Object.fromEntries(Object.entries(ratios).map(([key, value]) => [key, Number(value.toFixed(2))])),
    farOverStart: {
      list: grows('list by name, start', 'list by name, far behind'),
      gallery: grows('gallery, start', 'gallery, far behind'),
    },
  });
  bare.stop();
} finally {
  await granary.stop();
}

async function fill(userId: string, big: string): Promise<void> {
  console.log(`${DATASETS} datasets, ${FILES} files, ${ANNOTATIONS} annotations …`);
  await sql`insert into datasets (id, name, description, owner_id, storage_type, storage_path, tags, format, task_type, labeled, num_images, size_bytes, status, updated_at)
    select gen_random_uuid()::text, 'dataset ' || lpad(i::text, 6, '0'), 'made by SQL, number ' || md5(i::text), ${userId}, 'filesystem', '',
      array['t' || i % 50], (array['coco', 'yolo', 'pascal_voc'])[1 + i % 3], 'object_detection', i % 2 = 0, i % 5000, i * 1000, 'ready', now() - i * interval '1 second'
    from generate_series(1, ${DATASETS}::int) i`;
  await sql`insert into dataset_files (dataset_id, path, size, sha256, mime, kind, width, height, split, storage_key, added_in)
    select ${big}, 'images/' || lpad((i / 1000)::text, 4, '0') || '/' || lpad(i::text, 7, '0') || '.jpg', 1000, md5(i::text), 'image/jpeg', 'image', 640, 480,
      case when i % 10 = 0 then 'val' else 'train' end, 'none/' || i, 1 from generate_series(0, ${FILES - 1}::int) i`;
  await sql`insert into image_annotation_status (dataset_id, file_id, state, added_in) select dataset_id, id, 'completed', 1 from dataset_files where dataset_id = ${big}`;
  const [project] = await sql<
    { id: string }[]
  >`insert into annotation_projects (dataset_id, task_type, added_in) values (${big}, 'object_detection', 1) returning id`;
  await sql`insert into annotation_classes (project_id, index, name, added_in) select ${project?.id ?? ''}, i, 'class ' || i, 1 from generate_series(0, 99) i`;
  await sql`insert into annotations (project_id, file_id, class_id, type, geometry, attributes, state, added_in)
    select ${project?.id ?? ''}, f.id, c.id, 'bbox', jsonb_build_object('box', jsonb_build_array(n, n, 50, 60)), '{}', 'confirmed', 1
    from dataset_files f cross join generate_series(1, 2) n
    join annotation_classes c on c.project_id = ${project?.id ?? ''} and c.index = (f.id + n) % 100 where f.dataset_id = ${big}`;
  const classes = Array.from({ length: 100 }, () => ({ annotations: ANNOTATIONS / 100, images: FILES / 50 }));
  const statistics = {
    classes,
    kinds: { image: { files: FILES, bytes: FILES * 1000 } },
    sizes: [],
    labeledImages: FILES,
    brokenImages: 0,
  };
  await sql`update datasets set statistics = ${sql.json(statistics)}, class_names = array(select 'class ' || i from generate_series(0, 99) i) where id = ${big}`;
  await sql`vacuum analyze datasets`;
  await sql`vacuum analyze dataset_files`;
  await sql`vacuum analyze annotations`;
  await sql`vacuum analyze image_annotation_status`;
}

function startBare(url: string, userId: string, big: string): Promise<{ url: string; stop(): void }> {
  return new Promise((ready) => {
    const child = fork(join(root, 'bench', 'bare-browse', 'server.ts'), [url, userId, big]);
    child.on('exit', (code) => {
      throw new Error(`The bare server ended with ${code}`);
    });
    child.on('message', (message: { port: number }) => {
      ready({ url: `http://127.0.0.1:${message.port}`, stop: () => child.removeAllListeners('exit').kill() });
    });
  });
}

async function timed(url: string, cookie: string): Promise<number> {
  const start = performance.now();
  const response = await fetch(url, { headers: { cookie } });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${text.slice(0, 500)}`);
  return performance.now() - start;
}

function p95(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? Number.NaN;
}
