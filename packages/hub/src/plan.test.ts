import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { Hub, PUBLIC_HUB } from './hub.ts';
import { chosenSplits, type Plan, planOf } from './plan.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const COMMIT = 'c'.repeat(40);

/** A Hub that has one dataset: its files by path, what its card says, and what has been made of it. */
async function hubWith({
  files,
  configs,
  parquet,
  listing = parquet ? 200 : 404,
}: {
  files: readonly string[];
  configs?: unknown;
  parquet?: Record<string, Record<string, string[]>>;
  listing?: number;
}): Promise<Hub> {
  const server = createServer((req, res) => {
    const path = new URL(req.url ?? '', 'http://x').pathname;
    const json = (value: unknown, status = 200) =>
      void res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
    if (path === '/api/datasets/org/data' || path.startsWith('/api/datasets/org/data/revision/'))
      return json({ id: 'org/data', sha: COMMIT, cardData: { configs } });
    if (path === '/api/datasets/org/data/parquet') return json(parquet ?? {}, listing);
    if (path.startsWith('/api/datasets/org/data/tree/'))
      return json(files.map((name) => ({ type: 'file', path: name, size: 10, oid: 'a'.repeat(40) })));
    if (path.includes('/resolve/') || path.includes('/convert/'))
      return void res.writeHead(200, { 'Content-Length': '77', ETag: `"${'d'.repeat(64)}"` }).end();
    res.writeHead(404).end();
  });
  servers.push(server);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  return new Hub({ endpoint, token: null, signal: new AbortController().signal, retries: 0 });
}

const brief = ({ splits }: Plan) =>
  splits.map(
    ({ subset, split, kind, files }) => `${subset}/${split} ${kind}: ${files.map(({ path }) => path).join(' ')}`,
  );

describe('the dataset’s own files', () => {
  test('are put into splits by their names; what is no data is left', async () => {
    const hub = await hubWith({
      files: [
        'README.md',
        'data/train-00000.parquet',
        'data/train-00001.parquet',
        'data/test.parquet',
        'dataset_infos.json',
      ],
    });
    const plan = await planOf(hub, 'org/data', null);
    expect(plan).toMatchObject({ commit: COMMIT, isConverted: false });
    expect(brief(plan).sort()).toEqual([
      'default/test parquet: data/test.parquet',
      'default/train parquet: data/train-00000.parquet data/train-00001.parquet',
    ]);
  });

  test('that name no split are all of train, each kind read in its own way', async () => {
    const hub = await hubWith({ files: ['a.jsonl', 'b.jsonl', 'c.csv', 'notes.txt'] });
    const plan = await planOf(hub, 'org/data', null);
    expect(brief(plan)).toEqual(['default/train jsonl: a.jsonl b.jsonl', 'default/train csv: c.csv']);
    expect(plan.left.unread).toEqual([{ path: 'notes.txt', reason: 'it is text beside files that have columns' }]);
  });

  test('of a card whose patterns match some files only are named', async () => {
    const configs = [
      { config_name: 'a', data_files: 'a/*.csv', sep: '|', header: null, names: ['x', 'y'] },
      { config_name: 'b', data_files: 'b/*.csv' },
    ];
    const plan = await planOf(await hubWith({ files: ['a/1.csv'], configs }), 'org/data', null);
    expect(brief(plan)).toEqual(['a/train csv: a/1.csv']);
    expect(plan.splits[0]?.csv).toEqual({ delimiter: '|', header: false, columns: ['x', 'y'] });
    expect(plan.left.unmatched).toEqual(['b/*.csv']);
  });

  test.each([
    ['a loading script', ['script.py', 'README.md'], /loading script only \(script\.py\)/],
    ['an archive', ['data.zip', 'README.md'], /archive \(data\.zip\).*upload it here/],
    ['WebDataset', ['shard-0000.tar'], /WebDataset.*shard-0000\.tar/],
  ])('are not there, but %s, which is said', async (_, files, message) => {
    await expect(planOf(await hubWith({ files }), 'org/data', null)).rejects.toMatchObject({
      code: 'hub_no_data',
      message: expect.stringMatching(message),
    });
  });

  test('are taken by their names where no pattern of the card matches any', async () => {
    const configs = [{ config_name: 'one', data_files: 'nowhere/*.jsonl' }];
    const plan = await planOf(await hubWith({ files: ['one/a.jsonl'], configs }), 'org/data', null);
    expect(brief(plan)).toEqual(['one/train jsonl: one/a.jsonl']);
    expect(plan.left.unmatched).toEqual(['nowhere/*.jsonl']);
  });

  test('in folders at the top are subsets', async () => {
    const hub = await hubWith({ files: ['en/train.csv', 'en/test.csv', 'ko/train.csv'] });
    expect(brief(await planOf(hub, 'org/data', null)).sort()).toEqual([
      'en/test csv: en/test.csv',
      'en/train csv: en/train.csv',
      'ko/train csv: ko/train.csv',
    ]);
  });

  test('go where the card says, before all else', async () => {
    const configs = [
      { config_name: 'main', data_dir: 'x', data_files: [{ split: 'eval', path: '*.csv' }] },
      { config_name: 'rest', data_files: 'y/*.csv' },
    ];
    const hub = await hubWith({ files: ['x/a.csv', 'x/b.csv', 'y/train.csv', 'z.csv'], configs });
    expect(brief(await planOf(hub, 'org/data', null))).toEqual([
      'main/eval csv: x/a.csv x/b.csv',
      'rest/train csv: y/train.csv',
    ]);
  });

  test('that are none of rows are said to be none', async () => {
    const hub = await hubWith({ files: ['README.md', 'a.png'] });
    await expect(planOf(hub, 'org/data', null)).rejects.toMatchObject({ code: 'hub_no_data' });
  });
});

describe('what the Hub has made of it', () => {
  const url = (name: string) => `${PUBLIC_HUB}/datasets/org/data/resolve/refs%2Fconvert%2Fparquet/default/${name}`;

  test('is taken where it is whole', async () => {
    const hub = await hubWith({ files: ['a.csv'], parquet: { default: { train: [url('train/0000.parquet')] } } });
    const plan = await planOf(hub, 'org/data', null);
    expect(plan.isConverted).toBe(true);
    expect(plan.splits).toMatchObject([
      { subset: 'default', split: 'train', kind: 'parquet', files: [{ sizeBytes: 77, sha256: 'd'.repeat(64) }] },
    ]);
    // At the Hub that was asked, not at the public one that listings name.
    expect(plan.splits[0]?.files[0]?.url.startsWith(hub.endpoint)).toBe(true);
  });

  test('is left where it is the first part only, or of another commit', async () => {
    const parquet = { default: { 'partial-train': [url('partial-train/0000.parquet')] } };
    expect((await planOf(await hubWith({ files: ['a.csv'], parquet }), 'org/data', null)).isConverted).toBe(false);
    const whole = { default: { train: [url('train/0000.parquet')] } };
    expect((await planOf(await hubWith({ files: ['a.csv'], parquet: whole }), 'org/data', COMMIT)).isConverted).toBe(
      false,
    );
  });

  test('is not given up for a failure that passes', async () => {
    const hub = await hubWith({ files: ['a.csv'], listing: 503 });
    await expect(planOf(hub, 'org/data', null)).rejects.toMatchObject({ code: 'hub_unreachable', isPassing: true });
  });
});

describe('what is asked for', () => {
  const plan = {
    splits: [
      { subset: 'en', split: 'train', kind: 'csv', files: [] },
      { subset: 'en', split: 'test', kind: 'csv', files: [] },
      { subset: 'ko', split: 'train', kind: 'csv', files: [] },
    ],
  } satisfies Pick<Plan, 'splits'>;
  const chosen = (subset: string | null, split: string | null) =>
    chosenSplits(
      {
        ...plan,
        info: { id: 'org/data' } as Plan['info'],
        commit: COMMIT,
        isConverted: false,
        left: { unread: [], unmatched: [] },
      },
      'org/data',
      subset,
      split,
    ).map((found) => `${found.subset}/${found.split}`);

  test('is everything, a subset, a split of all, or one', () => {
    expect(chosen(null, null)).toHaveLength(3);
    expect(chosen('en', null)).toEqual(['en/train', 'en/test']);
    expect(chosen(null, 'train')).toEqual(['en/train', 'ko/train']);
    expect(chosen('ko', 'train')).toEqual(['ko/train']);
  });

  test('is refused with what there is', () => {
    expect(() => chosen('fr', null)).toThrow(
      expect.objectContaining({ code: 'hub_subset_unknown', message: expect.stringContaining('"en", "ko"') }),
    );
    expect(() => chosen('ko', 'test')).toThrow(
      expect.objectContaining({ code: 'hub_split_unknown', message: expect.stringContaining('It has "train"') }),
    );
  });
});
