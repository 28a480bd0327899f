/**
 * Requests per second of `GET /datasets` with an API key and rate limits on, over a bare node:http server that runs the same
 * SQL (goal: at least 0.5). 1,000 datasets, 16 requests in flight, in turns of some seconds.
 *
 * npm run bench api
 */
import { fork } from 'node:child_process';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { root } from '../scripts/paths.ts';
import { Client } from '../tests/support/client.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { median, report } from './report.ts';

const DATASETS = 1000;
const IN_FLIGHT = 16;
const TURN_MS = 4000;
const TURNS = 5;

const granary = await startTestGranary({ worker: false, env: { GRANARY_REQUESTS_PER_MINUTE: '10000000' } });
const bare = fork(join(root, 'bench/bare-api/server.ts'), [granary.database.url, await prepare()]);
try {
  const port = await new Promise<number>((ready) =>
    bare.once('message', (message: { port: number }) => ready(message.port)),
  );
  const key = await makeKey();
  const ours = () => rate(`${granary.url}/api/v1/datasets?limit=50`, { authorization: `Bearer ${key}` });
  const theirs = () => rate(`http://127.0.0.1:${port}/`, {});
  // Both have compiled what they run by then.
  await ours();
  await theirs();
  const pairs: { ours: number; bare: number }[] = [];
  for (let turn = 0; turn < TURNS; turn++) pairs.push({ ours: await ours(), bare: await theirs() });
  report({
    name: 'api',
    ratio: median(pairs.map((pair) => pair.ours / pair.bare)),
    compared: 'requests per second of GET /datasets, over a bare node:http server with the same SQL',
    goal: 'goal at least 0.5, higher is better',
    requestsPerSecond: Math.round(median(pairs.map((pair) => pair.ours))),
    barePerSecond: Math.round(median(pairs.map((pair) => pair.bare))),
  });
} finally {
  bare.kill();
  await granary.stop();
}

async function prepare(): Promise<string> {
  await new Client(granary.url).register('admin');
  const { id } = await new Client(granary.url).register('looker');
  await granary.database.sql`
    insert into datasets (id, name, owner_id, storage_type, storage_path, status, format, num_images, class_names, tags, splits)
    select gen_random_uuid()::text, 'dataset ' || i, ${id}, 'filesystem', '', 'ready', 'coco', i, '{car,bus}', '{a,b}', '{"train":10}'
    from generate_series(1, ${DATASETS}) i`;
  await granary.database.sql`vacuum analyze datasets`;
  return id;
}

async function makeKey(): Promise<string> {
  const client = new Client(granary.url);
  await client.json('POST', '/api/v1/auth/login', { email: 'looker@example.org', password: 'correct horse' });
  return (await client.json('POST', '/api/v1/api-keys', { name: 'bench', scopes: ['read'] })).body.secret;
}

async function rate(url: string, headers: Record<string, string>): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  const start = performance.now();
  let done = 0;
  const ask = () =>
    new Promise<void>((answered, failed) => {
      get(url, { agent, headers }, (response) => {
        if (response.statusCode !== 200) failed(new Error(`${url}: ${response.statusCode}`));
        response.resume().on('end', answered);
      }).on('error', failed);
    });
  const worker = async () => {
    while (performance.now() - start < TURN_MS) {
      await ask();
      done++;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  agent.destroy();
  return done / ((performance.now() - start) / 1000);
}
