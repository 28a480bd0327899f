import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient, type GranaryClient } from '@granary/client';
import envPaths from 'env-paths';
import { environment } from './environment.ts';
import { UsageError } from './exit.ts';

/** What every command may be given. */
export interface GlobalOptions {
  url?: string;
  apiKey?: string;
}

interface Kept {
  url: string;
  apiKey: string;
  keyId: string;
}

const paths = envPaths('granary', { suffix: '' });
const configFile = (): string => join(environment('GRANARY_CONFIG_DIR') ?? paths.config, 'login.json');

/** Where signing in has left a key. */
export async function readKept(): Promise<Kept | null> {
  try {
    return JSON.parse(await readFile(configFile(), 'utf8'));
  } catch {
    return null;
  }
}

/** Readable by nobody else. */
export async function keep(kept: Kept): Promise<string> {
  const file = configFile();
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
  await writeFile(file, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
  return file;
}

export const forgetKept = (): Promise<void> => rm(configFile(), { force: true });

/** @throws UsageError */
export async function urlOf({ url }: GlobalOptions): Promise<string> {
  const known = url || (await readKept())?.url;
  if (!known) throw new UsageError('Where is Granary? Add --url or set GRANARY_URL.');
  return known;
}

/** The client, with the key given or kept. Uploads that were cut off are remembered beside it. @throws UsageError */
export async function connect(options: GlobalOptions): Promise<GranaryClient> {
  const kept = await readKept();
  const url = await urlOf(options);
  const apiKey = options.apiKey || (kept?.url === url ? kept.apiKey : undefined);
  if (!apiKey) throw new UsageError('You are not signed in. Run "granary login", or set GRANARY_API_KEY.');
  const resume = join(environment('GRANARY_CONFIG_DIR') ?? paths.data, 'uploads.json');
  return createClient({ url, apiKey, resume });
}
