/**
 * Bundles the client for those who install it: one file for Node, one for browsers, with the libraries in them, so that
 * nothing else is installed.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

const folder = join(import.meta.dirname, '..');
const dist = join(folder, 'dist');

/** What needs a file system is not there in browsers, and says so. */
const withoutFiles: Plugin = {
  name: 'without-files',
  setup(bundle) {
    bundle.onResolve({ filter: /\/node-[a-z]+\.ts$/ }, ({ path }) => ({ path, namespace: 'absent' }));
    bundle.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({
      contents: `throw new Error('Browsers have no paths: give files, and read downloads as streams.'); export {};`,
    }));
  },
};

const shared: BuildOptions & { metafile: true } = {
  absWorkingDir: folder,
  entryPoints: ['src/index.ts'],
  bundle: true,
  format: 'esm',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
};
const bundles = await Promise.all([
  build({
    ...shared,
    outfile: 'dist/node.js',
    platform: 'node',
    target: 'node20',
    banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
  }),
  build({
    ...shared,
    outfile: 'dist/browser.js',
    platform: 'browser',
    target: 'es2022',
    external: ['node:stream'],
    plugins: [withoutFiles],
  }),
]);
writeFileSync(join(dist, 'LICENSES.txt'), licensesOf(bundles.map(({ metafile }) => metafile)));

/** The licenses of the libraries within the bundles, which ask to be handed on. */
function licensesOf(metafiles: readonly Metafile[]): string {
  const inputs = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const packages = new Set(inputs.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
  const texts = [...packages].sort().map((path) => {
    const at = join(folder, path);
    const { name, version, license }: { name: string; version: string; license: string } = JSON.parse(
      readFileSync(join(at, 'package.json'), 'utf8'),
    );
    return `${name} ${version} (${license})\n\n${licenseIn(at)}`;
  });
  return `${[...new Set(texts)].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

function licenseIn(at: string): string {
  const file = readdirSync(at).find((name) => /^licen[cs]e/i.test(name));
  return file === undefined ? '' : readFileSync(join(at, file), 'utf8').trim();
}
