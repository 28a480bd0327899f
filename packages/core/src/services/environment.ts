import { storeSettings } from '@granary/storage';
import { z } from 'zod';
import { hubSettings } from '../secrets/seal.ts';

const NOT_A_PORT = { error: 'is not a port: use a number from 0 to 65535' };

/** Where the web process listens. */
export const listenSettings = z.object({
  HOST: z
    .string()
    .default('127.0.0.1')
    .meta({ description: 'The address the web process listens on. `0.0.0.0` means every network of the machine.' }),
  PORT: z.coerce
    .number(NOT_A_PORT)
    .int(NOT_A_PORT)
    .min(0, NOT_A_PORT)
    .max(65_535, NOT_A_PORT)
    .default(3000)
    .meta({ description: 'The port the web process listens on. 0 means any free port.' }),
});

export const databaseUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, { error: 'is not a postgres:// URL' })
  .meta({ description: 'The PostgreSQL to use, version 16 or newer: `postgres://user:password@host/database`.' });

/** Where everything is kept. */
export const dataSettings = z
  .object({
    DATABASE_URL: databaseUrl.optional().meta({
      description: databaseUrl.description,
      unset: 'the embedded PostgreSQL; a web or worker process started on its own needs one',
    }),
  })
  .and(storeSettings);

/** What the starter reads; it sets the rest for the processes that it starts. */
export const startSettings = dataSettings.and(listenSettings).and(hubSettings);

/**
 * The environment as the schema has it. A variable that is set to nothing counts as unset, as in a compose file.
 *
 * @param refuse is told one line per mistake
 */
export function readEnvironment<T>(schema: z.ZodType<T>, refuse: (mistakes: string[]) => never): T {
  const given = Object.entries(process.env).filter(([, value]) => value !== '');
  const parsed = schema.safeParse(Object.fromEntries(given));
  return parsed.success
    ? parsed.data
    : refuse(parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`));
}

/** Ends a process that was started with wrong settings. */
export function refuseToStart(mistakes: string[]): never {
  console.error(mistakes.join('\n'));
  process.exit(1);
}
