import { describe, expect, test } from 'vitest';
import { codes, readAll } from '../../fixtures/read.ts';
import { samplesIn } from './samples.ts';

const numbered = (count: number, ...members: string[]) =>
  Array.from({ length: count }, (_, i) => members.map((member) => `s/${String(i).padStart(6, '0')}.${member}`)).flat();

describe('samples of texts', () => {
  test.each([
    ['two members', numbered(3, 'json', 'txt'), 6],
    ['two members, of which a sample lacks one', ['a.json', 'a.txt', 'b.json', 'b.txt', 'c.txt'], 5],
    ['sounds and what is said', numbered(2, 'wav', 'txt'), 4],
    ['members with dots', ['a.en.txt', 'a.fr.txt', 'b.en.txt', 'b.fr.txt'], 4],
    ['numbered texts', numbered(2, 'txt'), 2],
    ['numbered documents', numbered(2, 'json'), 2],
    ['a README beside', [...numbered(2, 'json', 'txt'), 'README.md', '.gitattributes'], 4],
    ['very many texts', Array.from({ length: 101 }, (_, i) => `neg/${i}_3.txt`), 101],
  ])('%s', (_, paths, count) => {
    expect(samplesIn(paths)?.length).toBe(count);
  });

  test.each([
    ['splits of two kinds', ['train.json', 'train.txt', 'test.json', 'test.txt']],
    ['rows', ['a.jsonl', 'a.txt', 'b.jsonl', 'b.txt']],
    ['some texts', ['a.txt', 'b.txt', 'c.txt']],
    ['parts of a corpus', Array.from({ length: 200 }, (_, i) => `c4/part-${i}.txt`)],
    ['one pair', ['a.json', 'a.txt']],
    ['files without a text', ['a.wav', 'a.npy', 'b.wav', 'b.npy']],
  ])('are not %s', (_, paths) => {
    expect(samplesIn(paths)).toBeNull();
  });
});

test('a dataset of samples has rows; a file that belongs to none is told', async () => {
  const read = await readAll({
    'train/000001.json': '{"a": 1}',
    'train/000001.txt': 'one',
    'train/000002.json': '{"a": 2}',
    'train/000002.txt': 'two',
    'test/000001.json': '{"a": 3}',
    'test/000001.txt': 'three',
    'notes.yaml': 'a: 1',
  });
  expect([read.format, read.taskType, codes(read.report)]).toEqual(['webdataset', 'text', { unused_file: 1 }]);
});

test('labels of images that came alone are no samples', async () => {
  const labels = Object.fromEntries(numbered(3, 'txt').map((path) => [path, '0 0.5 0.5 0.1 0.1\n']));
  expect((await readAll(labels)).format).not.toBe('webdataset');
});
