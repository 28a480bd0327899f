import { gzipSync, zstdCompressSync } from 'node:zlib';
import { Table, tableFromArrays, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';

/** What an upload of people's own files becomes. */
export interface WildUpload {
  name: string;
  files: Record<string, string | Uint8Array>;
  options?: object;
  /** By subset and split: all rows, exactly. */
  rows?: Record<string, object[]>;
  /** The codes of the findings that it must have, each with a text that is in its first example. */
  findings?: Record<string, RegExp>;
  failure?: RegExp;
}

export const lines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

const two = [
  { id: 1, text: 'eins' },
  { id: 2, text: 'zwei' },
];
const csv = 'id,text\n1,eins\n2,zwei\n';
const tsv = 'id\ttext\n1\teins\n2\tzwei\n';
const texts = [{ text: 'eins' }, { text: 'zwei' }];
const inTrain = (rows: object[]) => ({ 'default/train': rows });
const arrowOf = (rows: string[]) => tableToIPC(new Table({ text: vectorFromArray(rows, new Utf8()) }), 'stream');

const compressed: WildUpload[] = [
  ['train.csv.gz', gzipSync(csv)],
  ['train.csv.zst', zstdCompressSync(csv)],
  ['train.tsv.gz', gzipSync(tsv)],
  ['train.jsonl.zst', zstdCompressSync(lines(two))],
  ['train.json.gz', gzipSync(JSON.stringify(two))],
  ['TRAIN.JSONL', lines(two)],
  ['train.json', lines(two)],
  ['data.json', JSON.stringify({ version: '1', data: two })],
  ['train.feather', tableToIPC(tableFromArrays({ id: Int32Array.from([1, 2]), text: ['eins', 'zwei'] }), 'file')],
].map(([name, content]) => ({ name: String(name), files: { [String(name)]: content ?? '' }, rows: inTrain(two) }));

/** Files as people bring them: all of their rows are there, or a finding says what is not. */
export const wildUploads: WildUpload[] = [
  ...compressed,
  { name: 'corpus.txt', files: { 'corpus.txt': 'eins\nzwei\n' }, rows: inTrain(texts) },
  { name: 'train.txt.gz', files: { 'train.txt.gz': gzipSync('eins\nzwei') }, rows: inTrain(texts) },
  {
    name: 'bzip2',
    files: { 'train.jsonl.bz2': Buffer.from('BZh91AY&SY....') },
    failure: /train\.jsonl\.bz2 is compressed with bzip2/,
  },
  { name: 'a spreadsheet', files: { 'train.xlsx': 'PK..' }, findings: { unused_file: /^/ } },
  {
    name: 'mixed kinds',
    files: { 'train.jsonl': lines(two), 'test.csv': 'id,text\n3,drei\n', 'a_meta.json': '{"name": "x"}' },
    rows: { 'default/train': two, 'default/test': [{ id: 3, text: 'drei' }] },
    findings: { rows_not_read: /names no split/ },
  },
  {
    name: 'one split in two kinds',
    files: { 'train-1.jsonl': lines(two), 'train-2.csv': 'id,text\n3,drei\n' },
    rows: inTrain([...two, { id: 3, text: 'drei' }]),
  },
  {
    name: 'columns that differ, and a submission that is no split',
    files: {
      'train.csv': 'id,text,target\n1,a,0\n2,b,1\n',
      'test.csv': 'id,text\n3,c\n',
      'sample_submission.csv': 'id,target\n3,0\n',
    },
    rows: {
      'default/train': [
        { id: 1, text: 'a', target: 0 },
        { id: 2, text: 'b', target: 1 },
      ],
      'default/test': [{ id: 3, text: 'c', target: null }],
    },
    findings: { rows_not_read: /names no split/ },
  },
  {
    name: 'a card with globs and CSV of its own',
    files: {
      'top/README.md': `---\nconfigs:\n- config_name: qa\n  data_files:\n  - split: train\n    path: qa/*.jsonl\n  - split: held out\n    path: hold/[ab].jsonl\n- config_name: bars\n  data_files: bars/*.csv\n  sep: "|"\n  header: null\n  names: [n, words]\n- config_name: none\n  data_files: nowhere/*\n---\n`,
      'top/qa/1.jsonl': lines([two[0]]),
      'top/qa/2.jsonl': lines([two[1]]),
      'top/hold/a.jsonl': lines([{ id: 9 }]),
      'top/bars/x.csv': '1|a,b\n2|c,d\n',
      'top/other.jsonl': lines(two),
    },
    rows: {
      'qa/train': two,
      'qa/held out': [{ id: 9, text: null }],
      'bars/train': [
        { n: 1, words: 'a,b' },
        { n: 2, words: 'c,d' },
      ],
    },
    findings: { card_followed: /^/, card_unmatched: /nowhere/, rows_not_read: /does not list it/ },
  },
  {
    name: 'a folder of save_to_disk',
    files: {
      'dataset_dict.json': '{"splits": ["train", "test"]}',
      'train/data-00000-of-00001.arrow': arrowOf(['eins', 'zwei']),
      'train/state.json': '{"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}',
      'train/dataset_info.json': '{"features": {"text": {"dtype": "string", "_type": "Value"}}}',
      'test/data-00000-of-00001.arrow': arrowOf(['drei']),
      'test/state.json': '{}',
    },
    rows: { 'default/train': texts, 'default/test': [{ text: 'drei' }] },
  },
  {
    name: 'partitions',
    files: {
      'lang=de/year=2024/part-0.csv': 'text\neins\n',
      'lang=fr/year=__HIVE_DEFAULT_PARTITION__/part-0.csv': 'text\nun\n',
    },
    rows: inTrain([
      { text: 'eins', lang: 'de', year: 2024 },
      { text: 'un', lang: 'fr', year: null },
    ]),
  },
  {
    name: 'CSV as it is said to be',
    files: { 'train.csv': "#1|'it''s'\n#2|'b|c'\n" },
    options: { csv: { delimiter: '|', quote: "'", header: false, columns: ['n', 't'] } },
    rows: inTrain([
      { n: '#1', t: "it's" },
      { n: '#2', t: 'b|c' },
    ]),
  },
  {
    name: 'CSV with titles',
    files: { 'train.csv': 'Report of 2024\nmade by hand\n\nid,text\n1,eins\n2,zwei\n' },
    rows: inTrain(two),
    findings: { csv_layout: /the first 3 lines are not rows/ },
  },
  {
    name: 'CSV with a header only',
    files: { 'train.csv': 'id,text\n' },
    rows: inTrain([]),
    findings: { empty_table: /^/ },
  },
  { name: 'an empty file', files: { 'train.jsonl': '' }, rows: inTrain([]), findings: { empty_table: /^/ } },
  {
    name: 'samples of texts, as WebDataset packs them',
    files: {
      'train/000001.json': '{\n  "id": 9007199254740993, "tags": ["a"]\n}\n',
      'train/000001.txt': 'eins\nzwei',
      'train/000001.cls': '3',
      'train/000002.txt': '\ufeffdrei',
      'train/000002.json': '{"id": 2}',
      'val/000001.txt': '',
      'val/000001.json': 'null',
      'README.md': '# Samples',
      'val/more.yaml': 'a: 1',
    },
    rows: {
      'default/train': [
        { __key__: 'train/000001', cls: 3, json: { id: '9007199254740993', tags: ['a'] }, txt: 'eins\nzwei' },
        { __key__: 'train/000002', cls: null, json: { id: 2, tags: null }, txt: 'drei' },
      ],
      'default/validation': [{ __key__: 'val/000001', cls: null, json: null, txt: '' }],
    },
    findings: { unused_file: /^/ },
  },
  {
    name: 'sounds and what is said in them',
    files: { 'a/x.wav': 'RIFF', 'a/x.txt': 'eins', 'a/y.wav': 'RIFF', 'a/y.txt': 'zwei' },
    rows: inTrain([
      { __key__: 'a/x', txt: 'eins', wav: 'a/x.wav' },
      { __key__: 'a/y', txt: 'zwei', wav: 'a/y.wav' },
    ]),
  },
  {
    name: 'a sample whose JSON is broken',
    files: { '0001.json': '{"a": 1}', '0002.json': '{"a": ' },
    failure: /0002\.json is not valid JSON/,
  },
  {
    name: 'gzip that is cut',
    files: { 'train.jsonl.gz': gzipSync(lines(two)).subarray(0, 40) },
    failure: /train\.jsonl\.gz is damaged/,
  },
];
