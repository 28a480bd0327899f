import { build } from './build.ts';
import { fail } from './console.ts';
import { type Role, startGranary } from './granary.ts';
import { runUntilSignalled } from './signals.ts';

const ROLES: readonly Role[] = ['web', 'worker'];

/** `npm start` brings up everything; `npm start -- web` or `npm start -- worker` one kind of process. */
const asked = process.argv.slice(2);
const roles = ROLES.filter((role) => asked.length === 0 || asked.includes(role));
if (roles.length === 0)
  fail(`Unknown: ${asked.join(' ')}. Use "npm start", "npm start -- web" or "npm start -- worker".`);
if (roles.length < 2 && !process.env.DATABASE_URL)
  fail('DATABASE_URL is missing: processes on their own need a PostgreSQL that they share.');

await runUntilSignalled(async () => {
  console.log('Building…');
  build();
  console.log('Starting…');
  const granary = await startGranary(roles, 'production');
  console.log(
    granary.url
      ? `\nGranary is ready: ${granary.url}\nCtrl-C stops it; the data stays.`
      : '\nThe worker is ready. Ctrl-C stops it.',
  );
  return granary;
});
