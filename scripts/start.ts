import { build } from './build.ts';
import { StartError } from './console.ts';
import { startGranary } from './granary.ts';
import type { Role } from './process.ts';
import { readStartSettings } from './settings.ts';
import { runUntilSignalled } from './signals.ts';

const ROLES: readonly Role[] = ['web', 'worker'];

/** `npm start` brings up everything; `npm start -- web` or `npm start -- worker` one kind of process. */
await runUntilSignalled(async (signal) => {
  const asked = process.argv.slice(2);
  const roles = ROLES.filter((role) => asked.length === 0 || asked.includes(role));
  if (roles.length === 0) {
    throw new StartError(`Unknown: ${asked.join(' ')}. Use "npm start", "npm start -- web" or "npm start -- worker".`);
  }
  const settings = readStartSettings(roles);
  console.log('Building…');
  await build(signal);
  console.log('Starting…');
  const granary = await startGranary(settings, roles, 'production', signal);
  console.log(
    granary.url
      ? `\nGranary is ready: ${granary.url}\nCtrl-C stops it; the data stays.`
      : '\nThe worker is ready. Ctrl-C stops it.',
  );
  return granary;
});
