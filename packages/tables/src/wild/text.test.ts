import { gzipSync, zstdCompressSync } from 'node:zlib';
import { checkCases, numbered } from './check-cases.ts';

const cut = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, Math.floor(bytes.length / 2));
/** gzip with a wrong checksum. */
const damaged = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE((copy.readUInt32LE(copy.length - 8) ^ 1) >>> 0, copy.length - 8);
  return copy;
};
const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
const utf16 = (text: string): Buffer => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);

checkCases([
  {
    name: 'gzip that is cut',
    files: { 'train.jsonl.gz': cut(gzipSync(numbered(20_000))) },
    failure: /train\.jsonl\.gz is damaged: it is cut off/,
  },
  {
    name: 'gzip that is cut at the end of a line',
    files: { 'train.csv.gz': gzipSync('a,b\n1,2\n').subarray(0, -8) },
    failure: /train\.csv\.gz is damaged/,
  },
  {
    name: 'gzip with a wrong checksum',
    files: { 'train.jsonl.gz': damaged(gzipSync(numbered(200))) },
    failure: /train\.jsonl\.gz is damaged/,
  },
  {
    name: 'gzip in several members',
    files: { 'train.jsonl.gz': Buffer.concat([gzipSync(numbered(100)), gzipSync(numbered(50))]) },
    numRows: 150,
  },
  {
    name: 'zstd that is cut',
    files: { 'train.jsonl.zst': cut(zstdCompressSync(numbered(20_000))) },
    failure: /train\.jsonl\.zst is damaged: it is cut off/,
  },
  {
    name: 'zstd in several frames, with one to be skipped',
    files: {
      'train.jsonl.zst': Buffer.concat([
        zstdCompressSync(numbered(9000)),
        skippable,
        zstdCompressSync(numbered(11_000)),
      ]),
    },
    numRows: 20_000,
    rowAt: { 19999: { i: 10_999, t: 'w10999' } },
  },
  {
    name: 'bzip2',
    files: { 'train.jsonl.bz2': Buffer.from('QlpoOTFBWSZTWQ==', 'base64') },
    failure: /compressed with bzip2/,
  },
  {
    name: 'UTF-16',
    files: { 'train.csv': utf16('id,text\n1,안녕하세요 세계\n') },
    rows: [{ id: 1, text: '안녕하세요 세계' }],
  },
  {
    name: 'CP949',
    files: { 'train.csv': Buffer.from([...Buffer.from('id,text\n1,'), 0xbe, 0xc8, 0x0a]) },
    failure: /train\.csv, line 2: the byte 0xBE is not UTF-8/,
  },
  {
    name: 'lines of text',
    files: { 'train.txt': 'a\tb\r\n\r\nc "q"' },
    rows: [{ text: 'a\tb' }, { text: '' }, { text: 'c "q"' }],
  },
  {
    name: 'names of files that look like patterns',
    files: {
      'train[1].jsonl': '{"a":1}\n',
      'train1.jsonl': '{"a":2}\n',
      'train*.jsonl': '{"a":3}\n',
      'train?.jsonl': '{"a":4}\n',
      "x=1/a b'c.jsonl": '{"a":5}\n',
    },
    rows: [{ a: 1 }, { a: 2 }, { a: 3 }, { a: 4 }, { a: 5 }],
  },
]);
