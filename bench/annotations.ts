/**
 * The annotation stream of 118,000 images with 860,000 annotations, made by SQL: the time from the request to its last byte.
 *
 * Ratio: that of `COPY annotations TO STDOUT` through a bare node:http server over ours, which also has the images, their
 * URLs and the names of the classes in it. Beside it: the rise of the web process's memory meanwhile.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../scripts/paths.ts';
import { Client } from '../tests/support/client.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { median, report } from './report.ts';

const SHARE = Number(process.argv[3] ?? 1);
const IMAGES = Math.round(118_000 * SHARE);
const ANNOTATIONS = Math.round(860_000 * SHARE);
const ROUNDS = 5;

const granary = await startTestGranary({ worker: false });
try {
  const client = new Client(granary.url);
  await client.register('owner');
  const id = await client.createDataset('many');
  await fill(id);
  const bare = await startBare(granary.database.url);
  const [ours, theirs]: [number[], number[]] = [[], []];
  let [bytes, most] = [0, 0];
  const before = granary.web.rss;
  for (let round = 0; round < ROUNDS; round++) {
    theirs.push((await timed(bare.url)).seconds);
    const watch = setInterval(() => (most = Math.max(most, granary.web.rss)), 50);
    const got = await timed(`${granary.url}/api/v1/datasets/${id}/annotations`, client.cookie);
    clearInterval(watch);
    ours.push(got.seconds);
    bytes = got.bytes;
    if (got.lines !== IMAGES) throw new Error(`${got.lines} lines for ${IMAGES} images`);
  }
  report({
    name: 'annotations',
    ratio: median(theirs) / median(ours),
    compared: 'the time of COPY annotations TO STDOUT through a bare HTTP server over that of the annotation stream',
    goal: 'goal at least 0.5, higher is better',
    images: IMAGES,
    annotations: ANNOTATIONS,
    seconds: Number(median(ours).toFixed(2)),
    copySeconds: Number(median(theirs).toFixed(2)),
    megabytes: Math.round(bytes / 1e6),
    rssRiseMb: Math.round((most - before) / 1e6),
  });
  bare.stop();
} finally {
  await granary.stop();
}

async function fill(id: string): Promise<void> {
  const { sql } = granary.database;
  await sql`insert into dataset_files (dataset_id, path, size, sha256, mime, kind, width, height, split, storage_key, added_in)
    select ${id}, 'images/' || lpad(i::text, 12, '0') || '.jpg', 160000, encode(sha256(i::text::bytea), 'hex'), 'image/jpeg', 'image', 640, 480,
      case when i % 20 = 0 then 'val' else 'train' end, 'none/' || i, 1 from generate_series(0, ${IMAGES - 1}::int) i`;
  await sql`insert into image_annotation_status (dataset_id, file_id, state, added_in) select dataset_id, id, 'completed', 1 from dataset_files where dataset_id = ${id}`;
  const [project] = await sql<
    { id: string }[]
  >`insert into annotation_projects (dataset_id, task_type, added_in) values (${id}, 'object_detection', 1) returning id`;
  const projectId = project?.id ?? '';
  await sql`insert into annotation_classes (project_id, index, name, added_in) select ${projectId}, i, 'class ' || i, 1 from generate_series(0, 79) i`;
  await sql`insert into annotations (project_id, file_id, class_id, type, geometry, attributes, state, added_in)
    select ${projectId}, f.id, c.id, 'bbox', jsonb_build_object('box', jsonb_build_array(n * 3.25, n * 2.5, 50.13, 60.98)),
      jsonb_build_object('id', n, 'area', 3056.92, 'iscrowd', 0), 'confirmed', 1
    from generate_series(0, ${ANNOTATIONS - 1}::int) n
    join lateral (select id from dataset_files where dataset_id = ${id} and path = 'images/' || lpad((n % ${IMAGES}::int)::text, 12, '0') || '.jpg') f on true
    join annotation_classes c on c.project_id = ${projectId} and c.index = n % 80
    order by f.id, n`;
  await sql`update datasets set revision = 1, status = 'ready' where id = ${id}`;
  for (const table of ['dataset_files', 'annotations', 'annotation_classes', 'image_annotation_status'])
    await sql.unsafe(`vacuum analyze ${table}`);
}

function startBare(url: string): Promise<{ url: string; stop(): void }> {
  return new Promise((ready) => {
    const child = fork(join(root, 'bench', 'bare-copy', 'server.ts'), [url]);
    child.on('message', (message: { port: number }) => {
      ready({ url: `http://127.0.0.1:${message.port}`, stop: () => child.kill() });
    });
  });
}

async function timed(url: string, cookie = ''): Promise<{ seconds: number; bytes: number; lines: number }> {
  const start = performance.now();
  const response = await fetch(url, { headers: { cookie, 'accept-encoding': 'identity' } });
  if (response.status !== 200 || !response.body) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  let [bytes, lines] = [0, 0];
  for await (const chunk of response.body) {
    bytes += chunk.length;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
  }
  return { seconds: (performance.now() - start) / 1000, bytes, lines };
}
