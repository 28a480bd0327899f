import { request } from 'node:http';
import { connect } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../support/client.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let victim: Client;

beforeAll(async () => {
  await granary.person('admin');
  victim = await granary.person('victim');
});

describe('too much', () => {
  test('bodies have a limit, whether they say their length or not', async () => {
    const large = 'x'.repeat(33 * 1024 * 1024);
    const said = await victim.raw('POST', '/api/v1/datasets', JSON.stringify({ name: large }), {
      'content-type': 'application/json',
    });
    expect(said.status).toBeGreaterThanOrEqual(400);
    const status = await new Promise<number>((answered) => {
      const sent = request(`${granary.url}/trpc/datasets.create`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked', cookie: victim.cookie },
      });
      sent.on('response', (response) => answered(response.statusCode ?? 0)).on('error', () => answered(499));
      sent.write('{"name":"');
      for (let i = 0; i < 40; i++) sent.write('x'.repeat(64 * 1024));
      sent.end('"}');
    });
    expect(status).toBeGreaterThanOrEqual(400);
  });

  test('deep JSON, long lists and long texts are refused', async () => {
    const deep = `{"name":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    const answer = await victim.raw('POST', '/api/v1/datasets', deep, { 'content-type': 'application/json' });
    expect(answer.status).toBe(400);
    const create = (body: object) => victim.json('POST', '/api/v1/datasets', body);
    expect((await create({ name: 'x'.repeat(256) })).status).toBe(400);
    expect((await create({ name: 'x', tags: Array.from({ length: 60 }, (_, i) => `t${i}`) })).status).toBe(400);
    expect((await create({ name: 'x', description: 'x'.repeat(20_001) })).status).toBe(400);
    const ids = Array.from({ length: 1001 }, () => 'x');
    expect((await victim.json('POST', '/api/v1/datasets/bulk-update', { ids, addTags: ['a'] })).status).toBe(400);
    expect((await victim.json('GET', '/api/v1/datasets?limit=1000')).status).toBe(400);
    expect((await victim.json('GET', '/api/v1/auth/me')).status).toBe(200);
  });

  test('a body that is too large is refused as it comes, signed in or not, for a page as for the API', async () => {
    const form = 'multipart/form-data; boundary=x';
    for (const [path, type] of [
      ['/sign-in', form],
      ['/datasets/new', form],
      ['/datasets/new', 'text/plain'],
      ['/trpc/datasets.create', 'application/json'],
      ['/api/v1/datasets', 'application/json'],
    ] as const)
      for (const client of [victim, granary.nobody()]) {
        let sent = 0;
        const body = new ReadableStream({
          pull(controller) {
            // A form of 450 MB, if somebody took it.
            if (sent >= 450_000_000) return controller.close();
            sent += 1_000_000;
            controller.enqueue(new Uint8Array(1_000_000));
          },
        });
        const status = await client.raw('POST', path, body, { 'content-type': type }).then(
          (answer) => answer.status,
          // The connection ended while it was still sent.
          () => 413,
        );
        expect([path, status]).toEqual([path, status === 401 && client !== victim ? 401 : 413]);
        expect(sent).toBeLessThan(50_000_000);
      }
    expect((await victim.json('GET', '/api/v1/auth/me')).status).toBe(200);
  });

  test('who sends headers slowly is cut off, and the server goes on', async () => {
    const { hostname, port } = new URL(granary.url);
    const slow = Array.from({ length: 50 }, () => connect(Number(port), hostname));
    for (const socket of slow) {
      socket.on('error', () => {});
      socket.write('GET /api/v1/datasets HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    }
    expect((await victim.json('GET', '/api/v1/auth/me')).status).toBe(200);
    for (const socket of slow) socket.destroy();
  });

  test('passwords are not guessed, and a wrong e-mail looks and lasts like a wrong password', async () => {
    const login = (email: string, password: string) =>
      granary.nobody().json('POST', '/api/v1/auth/login', { email, password });
    const [known, unknown] = [await login('attacker@example.org', 'x'), await login('nobody@example.org', 'x')];
    expect([known.status, known.body]).toEqual([unknown.status, unknown.body]);
    const time = async (email: string) => {
      const start = performance.now();
      await login(email, 'x');
      return performance.now() - start;
    };
    const times: [number, number][] = [];
    for (let i = 0; i < 4; i++) times.push([await time('attacker@example.org'), await time(`n${i}@example.org`)]);
    // Hashing takes tens of milliseconds: an answer without it would be much faster.
    const sum = (of: 0 | 1) => times.reduce((total, pair) => total + pair[of], 0);
    expect(sum(1)).toBeGreaterThan(sum(0) / 3);
    const codes: string[] = [];
    for (let i = 0; i < 12; i++) codes.push((await login('attacker@example.org', `guess ${i}`)).body.code);
    expect(codes.at(-1)).toBe('too_many_attempts');
    // Not even with the right one, for a while.
    expect((await login('attacker@example.org', 'correct horse')).status).toBe(429);
    expect((await login('victim@example.org', 'correct horse')).status).toBe(200);
  });
});

test('an address that asks again and again which e-mails have an account is told nothing more', async () => {
  const headers = { 'x-forwarded-for': '203.0.113.9' };
  const known = { email: 'known@example.org', password: 'correct horse', name: 'Known' };
  const register = (body: object) => granary.nobody().json('POST', '/api/v1/auth/register', body, headers);
  expect((await register(known)).status).toBe(201);
  const codes: string[] = [];
  for (let i = 0; i < 12; i++) codes.push((await register(known)).body.code);
  expect(new Set(codes.slice(0, 10))).toEqual(new Set(['email_taken']));
  expect(codes.slice(10)).toEqual(['too_many_attempts', 'too_many_attempts']);
  // An e-mail that nobody has is answered no differently.
  const fresh = await register({ ...known, email: 'nobody-has-this@example.org' });
  expect(fresh).toMatchObject({ status: 429, body: { code: 'too_many_attempts' } });
});
