/** Writes the types of the client into one file that needs no other. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import ts from 'typescript';
import { contractText } from './contract.ts';

const folder = join(import.meta.dirname, '..');
const output = join(folder, 'dist/index.d.ts');
const config = join(folder, 'tsconfig.json');
const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(config, ts.sys.readFile).config, ts.sys, folder);
const work = mkdtempSync(join(folder, 'dist/types-'));
try {
  const contract = join(work, 'views.d.ts');
  writeFileSync(contract, contractText(options));
  const bundle = await rollup({
    input: join(folder, 'src/index.ts'),
    plugins: [
      { name: 'contract', resolveId: (path) => (path.endsWith('/views.ts') ? contract : null) },
      dts({ tsconfig: config }),
    ],
  });
  await bundle.write({ file: output, format: 'es' });
} finally {
  rmSync(work, { recursive: true });
}
const foreign = /from '[^']+'|import\([^)]*\)/.exec(readFileSync(output, 'utf8'));
if (foreign) throw new Error(`The types need others: ${foreign[0]}`);
