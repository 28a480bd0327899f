import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/** A 1 x 1 PNG. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** Who may see what is private or gated in the folder of {@link makeHubData}. */
export const ALLOWED_TOKEN = 'hf_allowedallowedallowed';

/** A folder for the stand-in Hub: small datasets with everything that real ones have. */
export async function makeHubData(largeRows = 450_000): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'granary-hub-'));
  const duck = await DuckDBInstance.create(':memory:');
  const connection = await duck.connect();
  const path = (...parts: string[]) => {
    const file = join(folder, 'datasets', ...parts);
    mkdirSync(dirname(file), { recursive: true });
    return file;
  };
  const parquet = async (select: string, file: string, options = '') => {
    await connection.run(`copy (${select}) to '${file}' (format parquet${options})`);
  };
  const describe = (repo: string, about: Record<string, unknown>) =>
    writeFileSync(path(repo, 'hub.json'), JSON.stringify(about));
  const lines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

  // Two subsets, several splits and shards, classes by the features of the `datasets` library.
  const features = JSON.stringify({
    info: {
      features: {
        text: { dtype: 'string', _type: 'Value' },
        label: { names: ['no', 'maybe', 'yes'], _type: 'ClassLabel' },
      },
    },
  });
  const rows = (from: number, to: number) =>
    `select i as id, 'row ' || i || case when i % 100 = 7 then ' Needle ünïcode 漢字 😀' else '' end as text, (i % 3)::bigint as label,
      case when i % 10 = 0 then null else i / 4.0 end as score from range(${from}, ${to}) t(i)`;
  const withFeatures = `, row_group_size 2048, kv_metadata {huggingface: '${features.replaceAll("'", "''")}'}`;
  await parquet(rows(0, 10_000), path('org/multi/parquet/first/train/0000.parquet'), withFeatures);
  await parquet(rows(10_000, 15_000), path('org/multi/parquet/first/train/0001.parquet'), withFeatures);
  await parquet(rows(0, 300), path('org/multi/parquet/first/test/0000.parquet'), withFeatures);
  await parquet(rows(0, 50), path('org/multi/parquet/second/train/0000.parquet'), withFeatures);
  await parquet(`${rows(0, 10)} where false`, path('org/multi/parquet/second/validation/0000.parquet'), withFeatures);
  writeFileSync(path('org/multi/main/README.md'), '# Multi\n');
  describe('org/multi', {
    description: 'Two subsets, with classes.',
    citation: '@misc{multi, title={Multi}}',
    cardData: { license: 'cc-by-4.0' },
  });

  // The dataset's own files only, at two revisions; nested features.
  const nested = (n: number) =>
    Array.from({ length: n }, (_, i) => ({
      id: i,
      messages: [
        { role: 'user', content: `Question ${i}?` },
        { role: 'assistant', content: `Answer "${i}" — こんにちは` },
      ],
      meta: { source: i % 2 === 0 ? 'web' : null, tags: ['a', `t${i}`] },
      when: '2024-02-30',
    }));
  writeFileSync(path('plain/main/data/train.jsonl'), lines(nested(40)));
  writeFileSync(path('plain/main/data/test.jsonl'), '');
  writeFileSync(path('plain/v1.0/data/train.jsonl'), lines(nested(5)));
  writeFileSync(path('plain/main/README.md'), '# Plain\n');

  // CSV files put into subsets by the dataset's card.
  writeFileSync(
    path('org/card/main/a/rows.csv'),
    'question,answer,points\n"one, two","line\nbreak",1\nthree,four,2.5\n',
  );
  writeFileSync(path('org/card/main/b/rows.csv'), 'question,answer,points\nfive,six,\n');
  describe('org/card', {
    cardData: {
      configs: [
        { config_name: 'alpha', data_files: [{ split: 'train', path: 'a/*.csv' }] },
        { config_name: 'beta', data_files: 'b/*.csv' },
      ],
    },
  });

  // Images in rows.
  const image = `{'bytes': from_base64('${PIXEL.toString('base64')}'), 'path': 'pixel.png'}`;
  const imageFeatures = JSON.stringify({
    info: { features: { image: { _type: 'Image' }, caption: { dtype: 'string', _type: 'Value' } } },
  });
  await parquet(
    `select ${image} as image, 'caption ' || i as caption from range(20) t(i)`,
    path('org/images/parquet/default/train/0000.parquet'),
    `, kv_metadata {huggingface: '${imageFeatures}'}`,
  );

  // Sound in rows.
  const sound = Buffer.concat([Buffer.from('RIFF\x24\0\0\0WAVEfmt ', 'latin1'), Buffer.alloc(84, 7)]);
  const audio = `{'bytes': from_base64('${sound.toString('base64')}'), 'path': 'sound.wav'}`;
  const audioFeatures = JSON.stringify({ info: { features: { audio: { sampling_rate: 16_000, _type: 'Audio' } } } });
  await parquet(
    `select ${audio} as audio, 'said ' || i as text from range(3) t(i)`,
    path('org/sounds/parquet/default/train/0000.parquet'),
    `, kv_metadata {huggingface: '${audioFeatures}'}`,
  );

  await parquet(rows(0, 100), path('org/gated/parquet/default/train/0000.parquet'));
  describe('org/gated', { gated: 'manual', allowed: [ALLOWED_TOKEN], description: 'Ask first.' });
  await parquet(rows(0, 100), path('org/private/parquet/default/train/0000.parquet'));
  describe('org/private', { private: true, allowed: [ALLOWED_TOKEN] });
  await parquet(rows(0, 100), path('org/disabled/parquet/default/train/0000.parquet'));
  describe('org/disabled', { disabled: true });
  writeFileSync(path('org/nodata/main/model.bin'), 'no rows');
  writeFileSync(path('org/broken/main/train.jsonl'), '{"a": 1}\n{"a": 2}\n{"a": \n');

  // Large enough to be cut in the middle: text that compresses badly, in several shards.
  for (let shard = 0; shard < 3; shard++) {
    await parquet(
      `select i as id, md5(i::varchar) || md5((i * 7)::varchar) || sha256((i * 13)::varchar) as text from range(${(shard * largeRows) / 3}, ${((shard + 1) * largeRows) / 3}) t(i)`,
      path(`org/large/parquet/default/train/000${shard}.parquet`),
      ', compression uncompressed, row_group_size 20480',
    );
  }
  const tokenizer = join(folder, 'models', 'org', 'words', 'main', 'tokenizer.json');
  mkdirSync(dirname(tokenizer), { recursive: true });
  writeFileSync(tokenizer, JSON.stringify(wordTokenizer()));
  connection.closeSync();
  return folder;
}

/** A tokenizer of bytes: every text has tokens in it, and one token a byte. */
export function wordTokenizer(): unknown {
  const printable = [...range(33, 126), ...range(161, 172), ...range(174, 255)];
  const characters = new Map<number, string>(printable.map((byte) => [byte, String.fromCharCode(byte)]));
  let next = 256;
  for (let byte = 0; byte < 256; byte++) if (!characters.has(byte)) characters.set(byte, String.fromCharCode(next++));
  const vocab = Object.fromEntries([...characters.values()].map((character, id) => [character, id]));
  const end = {
    id: 256,
    content: '<|end|>',
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  };
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    truncation: null,
    padding: {
      strategy: 'BatchLongest',
      direction: 'Right',
      pad_to_multiple_of: null,
      pad_id: 256,
      pad_type_id: 0,
      pad_token: '<|end|>',
    },
    added_tokens: [end],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '<|end|>', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: { '<|end|>': { id: '<|end|>', ids: [256], tokens: ['<|end|>'] } },
    },
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges: [],
    },
  };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
