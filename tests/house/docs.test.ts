import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { settingsPage } from '../../scripts/docs/settings.ts';
import { tablesPage } from '../../scripts/docs/tables.ts';
import { root } from '../../scripts/paths.ts';

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const found = (...patterns: string[]) =>
  globSync(patterns, { cwd: root, exclude: ['**/node_modules', '**/build', '**/dist', '**/.turbo'] }).sort();
const pages = found('*.md', 'docs/**/*.md', '{apps,packages,examples}/*/README.md');

describe('pages made from the code', () => {
  test.each([
    ['docs/settings.md', settingsPage],
    ['docs/tables.md', tablesPage],
  ])('%s is what "npm run docs" makes', (file, make) => {
    expect(read(file), 'Run "npm run docs".').toBe(make());
  });

  test('no code reads a variable of its own', () => {
    const code = found('{apps,packages}/*/{src,app,server}/**/*.{ts,tsx}').filter((file) => !file.includes('.test.'));
    expect(code.length).toBeGreaterThan(500);
    expect(code.filter((file) => read(file).includes('process.env')).toSorted()).toEqual(
      [...READ_THE_ENVIRONMENT].toSorted(),
    );
  });

  test('every variable that tests and scripts read is on the page', () => {
    const code = found('{scripts,tests,bench,soak}/**/*.ts').map(read).join('\n');
    const names = new Set([...code.matchAll(/process\.env\.([A-Z_]+\w*)/g)].map(([, name = '']) => name));
    expect(names).toContain('CHROME_PATH');
    const page = settingsPage();
    expect([...names].filter((name) => !OF_THE_SYSTEM.has(name) && !page.includes(`\`${name}\``))).toEqual([]);
  });
});

/** The reader of each schema, and what only hands variables of the system on to other programs. */
const READ_THE_ENVIRONMENT = [
  'packages/processes/src/child-program.ts',
  'packages/core/src/services/environment.ts',
  'packages/cli/src/environment.ts',
  'packages/db/src/embedded/programs.ts',
  'apps/worker/src/tokenization/pool.ts',
  // Shows it to people, in programs to copy.
  'apps/web/app/components/exports/snippets.ts',
];
/** What the system or npm sets, and what our own scripts hand to each other. */
const OF_THE_SYSTEM = new Set([
  'PATH',
  'HOME',
  'INIT_CWD',
  'GRANARY_TEST_BUILT',
  'GRANARY_TEST_CHROMIUM',
  'GRANARY_TEST_COUNTS',
]);

test('no page has a merge that was left undone', () => {
  expect(pages.filter((page) => /^(<{7}|>{7}|(> ){6}>)/m.test(read(page)))).toEqual([]);
});

describe('links', () => {
  test('lead to files and headings that are there', () => {
    const links = pages.flatMap((page) => linksOf(page).map((link) => ({ page, ...link })));
    expect(links.length).toBeGreaterThan(50);
    const dead = links.filter(({ path, heading }) => {
      if (!existsSync(join(root, path))) return true;
      return heading !== '' && (statSync(join(root, path)).isDirectory() || !headingsOf(path).has(heading));
    });
    expect(dead.map(({ page, link }) => `${page}: ${link}`)).toEqual([]);
  });
});

/** Links of a page to the repository, with what they mean from its root; code blocks have none. */
function linksOf(page: string): { link: string; path: string; heading: string }[] {
  const text = read(page).replaceAll(/^```[\s\S]*?^```/gm, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [path = '', heading = ''] = link.split('#');
    return [{ link, path: path === '' ? page : join(dirname(page), path), heading }];
  });
}

/** As GitHub names them. */
function headingsOf(page: string): Set<string> {
  return new Set(
    [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
