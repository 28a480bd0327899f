import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsPage } from './docs/settings.ts';
import { tablesPage } from './docs/tables.ts';
import { root } from './paths.ts';

/** `npm run docs`: the pages that are made from the code; tests/house/docs.test.ts tells when they are out of date. */
writeFileSync(join(root, 'docs/settings.md'), settingsPage());
writeFileSync(join(root, 'docs/tables.md'), tablesPage());
