import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FORMAT_TITLES, FORMATS, READABLE_FORMATS, WRITABLE_FORMATS } from './index.ts';

test('every format is read and has a title: what the upload page lists can be brought', () => {
  expect([...READABLE_FORMATS].sort()).toEqual([...FORMATS].sort());
  expect(Object.keys(FORMAT_TITLES).sort()).toEqual([...FORMATS].sort());
  expect(WRITABLE_FORMATS.filter((format) => !READABLE_FORMATS.includes(format))).toEqual([]);
});

/** What the documentation calls a format, where it is more than its title. */
const DOCUMENTED: Partial<Record<(typeof FORMATS)[number], string>> = {
  csv: 'CSV, TSV',
  mvtec: 'MVTec AD, BTAD',
  hf_metadata: 'HF `metadata`',
  dota: 'DOTA (`labelTxt`)',
  via: 'VIA (JSON, CSV)',
  cvat: 'CVAT XML 1.1',
  mot: 'MOTChallenge',
  sagemaker: 'SageMaker',
  labelbox: 'Labelbox (NDJSON)',
  images: 'plain images',
};

test('every format of images is in the tables of the documentation', () => {
  const text = readFileSync(new URL('../../../docs/formats.md', import.meta.url), 'utf8');
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  for (const format of FORMATS) {
    if (format === 'parquet' || format === 'jsonl') continue;
    const row = rows.find(([, title]) => title === (DOCUMENTED[format] ?? FORMAT_TITLES[format]));
    expect(row?.[2], format).toBe('yes');
    if (format !== 'images') expect(row?.[3], format).toBe(WRITABLE_FORMATS.includes(format) ? 'yes' : 'no');
  }
});
