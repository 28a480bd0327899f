import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Hub } from './hub.ts';
import { planOf } from './plan.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

type Answers = Record<string, unknown>;

/** A Hub that answers these paths, 404 to others, and a number as that status without a reason. */
async function hubOf(answers: Answers): Promise<Hub> {
  const server = createServer((req, res) => {
    const answer = answers[decodeURIComponent(new URL(req.url ?? '', 'http://hub').pathname)];
    if (answer === undefined) return res.writeHead(404, { 'X-Error-Code': 'RepoNotFound' }).end();
    if (typeof answer === 'number') return res.writeHead(answer).end();
    res.setHeader('X-Repo-Commit', 'c'.repeat(40));
    if (typeof answer === 'string') return res.setHeader('Content-Length', answer.length).end(answer);
    return res.setHeader('Content-Type', 'application/json').end(JSON.stringify(answer));
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  return new Hub({ endpoint, token: null, signal: new AbortController().signal, retries: 0 });
}

const INFO = { id: 'who/what', sha: 'a'.repeat(40) };
const MANY = 30;
const nameOf = (i: number) => `default/train/${String(i).padStart(4, '0')}.parquet`;

/** More converted files than are asked about one by one, so that they are looked up in the branch's tree. */
const MANY_CONVERTED: Answers = {
  '/api/datasets/who/what': INFO,
  '/api/datasets/who/what/parquet': {
    default: { train: Array.from({ length: MANY }, (_, i) => `https://huggingface.co/api/at/${i}.parquet`) },
  },
  '/api/datasets/who/what/revision/refs/convert/parquet': { id: 'who/what', sha: 'b'.repeat(40) },
  [`/api/datasets/who/what/tree/${'b'.repeat(40)}`]: Array.from({ length: MANY }, (_, i) => ({
    type: 'file',
    path: nameOf(i),
    size: 100 + i,
    oid: 'd'.repeat(40),
  })),
  ...Object.fromEntries(Array.from({ length: MANY }, (_, i) => [`/api/at/${i}.parquet`, 'PAR1'])),
};

test('many converted files are looked up in the tree of their branch', async () => {
  const { isConverted, splits } = await planOf(await hubOf(MANY_CONVERTED), 'who/what', null);
  expect(isConverted).toBe(true);
  expect(splits[0]?.files.map(({ sizeBytes }) => sizeBytes)).toEqual(Array.from({ length: MANY }, (_, i) => 100 + i));
});

test('a Hub without that branch is asked about each file', async () => {
  const { '/api/datasets/who/what/revision/refs/convert/parquet': _, ...answers } = MANY_CONVERTED;
  const { splits } = await planOf(await hubOf(answers), 'who/what', null);
  expect(splits[0]?.files.every(({ sizeBytes }) => sizeBytes === 4)).toBe(true);
});

test('a Hub that fails for now makes no other plan', async () => {
  const failing = { ...MANY_CONVERTED, '/api/datasets/who/what/revision/refs/convert/parquet': 503 };
  await expect(planOf(await hubOf(failing), 'who/what', null)).rejects.toMatchObject({
    code: 'hub_unreachable',
    isPassing: true,
  });
});

test('a mirror that knows revisions only is asked for main', async () => {
  const hub = await hubOf({ '/api/datasets/who/what/revision/main': INFO });
  expect(await hub.info('who/what', null)).toMatchObject({ id: 'who/what' });
});

test('a dataset that could not be asked for is not one that does not exist', async () => {
  const hub = await hubOf({ '/api/datasets/who/what/revision/main': 503 });
  await expect(hub.info('who/what', null)).rejects.toMatchObject({ code: 'hub_unreachable', isPassing: true });
  await expect((await hubOf({})).info('who/what', null)).rejects.toMatchObject({ code: 'hub_not_found' });
});
