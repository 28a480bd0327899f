import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.ts';
import { fail } from './console.ts';
import { root } from './paths.ts';

/** `npm run bench <name>` runs bench/<name>.ts. */
const [name = ''] = process.argv.slice(2);
const program = join(root, 'bench', `${name}.ts`);
const names = readdirSync(join(root, 'bench'))
  .filter((file) => file.endsWith('.ts') && file !== 'report.ts')
  .map((file) => file.slice(0, -3));
if (!/^[a-z-]+$/.test(name) || !existsSync(program)) fail(`Which one? npm run bench ${names.join(' | ')}`);
await build().catch((error: Error) => fail(error.message));
process.env.GRANARY_TEST_BUILT = '1';
await import(program);
// Some libraries keep a timer: the work is done.
process.exit(0);
