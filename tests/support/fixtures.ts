import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/paths.ts';

/** Real datasets beside the checkout; suites that need them are skipped, and say so, where there are none. */
const folder = join(root, '..', 'shared', 'fixtures');

export const hasFixtures = existsSync(folder);
if (!hasFixtures) console.log(`Skipping the suites on real datasets: there is no ${folder}`);

export const fixture = (name: string): string => join(folder, name);

/** Shapes of datasets as people bring them; our own small copies are in packages/formats/fixtures. */
const wildFolder = join(root, '..', 'shared', 'wild', 'vision');

export const hasWild = existsSync(wildFolder);
if (!hasWild) console.log(`Skipping the suites on datasets as they were brought: there is no ${wildFolder}`);

export const wild = (name: string): string => join(wildFolder, name);
