import { readEnvironment, startSettings } from '@granary/core/services/environment';
import { StartError } from './console.ts';
import type { Role } from './process.ts';

export type StartSettings = ReturnType<typeof readStartSettings>;

/** What the environment says of a start. @throws StartError with a line per mistake */
export function readStartSettings(roles: readonly Role[]) {
  const settings = readEnvironment(startSettings, (mistakes) => {
    throw new StartError(mistakes.map((mistake) => `${mistake}.`).join('\n'));
  });
  if (roles.length < 2 && !settings.DATABASE_URL)
    throw new StartError('DATABASE_URL is missing: a process on its own needs a PostgreSQL to share with the others.');
  return settings;
}
