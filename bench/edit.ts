/**
 * Saves per second of the annotations of images, 20 on each, with an API key and rate limits on, over a bare node:http server
 * that runs the same SQL (goal: at least 0.4). 16 people, each in images of their own, in turns of some seconds.
 *
 * npm run bench edit
 */
import { fork } from 'node:child_process';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { root } from '../scripts/paths.ts';
import { Client } from '../tests/support/client.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { median, report } from './report.ts';

const PEOPLE = 16;
const ANNOTATIONS = 20;
const TURN_MS = 4000;
const TURNS = 5;

const granary = await startTestGranary({
  worker: false,
  env: { GRANARY_REQUESTS_PER_MINUTE: '10000000', GRANARY_PUBLISH_AFTER: '3600' },
});
const client = new Client(granary.url);
await client.register('admin');
const { id: userId } = await client.register('annotator');
const id = await client.createDataset('edited');
const fileIds = await fill();
const { secret } = (await client.json('POST', '/api/v1/api-keys', { name: 'bench', scopes: ['read', 'write'] })).body;
const bare = fork(join(root, 'bench/bare-edit/server.ts'), [granary.database.url, userId, id]);
try {
  const port = await new Promise<number>((ready) =>
    bare.once('message', (message: { port: number }) => ready(message.port)),
  );
  const ours = () =>
    rate((fileId) => `${granary.url}/api/v1/datasets/${id}/images/${fileId}/annotations`, fileIds.slice(0, PEOPLE), {
      authorization: `Bearer ${secret}`,
    });
  const theirs = () => rate((fileId) => `http://127.0.0.1:${port}/${fileId}`, fileIds.slice(PEOPLE), {});
  await ours();
  await theirs();
  const pairs: { ours: number; bare: number }[] = [];
  for (let turn = 0; turn < TURNS; turn++) pairs.push({ ours: await ours(), bare: await theirs() });
  report({
    name: 'edit',
    ratio: median(pairs.map((pair) => pair.ours / pair.bare)),
    compared: 'saves per second of 20 annotations of an image, over a bare node:http server with the same SQL',
    goal: 'goal at least 0.4, higher is better',
    savesPerSecond: Math.round(median(pairs.map((pair) => pair.ours))),
    barePerSecond: Math.round(median(pairs.map((pair) => pair.bare))),
  });
} finally {
  bare.kill();
  await granary.stop();
}

/** Images without labels, as an import of them would leave them. */
async function fill(): Promise<number[]> {
  const { sql } = granary.database;
  await sql`update datasets set status = 'ready', format = 'images', revision = 1, num_images = ${PEOPLE * 2} where id = ${id}`;
  const rows = await sql<{ id: number }[]>`
    insert into dataset_files (dataset_id, path, size, sha256, mime, kind, width, height, storage_key, added_in)
    select ${id}, 'images/' || i || '.jpg', 1000, md5(i::text), 'image/jpeg', 'image', 1000, 800, 'x/' || i, 1
    from generate_series(1, ${PEOPLE * 2}) i returning id::float8 as id`;
  return rows.map((row) => row.id);
}

async function rate(url: (fileId: number) => string, files: readonly number[], headers: Record<string, string>) {
  const agent = new Agent({ keepAlive: true, maxSockets: PEOPLE });
  const start = performance.now();
  let done = 0;
  const put = (fileId: number, body: object) =>
    new Promise<{ etag: string }>((answered, failed) => {
      const text = JSON.stringify(body);
      const options = { method: 'PUT', agent, headers: { ...headers, 'content-type': 'application/json' } };
      request(url(fileId), options, (response) => {
        let answer = '';
        response
          .setEncoding('utf8')
          .on('data', (chunk) => (answer += chunk))
          .on('end', () =>
            response.statusCode === 200 ? answered(JSON.parse(answer)) : failed(new Error(`${url(fileId)}: ${answer}`)),
          );
      })
        .on('error', failed)
        .end(text);
    });
  const annotate = async (fileId: number) => {
    let basedOn = (await present(fileId)) ?? 'r0';
    for (let round = 0; performance.now() - start < TURN_MS; round++) {
      const annotations = Array.from({ length: ANNOTATIONS }, (_, i) => ({
        type: 'bbox',
        className: 'ant',
        geometry: { box: [i * 10, (round * 7) % 700, 30, 40] },
      }));
      basedOn = (await put(fileId, { basedOn, annotations })).etag;
      done++;
    }
  };
  await Promise.all(files.map(annotate));
  agent.destroy();
  return done / ((performance.now() - start) / 1000);
}

async function present(fileId: number): Promise<string | undefined> {
  const [row] = await granary.database.sql<
    { version: number }[]
  >`select version from image_edits where file_id = ${fileId}`;
  return row && `e${row.version}`;
}
