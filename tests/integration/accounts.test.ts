import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../support/client.ts';
import { type OwnedDataset, ownedDataset, personOf } from '../support/owned-dataset.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let world: OwnedDataset;
let owner: Client;

beforeAll(async () => {
  world = await ownedDataset(granary);
  ({ owner } = world);
});

describe('accounts', () => {
  test('the first is site admin, later ones are not', async () => {
    const admin = granary.nobody();
    const answer = await admin.json('POST', '/api/v1/auth/login', {
      email: 'Admin@Example.org ',
      password: 'correct horse',
    });
    expect([answer.status, answer.body.isAdmin]).toEqual([200, true]);
    expect(answer.headers.get('set-cookie')).toMatch(/^granary_session=[^;]+;.*HttpOnly/);
    expect(answer.headers.get('set-cookie')).toMatch(/SameSite=Lax/i);
    expect(answer.headers.get('set-cookie')).not.toMatch(/Secure/);
    expect((await owner.json('GET', '/api/v1/auth/me')).body).toMatchObject({ name: 'owner', isAdmin: false });
  });

  test('the session token is not in the database', async () => {
    const token = owner.cookie.split('=')[1] ?? '';
    const rows = await granary.database.sql`select id from sessions`;
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.map((row) => row.id)).not.toContain(token);
  });

  test('mistakes are named by field', async () => {
    const answer = await granary.nobody().json('POST', '/api/v1/auth/register', {
      email: 'nobody',
      password: 'short',
      name: '',
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'invalid_input', message: expect.any(String), hint: expect.any(String) });
    expect(answer.body.issues.map((issue: { path: string }) => issue.path).sort()).toEqual([
      'email',
      'name',
      'password',
    ]);
    expect(JSON.stringify(answer.body)).not.toContain('stack');
  });

  test('an e-mail has one account', async () => {
    const answer = await granary.nobody().json('POST', '/api/v1/auth/register', {
      email: 'OWNER@example.org',
      password: 'correct horse',
      name: 'again',
    });
    expect([answer.status, answer.body.code]).toEqual([409, 'email_taken']);
  });

  test('signing out ends the session for whoever has its cookie', async () => {
    const client = await personOf(world, 'leaver');
    const { cookie } = client;
    await client.json('POST', '/api/v1/auth/logout');
    client.cookie = cookie;
    expect((await client.json('GET', '/api/v1/auth/me')).status).toBe(401);
  });

  test('guessing is slowed down, and says for how long', async () => {
    await personOf(world, 'victim');
    const guess = () =>
      granary.nobody().json('POST', '/api/v1/auth/login', {
        email: 'victim@example.org',
        password: 'wrong guess',
      });
    for (let i = 0; i < 10; i++) expect((await guess()).body.code).toBe('wrong_credentials');
    const answer = await guess();
    expect([answer.status, answer.body.code]).toEqual([429, 'too_many_attempts']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    const right = await granary.nobody().json('POST', '/api/v1/auth/login', {
      email: 'victim@example.org',
      password: 'correct horse',
    });
    expect(right.status).toBe(429);
  });
});

describe('changes asked for by other sites are refused', () => {
  test.each([
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://behind.a.proxy' }, 201],
    [{}, 201],
  ])('%j answers %i', async (headers, status) => {
    const answer = await owner.json(
      'POST',
      '/api/v1/datasets',
      { name: `csrf ${JSON.stringify(headers)}` },
      headers as Record<string, string>,
    );
    expect(answer.status).toBe(status);
    const trpc = await owner.raw(
      'POST',
      '/trpc/datasets.create',
      JSON.stringify({ name: `csrf2 ${JSON.stringify(headers)}` }),
      { 'content-type': 'application/json', ...(headers as Record<string, string>) },
    );
    expect(trpc.status).toBe(status === 403 ? 403 : 200);
  });
});
