import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.ts';
import { findChromium } from './chromium.ts';
import { fail } from './console.ts';
import { root } from './paths.ts';

/** `npm run soak <name>` runs soak/<name>.ts: what takes too long for the tests. */
const [name = ''] = process.argv.slice(2);
const program = join(root, 'soak', `${name}.ts`);
const names = readdirSync(join(root, 'soak')).map((file) => file.slice(0, -3));
if (!/^[a-z-]+$/.test(name) || !existsSync(program)) fail(`Which one? npm run soak ${names.join(' | ')}`);
await build().catch((error: Error) => fail(error.message));
process.env.GRANARY_TEST_BUILT = '1';
const chromium = findChromium();
if (chromium) process.env.GRANARY_TEST_CHROMIUM = chromium;
await import(program);
process.exit(process.exitCode ?? 0);
