import { describe, expect, test } from 'vitest';
import { circles, type Import, importsOf, sourceFiles } from './imports.ts';

const files = sourceFiles();
const imports = importsOf(files);
const inside = imports.filter(({ isOutside }) => !isOutside);
const packageOf = (path: string) => path.split('/').slice(0, 2).join('/');
/** The folder of a file; a file that lies at the top of its package is a room of its own. */
function roomOf(file: string): string {
  const folder = file.slice(0, file.lastIndexOf('/'));
  return /^(packages|apps)\/[^/]+\/(src|app|server)$/.test(folder) ? file : folder;
}
const say = ({ from, to }: Pick<Import, 'from' | 'to'>) => `${from} -> ${to}`;

/** The packages of ours that each may import, and no others. */
const MAY: Record<string, readonly string[]> = {
  'apps/web': ['packages/api', 'packages/client', 'packages/core', 'packages/formats', 'packages/tables'],
  'apps/worker': ['archives', 'core', 'db', 'formats', 'hub', 'processes', 'storage', 'tables'].map(
    (name) => `packages/${name}`,
  ),
  'packages/api': ['packages/core', 'packages/formats'],
  'packages/archives': ['packages/storage', 'packages/formats'],
  'packages/cli': ['packages/client'],
  'packages/client': ['packages/api', 'packages/core'],
  'packages/core': ['archives', 'db', 'formats', 'hub', 'processes', 'storage', 'tables', 'telemetry'].map(
    (name) => `packages/${name}`,
  ),
  'packages/db': [],
  'packages/formats': [],
  'packages/hub': ['packages/formats'],
  'packages/processes': [],
  'packages/storage': [],
  'packages/tables': ['packages/processes', 'packages/storage'],
  'packages/telemetry': [],
};

describe('the house', () => {
  test('all of it is seen', () => {
    expect([...new Set(files.map(packageOf))].sort()).toEqual(Object.keys(MAY));
    expect(inside.length).toBeGreaterThan(1500);
    expect(inside.map(say)).toContain('apps/worker/src/main.ts -> apps/worker/src/worker.ts');
    expect(inside.map(say)).toContain('packages/api/src/router.ts -> packages/api/src/trpc.ts');
  });

  test('a package imports what it may', () => {
    const strangers = inside.filter(({ from, to }) => {
      const [here, there] = [packageOf(from), packageOf(to)];
      return here !== there && !MAY[here]?.includes(there);
    });
    expect(strangers.map(say)).toEqual([]);
  });

  test('no import reaches into another package past its exports', () => {
    expect(inside.filter(({ isDeep }) => isDeep).map(say)).toEqual([]);
  });

  test('files form no circle', () => {
    expect(circles(inside)).toEqual([]);
  });

  test('folders form no circle', () => {
    const between = inside
      .map(({ from, to }) => ({ from: roomOf(from), to: roomOf(to) }))
      .filter(({ from, to }) => from !== to);
    expect(circles(between)).toEqual([]);
  });

  test('circles are found, of files that lead back to themselves and of no others', () => {
    const arrows = ['ab', 'bc', 'ca', 'cd', 'de', 'ff'].map(([from = '', to = '']) => ({ from, to }));
    expect(circles(arrows)).toEqual([['f'], ['a', 'b', 'c']]);
  });

  test('the client loads nothing of ours', () => {
    const loaded = inside.filter(
      ({ from, to, isType }) => packageOf(from) === 'packages/client' && packageOf(to) !== packageOf(from) && !isType,
    );
    expect(loaded.map(say)).toEqual([]);
  });

  test('the worker loads nothing of accounts, mail or REST', () => {
    const { files: loaded, outside } = loadedBy('apps/worker/src/main.ts');
    expect(outside).toContain('pg-boss');
    for (const library of ['@node-rs/argon2', 'lucia', 'nodemailer', '@trpc/server', 'trpc-to-openapi']) {
      expect(outside, library).not.toContain(library);
    }
    expect(loaded.filter((file) => packageOf(file) === 'packages/api')).toEqual([]);
  });
});

/** All that a file brings into its process, by itself and by what it imports. */
function loadedBy(entry: string): { files: string[]; outside: string[] } {
  const next = Map.groupBy(
    imports.filter(({ isType }) => !isType),
    ({ from }) => from,
  );
  const loaded = new Set([entry]);
  const outside = new Set<string>();
  for (const file of loaded) {
    for (const { to, isOutside } of next.get(file) ?? []) (isOutside ? outside : loaded).add(to);
  }
  return { files: [...loaded], outside: [...outside] };
}
