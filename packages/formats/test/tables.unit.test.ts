import { describe, expect, test } from 'vitest';
import { layoutOf, shardPath, tableKindOf, tableSplitOf } from '../src/index.ts';

describe('files of rows', () => {
  // The examples of https://huggingface.co/docs/hub/datasets-file-names-and-splits.
  test.each([
    ['train.csv', 'train'],
    ['data/test_data.csv', 'test'],
    ['my_train_file_00.csv', 'train'],
    ['data/train/shard_0.csv', 'train'],
    ['data/random-00000-of-00003.csv', 'random'],
    ['stats-valid.parquet', 'validation'],
    ['dev/rows.jsonl', 'validation'],
    ['eval.jsonl.gz', 'test'],
    ['trainer.csv', null],
    ['latest.csv', null],
    ['rows.csv', null],
  ])('%s is of the split %s', (path, split) => {
    expect(tableSplitOf(path)).toBe(split);
  });

  test.each([
    ['a.parquet', 'parquet'],
    ['a.JSONL', 'jsonl'],
    ['a.ndjson.gz', 'jsonl'],
    ['a.tsv.zst', 'csv'],
    ['a.arrow', 'arrow'],
    ['a.txt', 'lines'],
    ['a.jpg', null],
    ['parquet', null],
  ])('%s is of the kind %s', (path, kind) => {
    expect(tableKindOf(path)).toBe(kind);
  });

  test('are put into subsets and splits; the kind that comes most often counts', () => {
    expect(
      layoutOf(['test.jsonl', 'train-2.jsonl', 'train-1.jsonl', 'notes.csv', shardPath('de', 'train', 0)]),
    ).toEqual([
      { subset: 'de', split: 'train', kind: 'parquet', paths: ['data/de/train-00000.parquet'] },
      { subset: 'default', split: 'test', kind: 'jsonl', paths: ['test.jsonl'] },
      { subset: 'default', split: 'train', kind: 'jsonl', paths: ['train-1.jsonl', 'train-2.jsonl'] },
    ]);
    expect(layoutOf(['rows.csv'])).toEqual([{ subset: 'default', split: 'train', kind: 'csv', paths: ['rows.csv'] }]);
  });
});
