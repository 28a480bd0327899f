/**
 * All shapes of tables, texts and images that people have brought, through uploads and from a Hub, against what each must
 * become: lists those that differ. With a folder of more inputs (`<name>/input/…` of tables and texts; `<name>/data/…` or
 * `<name>/data.zip` of images) these are brought instead of our own: npm run soak wild <folder>
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import pLimit from 'p-limit';
import { readWild } from '../packages/formats/fixtures/read-wild.ts';
import { WILD, type WildCase as WildImages } from '../packages/formats/fixtures/wild-table.ts';
import { wildCases } from '../packages/tables/fixtures/wild.ts';
import { wildFiles } from '../packages/tables/fixtures/wild-files.ts';
import { zipOf } from '../tests/support/archives.ts';
import { Client } from '../tests/support/client.ts';
import { readFolder } from '../tests/support/folder.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { differencesOf, writeWildRepos } from '../tests/support/wild.ts';
import { importedAndStated } from '../tests/support/wild-images.ts';
import { startStandInHub } from '../tools/hub/server.ts';

const AT_ONCE = 4;
const given = process.argv[3];
if (given !== undefined && !existsSync(given)) {
  console.log(`skipped: there is no folder ${given}`);
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), 'granary-wild-'));
writeWildRepos(folder);
const hub = await startStandInHub(folder);
const granary = await startTestGranary({ env: { HF_ENDPOINT: hub.url } });
try {
  const client = new Client(granary.url);
  await client.register();
  const limit = pLimit(AT_ONCE);
  const shapes: [string, () => Promise<string[]>][] = [
    ...wildCases.map((wild): [string, () => Promise<string[]>] => [
      wild.name,
      () => differencesOf(client, wild, () => filesOf(wild.name)),
    ]),
    ...WILD.map((wild): [string, () => Promise<string[]>] => [wild.name, () => differencesOfImages(client, wild)]),
  ];
  const results = await Promise.all(
    shapes.map(([name, look]) =>
      limit(async () => {
        const differences = await look().catch((error) => [String(error)]);
        console.log(`${name}: ${differences.length === 0 ? 'as it must be' : `\n  ${differences.join('\n  ')}`}`);
        return differences.length;
      }),
    ),
  );
  const differing = results.filter((count) => count > 0).length;
  console.log(JSON.stringify({ name: 'wild', shapes: shapes.length, differing }));
  if (differing > 0) process.exitCode = 1;
} finally {
  await granary.stop();
  await hub.close();
  rmSync(folder, { recursive: true, force: true });
}

/** What is described in words only is made here. */
async function filesOf(name: string): Promise<Record<string, string | Uint8Array>> {
  const input = join(given ?? '', name, 'input');
  if (given === undefined || !existsSync(input) || existsSync(join(input, 'GENERATOR.txt'))) return wildFiles(name);
  return Object.fromEntries(readFolder(input));
}

async function differencesOfImages(client: Client, wild: WildImages): Promise<string[]> {
  const { found, stated } = await importedAndStated(client, wild, await archiveOf(wild.name));
  return isDeepStrictEqual(found, stated)
    ? []
    : [`is      ${JSON.stringify(found)}`, `must be ${JSON.stringify(stated)}`];
}

async function archiveOf(name: string): Promise<Buffer<ArrayBuffer>> {
  const [archive, data] = [join(given ?? '', name, 'data.zip'), join(given ?? '', name, 'data')];
  if (given !== undefined && existsSync(archive)) return Buffer.from(readFileSync(archive));
  return zipOf(given !== undefined && existsSync(data) ? readFolder(data) : readWild(name));
}
