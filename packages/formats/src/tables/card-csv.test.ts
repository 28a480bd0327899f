import { expect, test } from 'vitest';
import { memorySource } from '../memory-source.ts';
import { csvByCard } from './card-csv.ts';

const sourceOf = (files: Record<string, string>) =>
  memorySource(new Map(Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)])));

test('a card says how its CSV files are written, and nothing of others', async () => {
  const card = `---
configs:
- config_name: bars
  data_files: bars/*.csv
  sep: "|"
  header: null
  names: [n, words]
- config_name: plain
  data_files: plain/*.csv
---
`;
  const files = { 'top/README.md': card, 'top/bars/x.csv': '1|a\n', 'top/plain/y.csv': 'a\n1\n' };
  expect(await csvByCard(sourceOf(files))).toEqual(
    new Map([['top/bars/x.csv', { delimiter: '|', header: false, columns: ['n', 'words'] }]]),
  );
  expect(await csvByCard(sourceOf({ 'x.csv': 'a\n1\n' }))).toEqual(new Map());
  expect(await csvByCard(sourceOf({ 'README.md': '---\nconfigs: 3\n---\n', 'x.csv': 'a\n1\n' }))).toEqual(new Map());
});
