import { expect, test } from 'vitest';
import { lineDiff } from './line-diff.server.ts';

const said = (before: string, after: string) =>
  lineDiff(before, after).map(({ sign, text }) => `${sign ?? '⋯'}${text}`);

test('lines that differ are told with some around them, and a gap between', () => {
  const lines = Array.from({ length: 20 }, (_, i) => `${i}`);
  const after = lines.map((line) => (line === '2' || line === '17' ? `${line}b` : line));
  expect(said(`${lines.join('\n')}\n`, `${after.join('\n')}\n`)).toEqual([
    ' 0',
    ' 1',
    '-2',
    '+2b',
    ' 3',
    ' 4',
    ' 5',
    '⋯',
    ' 14',
    ' 15',
    ' 16',
    '-17',
    '+17b',
    ' 18',
    ' 19',
  ]);
});

test('a file that came or went has all of its lines', () => {
  expect(said('', 'a\nb\n')).toEqual(['+a', '+b']);
  expect(said('a', '')).toEqual(['-a']);
  expect(said('a\n', 'a\n')).toEqual([]);
});
