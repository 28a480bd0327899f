import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { connect, forgetKept, keep, readKept, urlOf } from './config.ts';
import { UsageError } from './exit.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'granary-cli-'));
  vi.stubEnv('GRANARY_CONFIG_DIR', join(folder, 'deep', 'granary'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const LOGIN = { url: 'https://granary.example.org', apiKey: 'gk_secret', keyId: 'k1' };

describe('what signing in keeps', () => {
  test('is read by nobody else, also where the file was there before', async () => {
    const file = await keep(LOGIN);
    expect(await readKept()).toEqual(LOGIN);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    rmSync(file);
    writeFileSync(file, '{}', { mode: 0o644 });
    await keep(LOGIN);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(LOGIN);
  });

  test('is nothing before, after it is forgotten, and where the file is broken', async () => {
    expect(await readKept()).toBeNull();
    const file = await keep(LOGIN);
    writeFileSync(file, '{ "url": ');
    expect(await readKept()).toBeNull();
    await forgetKept();
    await forgetKept();
    expect(await readKept()).toBeNull();
  });
});

describe('where Granary is', () => {
  test('is what was given, else what was kept, else a question', async () => {
    await expect(urlOf({})).rejects.toThrow(UsageError);
    await keep(LOGIN);
    expect(await urlOf({})).toBe(LOGIN.url);
    expect(await urlOf({ url: 'http://other' })).toBe('http://other');
  });
});

describe('a key', () => {
  test('that was kept for one Granary is not sent to another', async () => {
    await keep(LOGIN);
    await expect(connect({ url: 'https://evil.example' })).rejects.toThrow('You are not signed in');
    await expect(connect({})).resolves.toBeDefined();
    await expect(connect({ url: 'https://other.example', apiKey: 'gk_other' })).resolves.toBeDefined();
  });
});
