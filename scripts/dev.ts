import { watch } from 'node:fs';
import { join } from 'node:path';
import { startGranary } from './granary.ts';
import { root } from './paths.ts';
import type { Role } from './process.ts';
import { readStartSettings } from './settings.ts';
import { runUntilSignalled } from './signals.ts';

const ROLES: readonly Role[] = ['web', 'worker'];
/** What the processes are made of; pages reload by Vite. */
const SOURCES = ['apps/web/server', 'apps/worker/src', 'packages'];
const SETTLE_MS = 200;

await runUntilSignalled(async (signal) => {
  const granary = await startGranary(readStartSettings(ROLES), ROLES, 'development', signal);
  console.log(`\nGranary reloads as you edit: ${granary.url}`);
  let timer: NodeJS.Timeout | undefined;
  const restart = () => {
    console.log('Source changed: restarting…');
    granary.restart().catch((error: Error) => console.error(error.message));
  };
  for (const folder of SOURCES) {
    watch(join(root, folder), { recursive: true }, (_event, file) => {
      if (!file?.endsWith('.ts') || file.includes('node_modules')) return;
      clearTimeout(timer);
      timer = setTimeout(restart, SETTLE_MS);
    });
  }
  return granary;
});
