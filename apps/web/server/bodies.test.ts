import { once } from 'node:events';
import { request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import express from 'express';
import { afterEach, expect, test } from 'vitest';
import { boundBodies } from './bodies.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** Answers how many bytes it was given; `read` is how many it has seen at all. */
async function serve(seconds = 5) {
  const seen = { read: 0 };
  const app = express();
  const bound = { bytes: 100_000, seconds };
  app.use(boundBodies({ usual: bound, listing: { ...bound, bytes: 1_000_000 }, lingerMs: 200 }));
  app.use(async (req, res) => {
    try {
      for await (const chunk of req) seen.read += chunk.length;
      res.send(String(seen.read));
    } catch {
      seen.read = -1;
    }
  });
  server = app.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const send = async (path: string, parts: Iterable<Buffer>, headers: Record<string, string | number> = {}) => {
    const call = request({ port, path, method: 'POST', headers });
    call.on('error', () => {});
    const answer = once(call, 'response');
    for (const part of parts) {
      call.write(part);
      await wait(5);
    }
    if (headers['content-length'] === undefined) call.end();
    const [response] = await answer;
    response.on('error', () => {});
    const texts: string[] = await response.toArray().catch(() => []);
    return { status: response.statusCode, text: texts.join('') };
  };
  return { seen, send };
}

const parts = (count: number) => Array.from({ length: count }, () => Buffer.alloc(10_000));

test('a body within its bounds comes through as it is', async () => {
  const { send } = await serve();
  expect(await send('/', parts(10))).toEqual({ status: 200, text: '100000' });
});

test('a body that says how large it is is refused before it is read', async () => {
  const { seen, send } = await serve();
  expect((await send('/', parts(1), { 'content-length': 450_000_000 })).status).toBe(413);
  expect(seen.read).toBe(0);
});

test('one that does not say it is refused as it grows, and never taken for whole', async () => {
  const { seen, send } = await serve();
  expect((await send('/', parts(40))).status).toBe(413);
  await expect.poll(() => seen.read).toBe(-1);
});

test('one that comes too slowly ends', async () => {
  const { seen, send } = await serve(0.2);
  expect((await send('/', parts(1), { 'content-length': 50_000 })).status).toBe(408);
  await expect.poll(() => seen.read).toBe(-1);
});

test('a listing of files may be larger', async () => {
  const { send } = await serve();
  expect((await send('/api/v1/datasets/analyze', parts(50))).status).toBe(200);
});
