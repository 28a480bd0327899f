import { describe, expect, test } from 'vitest';
import { cardOf, configsOf } from './card.ts';
import { layoutOf, partitionsOf, shardPath, tableKindOf, tableSplitOf } from './layout.ts';

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

  const brief = ({ splits, unread }: ReturnType<typeof layoutOf>) => [
    ...splits.map(({ subset, split, kind, paths }) => `${subset}/${split} ${kind}: ${paths.join(' ')}`),
    ...unread.map(({ path, reason }) => `${path}: ${reason}`),
  ];

  test('are put into subsets and splits, each read in its own way', () => {
    expect(
      brief(layoutOf(['test.csv', 'train-2.jsonl', 'train-1.jsonl', 'dev.parquet', shardPath('de', 'train', 0)])),
    ).toEqual([
      'de/train parquet: data/de/train-00000.parquet',
      'default/validation parquet: dev.parquet',
      'default/test csv: test.csv',
      'default/train jsonl: train-1.jsonl train-2.jsonl',
    ]);
    expect(brief(layoutOf(['rows.csv']))).toEqual(['default/train csv: rows.csv']);
    expect(brief(layoutOf(['corpus.txt']))).toEqual(['default/train lines: corpus.txt']);
  });

  test('that are left out are named with the reason', () => {
    expect(brief(layoutOf(['train.csv', 'sample_submission.csv', 'notes.txt', 'cache-12ab.arrow']))).toEqual([
      'default/train csv: train.csv',
      'cache-12ab.arrow: it is a cache of the datasets library',
      'notes.txt: it is text beside files that have columns',
      'sample_submission.csv: it names no split, and other files do',
    ]);
    expect(brief(layoutOf(['rows.jsonl', 'config.json']))).toEqual([
      'default/train jsonl: rows.jsonl',
      'config.json: it is a JSON document beside files of rows',
    ]);
  });

  test('of save_to_disk are its Arrow files', () => {
    const disk = [
      'dataset_dict.json',
      'train/data-00000-of-00001.arrow',
      'train/state.json',
      'train/dataset_info.json',
    ];
    expect(brief(layoutOf([...disk, 'test/data-00000-of-00001.arrow']))).toEqual([
      'default/test arrow: test/data-00000-of-00001.arrow',
      'default/train arrow: train/data-00000-of-00001.arrow',
    ]);
  });

  test('are where the card says', () => {
    const card = `---
license: mit
configs:
- config_name: qa
  data_files:
  - split: train
    path: qa/*.jsonl
  - split: hold-out
    path: ["hold/a.jsonl", "hold/[bc].jsonl"]
- config_name: csvs
  data_dir: ./csv
  data_files: "*.csv"
  sep: "|"
  header: null
  names: [a, b]
- config_name: none
  data_files: nowhere/*.jsonl
---
# Title`;
    const paths = ['qa/1.jsonl', 'qa/2.jsonl', 'hold/a.jsonl', 'hold/b.jsonl', 'csv/x.csv', 'other.jsonl'];
    const layout = layoutOf(
      paths.map((path) => `top/${path}`),
      { configs: cardOf('top/README.md', card) ?? [] },
    );
    expect(brief(layout)).toEqual([
      'qa/train jsonl: top/qa/1.jsonl top/qa/2.jsonl',
      'qa/hold-out jsonl: top/hold/a.jsonl top/hold/b.jsonl',
      'csvs/train csv: top/csv/x.csv',
      'top/other.jsonl: the dataset card does not list it',
    ]);
    expect(layout.splits[2]?.csv).toEqual({ delimiter: '|', header: false, columns: ['a', 'b'] });
    expect(layout.unmatched).toEqual(['top/nowhere/*.jsonl']);
  });

  test('are found by a name that would be a pattern', () => {
    const configs = configsOf({ configs: [{ data_files: [{ path: ['x[1].jsonl', 'm #1 %20 ü?.jsonl'] }] }] }) ?? [];
    expect(brief(layoutOf(['x[1].jsonl', 'x1.jsonl', 'm #1 %20 ü?.jsonl'], { configs }))).toEqual([
      'default/train jsonl: m #1 %20 ü?.jsonl x[1].jsonl',
      'x1.jsonl: the dataset card does not list it',
    ]);
    expect(brief(layoutOf(['train [1].jsonl', 'train*.jsonl', 'train?.jsonl']))).toEqual([
      'default/train jsonl: train [1].jsonl train*.jsonl train?.jsonl',
    ]);
  });

  test('a card that cannot be understood is told apart from none', () => {
    expect(cardOf('README.md', '# No front matter')).toEqual([]);
    expect(cardOf('README.md', '---\nconfigs: [1, 2]\n---\n')).toBeNull();
    expect(cardOf('README.md', '---\n{ not: [yaml\n---\n')).toBeNull();
  });

  test('folders of partitions are columns', () => {
    expect(partitionsOf('x/lang=de/year=2024/part-0.parquet')).toEqual({ lang: 'de', year: '2024' });
    expect(partitionsOf('x/a%3Db=%C3%BC/part-0.parquet')).toEqual({ 'a=b': 'ü' });
    expect(partitionsOf('x=1.parquet')).toEqual({});
  });
});
