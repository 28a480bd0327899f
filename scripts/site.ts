import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { backUpSite, restoreSite, type Site } from '@granary/core/disaster/site-backup';
import { installQueues } from '@granary/core/queue/queue';
import { migrate } from '@granary/db';
import { startEmbeddedPostgres } from '@granary/db/embedded';
import { openStore } from '@granary/storage';
import { fail } from './console.ts';
import { lockDataFolder, prepareDataFolder } from './data-folder.ts';
import { readStartSettings } from './settings.ts';

/**
 * `npm run site backup <folder>` copies a whole site: its database and all of its objects. `npm run site restore <folder>`
 * puts such a copy into an empty one. With the embedded PostgreSQL, Granary has to be stopped meanwhile.
 */
const [what, path = ''] = process.argv.slice(2);
const asked = what === 'backup' || what === 'restore' ? what : null;
if (!asked || path === '') fail('What, and where? npm run site backup <folder>, or npm run site restore <folder>');
const folder = resolve(path);
process.umask(0o077);
try {
  await run();
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
process.exit(process.exitCode ?? 0);

async function run(): Promise<void> {
  const settings = readStartSettings(['web', 'worker']);
  const dataDir = resolve(settings.GRANARY_DATA_DIR);
  if (asked === 'backup' && existsSync(folder) && readdirSync(folder).length > 0)
    fail(`${folder} is not empty: each copy of a site has a folder of its own.`);
  const store = openStore({ ...settings, GRANARY_DATA_DIR: dataDir });
  if (settings.DATABASE_URL) return copy({ databaseUrl: settings.DATABASE_URL, store });
  prepareDataFolder(dataDir);
  const lock = lockDataFolder(dataDir);
  const postgres = await startEmbeddedPostgres(join(dataDir, 'postgres'));
  try {
    await copy({ databaseUrl: postgres.url, store });
  } finally {
    await postgres.stop();
    lock.release();
  }
}

async function copy(site: Site): Promise<void> {
  await migrate(site.databaseUrl);
  await installQueues(site.databaseUrl);
  await site.store.check();
  const { rows, objects, bytes, gone } =
    asked === 'backup' ? await backUpSite(site, folder) : await restoreSite(site, folder);
  console.log(`${asked === 'backup' ? 'Copied' : 'Restored'} ${rows} rows and ${objects} objects (${bytes} bytes).`);
  if (gone.length === 0) return;
  console.error(
    `${gone.length} objects went while they were copied, such as ${gone[0]}: copy again when less is deleted.`,
  );
  process.exitCode = 1;
}
