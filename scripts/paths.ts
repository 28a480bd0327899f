import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What Node has compiled of our source is kept here from start to start. */
export const compiled = join(root, 'node_modules', '.cache', 'compiled');

/** The processes as bundle.ts makes them. */
export const bundles = join(root, 'build');
