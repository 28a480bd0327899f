/**
 * All shapes of tables and texts that people have brought, through uploads and from a Hub, against what each must become: lists
 * those that differ. With a folder of more inputs (`<name>/input/…`) these are brought instead of our own: npm run soak wild <folder>
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { wildCases } from '../packages/tables/fixtures/wild.ts';
import { wildFiles } from '../packages/tables/fixtures/wild-files.ts';
import { Client } from '../tests/support/client.ts';
import { readFolder } from '../tests/support/folder.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { differencesOf, writeWildRepos } from '../tests/support/wild.ts';
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
  const results = await Promise.all(
    wildCases.map((wild) =>
      limit(async () => {
        const differences = await differencesOf(client, wild, () => filesOf(wild.name)).catch((error) => [
          String(error),
        ]);
        console.log(`${wild.name}: ${differences.length === 0 ? 'as it must be' : `\n  ${differences.join('\n  ')}`}`);
        return differences.length;
      }),
    ),
  );
  const differing = results.filter((count) => count > 0).length;
  console.log(JSON.stringify({ name: 'wild', shapes: wildCases.length, differing }));
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
