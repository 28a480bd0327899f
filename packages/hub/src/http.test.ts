import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { HubHttp } from './http.ts';

type Handler = (req: IncomingMessage, res: ServerResponse, count: number) => void;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server of this test, which counts what it is asked. */
async function serve(handler: Handler): Promise<{ url: string; asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const server = createServer((req, res) => {
    asked.push(req);
    handler(req, res, asked.length);
  });
  servers.push(server);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, asked };
}

const hubOf = (
  endpoint: string,
  more: {
    token?: string;
    retries?: number;
    signal?: AbortSignal;
    addressesOf?: (host: string) => Promise<string[]>;
  } = {},
) =>
  new HubHttp({
    endpoint,
    token: more.token ?? null,
    signal: more.signal ?? new AbortController().signal,
    retries: more.retries ?? 2,
    ...(more.addressesOf ? { addressesOf: more.addressesOf } : {}),
  });

describe('a request', () => {
  test('is repeated after what passes, and waits as long as it is told to', async () => {
    const { url, asked } = await serve((_, res, count) => {
      if (count === 1) res.writeHead(503, { 'Retry-After': '0' }).end();
      else res.end('here');
    });
    const { answer } = await hubOf(url).request('/x', 'org/data');
    expect(await answer.text()).toBe('here');
    expect(asked).toHaveLength(2);
  });

  test('is not repeated after what stays', async () => {
    const { url, asked } = await serve((_, res) => void res.writeHead(404, { 'X-Error-Code': 'RepoNotFound' }).end());
    await expect(hubOf(url).request('/x', 'org/data')).rejects.toMatchObject({ code: 'hub_not_found' });
    expect(asked).toHaveLength(1);
  });

  test('gives up after so many tries, with the last reason', async () => {
    const { url, asked } = await serve((_, res) => void res.writeHead(429, { 'Retry-After': '0' }).end());
    await expect(hubOf(url, { retries: 1 }).request('/x', 'org/data')).rejects.toMatchObject({
      code: 'hub_rate_limited',
    });
    expect(asked).toHaveLength(2);
  });

  test('says where nobody answers', async () => {
    const { url } = await serve(() => {});
    for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed));
    await expect(hubOf(url, { retries: 0 }).request('/x', 'org/data')).rejects.toMatchObject({
      code: 'hub_unreachable',
      isPassing: true,
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('ends when it is told to, also while it waits', async () => {
    const controller = new AbortController();
    const { url } = await serve((_, res) => {
      res.writeHead(503, { 'Retry-After': '100' }).end();
      setImmediate(() => controller.abort(new Error('enough')));
    });
    await expect(hubOf(url, { signal: controller.signal }).request('/x', 'org/data')).rejects.toThrow('enough');
  });
});

describe('redirects', () => {
  test('are followed, and the token goes to the Hub alone', async () => {
    const cdn = await serve((_, res) => void res.end('content'));
    const { url, asked } = await serve((req, res) => {
      const to = req.url === '/file' ? '/moved' : `${cdn.url}/signed`;
      res.writeHead(302, { Location: to, 'X-Repo-Commit': 'abc', ETag: '"of the redirect"' }).end();
    });
    const { answer, headers, url: known } = await hubOf(url, { token: 'hf_secret' }).request('/file', 'org/data');
    expect(await answer.text()).toBe('content');
    expect(asked.map(({ headers: sent }) => sent.authorization)).toEqual(['Bearer hf_secret', 'Bearer hf_secret']);
    expect(cdn.asked.map(({ headers: sent }) => sent.authorization)).toEqual([undefined]);
    expect(headers.get('x-repo-commit')).toBe('abc');
    expect(headers.get('etag')).toBeNull();
    // The address of the CDN expires.
    expect(known).toBe(`${url}/moved`);
  });

  test.each(['GET', 'HEAD'] as const)('of a public Hub into a private network are refused (%s)', async (method) => {
    const inside = await serve((_, res) => void res.end('secret'));
    const hub = await serve((_, res) => void res.writeHead(302, { Location: `${inside.url}/latest/meta-data` }).end());
    // For this test the Hub is somewhere else.
    const addressesOf = async (host: string) => [host === 'localhost' ? '93.184.216.34' : host];
    const asked = hubOf(hub.url.replace('127.0.0.1', 'localhost'), { addressesOf }).request('/file', 'org/data', {
      method,
    });
    await expect(asked).rejects.toMatchObject({
      code: 'hub_unreachable',
      message: expect.stringMatching(/127\.0\.0\.1.*private network/),
    });
    expect(inside.asked).toHaveLength(0);
  });

  test('without an end are given up', async () => {
    const { url, asked } = await serve((_, res) => void res.writeHead(302, { Location: '/again' }).end());
    await expect(hubOf(url).request('/again', 'org/data')).rejects.toThrow('keeps redirecting');
    expect(asked.length).toBeLessThan(10);
  });
});

describe('a part of a file', () => {
  test('begins where the server says, which is at its start where the server knows no parts', async () => {
    const bytes = Buffer.from('0123456789');
    const { url, asked } = await serve((req, res) => {
      if (req.url === '/whole') return void res.end(bytes);
      res.writeHead(206, { 'Content-Range': 'bytes 4-7/10' }).end(bytes.subarray(4, 8));
    });
    const hub = hubOf(url);
    const part = await hub.open('org/data', '/part', { start: 4, end: 7 });
    expect([part.start, await new Response(part.body).text()]).toEqual([4, '4567']);
    expect(asked[0]?.headers.range).toBe('bytes=4-7');
    const whole = await hub.open('org/data', '/whole', { start: 4 });
    expect([whole.start, await new Response(whole.body).text()]).toEqual([0, '0123456789']);
    expect(asked[1]?.headers.range).toBe('bytes=4-');
  });
});
