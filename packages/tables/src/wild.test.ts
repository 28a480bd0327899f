import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, expect, test, vi } from 'vitest';
import { ImportedFiles } from './imported-files.ts';
import type { Query } from './query.ts';
import type { CsvOptions } from './source.ts';
import type { Json } from './values.ts';

vi.setConfig({ testTimeout: 120_000 });

// Shapes that people have brought, smaller: what comes back is what came, or a failure that names it.

interface Case {
  name: string;
  files: Record<string, string | Uint8Array>;
  csv?: CsvOptions;
  /** All rows, exactly. */
  rows?: Record<string, Json>[];
  /** Single rows, by their numbers. */
  rowAt?: Record<number, Record<string, Json>>;
  numRows?: number;
  types?: Record<string, string>;
  notes?: RegExp;
  failure?: RegExp;
  finds?: [query: Query, rows: number[]][];
  refuses?: [query: Query, message: RegExp][];
}

const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const many = <T>(count: number, each: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => each(i));
const numbered = (count: number): string => lines(many(count, (i) => ({ i, t: `w${i}` })));
const cut = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, Math.floor(bytes.length / 2));
/** gzip with a wrong checksum. */
const damaged = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE((copy.readUInt32LE(copy.length - 8) ^ 1) >>> 0, copy.length - 8);
  return copy;
};
const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
const utf16 = (text: string): Buffer => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
const own = (name: string, value: Json): Record<string, Json> => Object.fromEntries([[name, value]]);

const cases: Case[] = [
  {
    name: 'a column is null for many rows before it is an object',
    files: {
      'train.jsonl':
        lines(many(12_000, (i) => ({ i, note: null, meta: null, tags: null }))) +
        lines([
          { i: 12_000, note: 'first text', meta: { lang: 'de', who: { name: 'Ana', age: 3 } } },
          { i: 12_001, tags: [] },
          { i: 12_002, tags: ['a', 'b'] },
        ]),
    },
    numRows: 12_003,
    rowAt: {
      12000: { i: 12_000, note: 'first text', meta: { lang: 'de', who: { name: 'Ana', age: 3 } }, tags: null },
      12001: { i: 12_001, note: null, meta: null, tags: [] },
      12002: { i: 12_002, note: null, meta: null, tags: ['a', 'b'] },
    },
    finds: [[{ term: 'first text' }, [12_000]]],
  },
  {
    name: 'texts, numbers, lists and objects in one column',
    files: {
      'train.jsonl': lines([
        { id: 1, v: 'plain words', content: 'Hello "you"\nsecond line' },
        { id: 2, v: 7, content: [{ type: 'text', text: 'part "one"' }] },
        { id: 3, v: [1, 2], content: null },
        { id: 4, v: { k: true }, content: 'Grüße 😀' },
        { id: 5, v: null, content: 'x' },
        { id: 6, v: '12', content: 'type' },
        { id: 7, v: 2.5, content: 'z' },
      ]),
    },
    types: { id: 'int64', v: 'json', content: 'json' },
    rows: [
      { id: 1, v: 'plain words', content: 'Hello "you"\nsecond line' },
      { id: 2, v: 7, content: [{ type: 'text', text: 'part "one"' }] },
      { id: 3, v: [1, 2], content: null },
      { id: 4, v: { k: true }, content: 'Grüße 😀' },
      { id: 5, v: null, content: 'x' },
      { id: 6, v: '12', content: 'type' },
      { id: 7, v: 2.5, content: 'z' },
    ],
    finds: [
      [{ term: 'hello "you"' }, [0]],
      [{ term: 'part "one"' }, [1]],
      // Names of fields are no values.
      [{ term: 'type' }, [5]],
      [{ filters: [{ column: 'v', op: 'equals', value: 'plain words' }] }, [0]],
      [{ filters: [{ column: 'v', op: 'min', value: 3 }] }, [1]],
      [{ filters: [{ column: 'v', op: 'null' }] }, [4]],
      [{ filters: [{ column: 'v', op: 'equals', value: '[1, 2]' }] }, [2]],
    ],
    refuses: [[{ filters: [{ column: 'v', op: 'min', value: 'b' }] }, /"v" asks for an order/]],
  },
  {
    name: 'names that differ by case',
    files: {
      'train.jsonl': lines([
        { id: 1, Id: 'one', UserUPN: 'abc' },
        { id: 2, Id: 'two', UserUpn: 'efg' },
      ]),
    },
    rows: [
      { id: 1, Id: 'one', UserUPN: 'abc', UserUpn: null },
      { id: 2, Id: 'two', UserUPN: null, UserUpn: 'efg' },
    ],
    finds: [
      [{ filters: [{ column: 'Id', op: 'equals', value: 'two' }] }, [1]],
      [{ term: 'efg', columns: ['UserUpn'] }, [1]],
      [{ term: 'efg', columns: ['UserUPN'] }, []],
    ],
  },
  {
    name: 'nested names that differ by case',
    files: { 'train.jsonl': lines([{ outer: { x: 1, X: 2 } }, { outer: { x: 3, X: 4 } }]) },
    rows: [{ outer: { x: 1, X: 2 } }, { outer: { x: 3, X: 4 } }],
  },
  {
    name: 'names that are empty, with dots and quotes, __proto__, and those that the engine uses itself',
    files: {
      'train.jsonl':
        '{"":"empty","a.b":1,"q\\"q":2,"__proto__":"p","constructor":"c","text ":"trailing","text":"plain","file_row_number":9,"text length":100,"n":1,"c0":"x","nested":{"":1,"__proto__":{"a":2}}}\n',
    },
    rows: [
      {
        '': 'empty',
        'a.b': 1,
        'q"q': 2,
        ...own('constructor', 'c'),
        'text ': 'trailing',
        text: 'plain',
        file_row_number: 9,
        'text length': 100,
        n: 1,
        c0: 'x',
        nested: Object.fromEntries([
          ['', 1],
          ['__proto__', { a: 2 }],
        ]),
        ['__proto__']: 'p',
      },
    ],
    finds: [
      [{ term: 'empty', columns: [''] }, [0]],
      [{ filters: [{ column: 'file_row_number', op: 'equals', value: 9 }] }, [0]],
      [{ filters: [{ column: '__proto__', op: 'equals', value: 'p' }] }, [0]],
      [{ filters: [{ column: 'text length', op: 'min', value: 101 }] }, []],
    ],
  },
  {
    name: 'integers beyond 2^53 and 2^64',
    files: {
      'train.jsonl':
        '{"u":18446744073709551615,"i":9007199254740993,"mixed":9007199254740993,"huge":277447099861456945273576150847928801582,"e":9223372036854775808,"m":{"j":9007199254740993}}\n' +
        '{"u":1,"i":-5,"mixed":0.5,"huge":1,"e":-9223372036854775808,"m":{"j":2}}\n',
    },
    types: { u: 'uint64', i: 'int64', mixed: 'json', huge: 'json', e: 'decimal', m: 'struct' },
    rows: [
      {
        u: '18446744073709551615',
        i: '9007199254740993',
        mixed: '9007199254740993',
        huge: '277447099861456945273576150847928801582',
        e: '9223372036854775808',
        m: { j: '9007199254740993' },
      },
      { u: 1, i: -5, mixed: 0.5, huge: 1, e: '-9223372036854775808', m: { j: 2 } },
    ],
    finds: [
      [{ filters: [{ column: 'i', op: 'equals', value: '9007199254740993' }] }, [0]],
      [{ filters: [{ column: 'i', op: 'equals', value: '9007199254740992' }] }, []],
      [{ filters: [{ column: 'i', op: 'max', value: '9007199254740992' }] }, [1]],
      [{ filters: [{ column: 'u', op: 'min', value: '18446744073709551615' }] }, [0]],
      [{ filters: [{ column: 'e', op: 'equals', value: '9223372036854775808' }] }, [0]],
      [{ filters: [{ column: 'i', op: 'min', value: -5.5 }] }, [0, 1]],
      [{ filters: [{ column: 'i', op: 'equals', value: 0.5 }] }, []],
    ],
    refuses: [
      [{ filters: [{ column: 'i', op: 'min', value: 1e308 }] }, /no more than 38 digits/],
      [{ filters: [{ column: 'i', op: 'equals', value: 'abc' }] }, /"abc" with numbers/],
    ],
  },
  {
    name: 'NaN, infinities and -0, as Python writes them',
    files: { 'train.jsonl': '{"s":0.5}\n{"s":NaN}\n{"s":Infinity}\n{"s":-Infinity}\n{"s":-0.0}\n{"s":1e5}\n' },
    types: { s: 'float64' },
    rows: [{ s: 0.5 }, { s: 'NaN' }, { s: 'Infinity' }, { s: '-Infinity' }, { s: '-0' }, { s: 100_000 }],
    finds: [
      [{ filters: [{ column: 's', op: 'min', value: 0.5 }] }, [0, 2, 5]],
      [{ filters: [{ column: 's', op: 'equals', value: 'NaN' }] }, [1]],
      [{ filters: [{ column: 's', op: 'equals', value: 'Infinity' }] }, [2]],
    ],
  },
  {
    name: 'a pretty array',
    files: {
      'train.json': JSON.stringify(
        [
          { a: 1, t: 'x' },
          { a: 2, t: 'y' },
        ],
        null,
        2,
      ),
    },
    rows: [
      { a: 1, t: 'x' },
      { a: 2, t: 'y' },
    ],
  },
  {
    name: 'objects over several lines',
    files: { 'train.json': '{\n "a": 1\n}\n{\n "a": "}"\n}\n' },
    rows: [{ a: 1 }, { a: '}' }],
  },
  {
    name: 'rows below a field',
    files: { 'train.json': '{"version": "1", "tags": ["x"], "data": [{"a": 1}, {"a": 2}], "end": {}}' },
    rows: [{ a: 1 }, { a: 2 }],
  },
  { name: 'lines in .json', files: { 'train.json': '{"a":1}\n{"a":2}\n' }, rows: [{ a: 1 }, { a: 2 }] },
  {
    name: 'one object with a list in .jsonl is one row',
    files: { 'train.jsonl': '{"messages":[{"role":"user"}]}\n' },
    rows: [{ messages: [{ role: 'user' }] }],
  },
  {
    name: 'a byte order mark, line ends of Windows, empty lines',
    files: { 'train.jsonl': '\uFEFF{"id":1,"t":"a"}\r\n\r\n{"id":2,"t":"b"}\r\n' },
    rows: [
      { id: 1, t: 'a' },
      { id: 2, t: 'b' },
    ],
  },
  {
    name: 'half a character, NUL, and line separators',
    files: {
      'train.jsonl':
        '{"t":"cut \\ud83d"}\n{"t":"nul \\u0000 in"}\n{"t":"sep \\u2028 x \u2028 y"}\n{"t":"\\\\ud83d"}\n{"t":"\\ud83d\\ude00"}\n',
    },
    rows: [{ t: 'cut \uFFFD' }, { t: 'nul \0 in' }, { t: 'sep \u2028 x \u2028 y' }, { t: '\\ud83d' }, { t: '😀' }],
  },
  { name: 'a name twice: the last counts', files: { 'train.jsonl': '{"a":1,"a":3}\n' }, rows: [{ a: 3 }] },
  {
    name: 'empty objects and lists',
    files: { 'train.jsonl': '{}\n{"a":[],"m":{}}\n' },
    rows: [
      { a: null, m: null },
      { a: [], m: {} },
    ],
  },
  { name: 'nothing but empty objects', files: { 'train.jsonl': '{}\n{}\n' }, rows: [{ value: null }, { value: null }] },
  {
    name: 'lines that are lists',
    files: { 'train.jsonl': '["q1","a1"]\n["q2","a2"]\n' },
    failure: /train\.jsonl, line 1: a row must be an object/,
  },
  {
    name: 'a mistake on a line',
    files: { 'train.jsonl': '{"t":"ok"}\n{"t": oops}\n' },
    failure: /train\.jsonl, line 2: expected a value, found "oops"/,
  },
  { name: 'a mistake far down', files: { 'train.jsonl': `${numbered(4320)}{"t":\n` }, failure: /line 4321: / },
  {
    name: 'a mistake inside of an array',
    files: { 'train.json': '[\n{"a":1},\n{"a":\n 01}]' },
    failure: /train\.json, line 4: /,
  },
  { name: 'an array that is cut', files: { 'train.json': '[{"a":1},\n{"a":2}' }, failure: /ends within the array/ },
  {
    name: 'nesting without an end',
    files: { 'train.jsonl': `{"a":1}\n{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}\n` },
    failure: /line 2: it is nested deeper than 200 levels/,
  },
  {
    name: 'a line of 17 MB',
    files: { 'train.jsonl': `{"t":"a"}\n{"t":"${'x'.repeat(17_000_000)}"}\n` },
    failure: /train\.jsonl, line 2: a row can have at most 16 MB/,
  },
  {
    name: 'a line of 15 MB',
    files: { 'train.jsonl': `{"t":"a"}\n{"t":"${'x'.repeat(15_000_000)}"}\n{"t":"b"}\n` },
    numRows: 3,
    rowAt: { 2: { t: 'b' } },
  },
  {
    name: 'an object keyed by ids',
    files: { 'train.jsonl': lines(many(2000, (i) => ({ i, scores: { [`user_${i}`]: i } }))) },
    types: { i: 'int64', scores: 'json' },
    numRows: 2000,
    rowAt: { 7: { i: 7, scores: { user_7: 7 } } },
  },
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
    name: 'a byte of Latin-1 far down',
    files: { 'train.csv': Buffer.concat([Buffer.from(`t\n${'x\n'.repeat(29_999)}caf`), Buffer.from([0xe9, 0x0a])]) },
    failure: /line 30001: the byte 0xE9/,
  },
  {
    name: 'lines of text',
    files: { 'train.txt': 'a\tb\r\n\r\nc "q"' },
    rows: [{ text: 'a\tb' }, { text: '' }, { text: 'c "q"' }],
  },
  {
    name: 'CSV values that look like something',
    files: {
      'train.csv':
        'phone,zip,code,exp,na,nul,q,ws,b,long,price,half\n+4930123,00501,1_000,1e5,NA,null,"", a ,True,12345678901234567,2.50,0.5\n+4930124,10001,2_000,2E5,b,None,"x",b,False,5,10.25,3.0\n',
    },
    rows: [
      {
        phone: '+4930123',
        zip: '00501',
        code: '1_000',
        exp: '1e5',
        na: 'NA',
        nul: 'null',
        q: '',
        ws: ' a ',
        b: true,
        long: '12345678901234567',
        price: '2.50',
        half: 0.5,
      },
      {
        phone: '+4930124',
        zip: '10001',
        code: '2_000',
        exp: '2E5',
        na: 'b',
        nul: 'None',
        q: 'x',
        ws: 'b',
        b: false,
        long: 5,
        price: '10.25',
        half: 3,
      },
    ],
    types: {
      phone: 'string',
      zip: 'string',
      code: 'string',
      exp: 'string',
      na: 'string',
      nul: 'string',
      q: 'string',
      ws: 'string',
      b: 'bool',
      long: 'int64',
      price: 'decimal',
      half: 'float64',
    },
    finds: [
      [{ filters: [{ column: 'price', op: 'min', value: '2.501' }] }, [1]],
      [{ filters: [{ column: 'price', op: 'equals', value: 2.5 }] }, [0]],
      [{ filters: [{ column: 'b', op: 'equals', value: true }] }, [0]],
    ],
    refuses: [[{ filters: [{ column: 'b', op: 'equals', value: 'yes' }] }, /true and false/]],
  },
  {
    name: 'numbers, and at the end a text',
    files: { 'train.csv': `v\n${'12\n'.repeat(20_000)}n/a\n` },
    numRows: 20_001,
    rowAt: { 0: { v: '12' }, 20000: { v: 'n/a' } },
  },
  {
    name: 'a header that is one name short',
    files: { 'train.csv': 'id,text,label\n1,good,pos,0\n2,bad,neg,0\n' },
    failure: /train\.csv, line 2: 4 values, but line 1 names 3 columns \(id, text, label\)/,
  },
  {
    name: 'the same with names given',
    files: { 'train.csv': 'id,text,label\n1,good,pos,0\n2,bad,neg,0\n' },
    csv: { header: true, columns: ['id', 'text', 'label', 'x'] },
    rows: [
      { id: 1, text: 'good', label: 'pos', x: 0 },
      { id: 2, text: 'bad', label: 'neg', x: 0 },
    ],
  },
  {
    name: 'delimiters at the ends of lines',
    files: { 'train.csv': 'id,text\n1,a,\n2,b,\n' },
    rows: [
      { id: 1, text: 'a' },
      { id: 2, text: 'b' },
    ],
  },
  {
    name: 'a row that is one value short',
    files: { 'train.csv': 'a,b\n1,2\n3\n' },
    failure: /line 3: 1 value, but line 1 names 2 columns/,
  },
  {
    name: 'a row with one value too many, late',
    files: { 'train.csv': `id,text\n${'1,x\n'.repeat(14_999)}1,x,y\n1,x\n` },
    failure: /train\.csv, line 15001: 3 values/,
  },
  {
    name: 'no header',
    files: { 'train.csv': '1,good,0.5\n2,bad,1.5\n' },
    rows: [
      { column0: 1, column1: 'good', column2: 0.5 },
      { column0: 2, column1: 'bad', column2: 1.5 },
    ],
    notes: /the first line has no names/,
  },
  {
    name: 'years as names',
    files: { 'train.csv': 'country,2019,2020\nDE,1,2\nKR,3,4\n' },
    rows: [
      { country: 'DE', 2019: 1, 2020: 2 },
      { country: 'KR', 2019: 3, 2020: 4 },
    ],
  },
  {
    name: 'titles above the names',
    files: { 'train.csv': 'Survey export 2024\nGenerated\n\nid,text\n1,a\n2,b\n' },
    rows: [
      { id: 1, text: 'a' },
      { id: 2, text: 'b' },
    ],
    notes: /the first 3 lines/,
  },
  {
    name: 'names that come twice or not at all',
    files: { 'train.csv': ',text,text,Text,label\n0,a,b,c,d\n' },
    rows: [{ column0: 0, text: 'a', text_1: 'b', Text: 'c', label: 'd' }],
  },
  {
    name: 'a quote that is not closed',
    files: { 'train.csv': 'id,text\n1,a\n2,"open\n3,c\n' },
    failure: /train\.csv, line 3: a quote that begins in this row is not closed/,
  },
  { name: 'only names', files: { 'train.csv': 'id,text\n' }, rows: [], types: { id: 'string', text: 'string' } },
  { name: 'an empty file among others', files: { 'a.csv': '', 'b.csv': 'id\n1\n' }, rows: [{ id: 1 }] },
  {
    name: 'one column with commas in quotes',
    files: { 'train.csv': 'text\none; two\n"three, four"\nfive; six\n' },
    rows: [{ text: 'one; two' }, { text: 'three, four' }, { text: 'five; six' }],
  },
  {
    name: 'one column of sentences, with an empty one',
    files: { 'train.csv': 'sentence\nthe cat sat\n\na dog ran\n' },
    rows: [{ sentence: 'the cat sat' }, { sentence: null }, { sentence: 'a dog ran' }],
  },
  {
    name: 'semicolons and decimal commas',
    files: { 'train.csv': 'name;price\nBrot;2,50\nMilch;1,19\n' },
    rows: [
      { name: 'Brot', price: '2,50' },
      { name: 'Milch', price: '1,19' },
    ],
  },
  {
    name: 'texts that begin with #',
    files: { 'train.csv': 'text,label\n#winning today,1\nnice day,0\n#fail,0\n' },
    rows: [
      { text: '#winning today', label: 1 },
      { text: 'nice day', label: 0 },
      { text: '#fail', label: 0 },
    ],
  },
  {
    name: 'tabs, with quotes that are characters',
    files: { 'train.tsv': 'id\tsentence\n1\t"Start of a quote\n2\tplain\n3\tin "the" middle\n4\tend" here\n' },
    rows: [
      { id: 1, sentence: '"Start of a quote' },
      { id: 2, sentence: 'plain' },
      { id: 3, sentence: 'in "the" middle' },
      { id: 4, sentence: 'end" here' },
    ],
  },
  {
    name: 'tabs, where quotes turn out to be characters far down',
    files: { 'train.tsv': `id\ts\n${'1\tx\n'.repeat(100_000)}2\t"open\n` },
    numRows: 100_001,
    rowAt: { 100000: { id: 2, s: '"open' } },
  },
  {
    name: 'line breaks in quotes, late',
    files: {
      'train.csv': `id,text\n${many(39_999, (i) => `${i},x\n`).join('')}39999,"line 1\nline ""2""\r\nline, 3"\n`,
    },
    numRows: 40_000,
    rowAt: { 39999: { id: 39_999, text: 'line 1\nline "2"\r\nline, 3' } },
  },
  {
    name: 'quotes behind backslashes',
    files: { 'train.csv': 'a,b\n"x \\"y\\", z",1\n' },
    rows: [{ a: 'x "y", z', b: 1 }],
  },
  {
    name: 'options say how a file is written',
    files: { 'train.csv': "1~'a~b'\n" },
    csv: { delimiter: '~', quote: "'", header: false, columns: ['n', 't'] },
    rows: [{ n: 1, t: 'a~b' }],
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
  {
    name: 'nested texts are found as they are written',
    files: {
      'train.jsonl': lines([
        { messages: [{ role: 'user', content: "It's a dog, isn't it?" }] },
        { messages: [{ role: 'user', content: 'He said "no way" to me' }] },
        { messages: [{ role: 'user', content: 'first\nsecond line' }] },
        { messages: [{ role: 'user', content: 'back\\slash {x}' }] },
      ]),
    },
    finds: [
      [{ term: "it's a dog, isn't" }, [0]],
      [{ term: '"no way"' }, [1]],
      [{ term: 'first\nsecond', isRegex: true }, [2]],
      [{ term: 'back\\slash {x}' }, [3]],
      [{ term: 'content' }, []],
      [{ term: '^back', isRegex: true }, [3]],
      [{ filters: [{ column: 'messages', op: 'contains', value: "isn't" }] }, [0]],
    ],
    refuses: [[{ term: '(', isRegex: true }, /no regular expression|not a regular expression/]],
  },
  {
    name: 'filters of lists, truth and objects',
    files: {
      'train.jsonl': lines([
        { tags: ['a', 'b'], b: true, s: { x: 1 } },
        { tags: [], b: false, s: null },
      ]),
    },
    finds: [
      [{ filters: [{ column: 'tags', op: 'equals', value: '["a", "b"]' }] }, [0]],
      [{ filters: [{ column: 'tags', op: 'equals', value: '[]' }] }, [1]],
      [{ filters: [{ column: 'b', op: 'not_equals', value: 'true' }] }, [1]],
      [{ filters: [{ column: 's', op: 'equals', value: '{"x":1}' }] }, [0]],
    ],
    refuses: [
      [{ filters: [{ column: 'tags', op: 'equals', value: 'a' }] }, /compares with JSON/],
      [{ filters: [{ column: 'tags', op: 'min', value: 1 }] }, /no order|have none/],
      [{ filters: [{ column: 'none', op: 'null' }] }, /there is no column "none"/],
    ],
  },
];

const files = new ImportedFiles();
afterAll(() => files.stop());

test.each(cases)(
  '$name',
  async ({ files: given, csv, rows, rowAt, numRows, types, notes, failure, finds, refuses }) => {
    if (failure) {
      const importing = files.import(given, csv);
      await expect(importing).rejects.toThrow(failure);
      // Nobody gets to see the paths of this machine, or what the engine would have people set.
      await expect(importing).rejects.not.toThrow(/scratch|auto_detect|ignore_errors/);
      return;
    }
    const split = await files.import(given, csv);
    expect(split.numRows).toBe(numRows ?? rows?.length ?? split.numRows);
    if (rows) expect(await split.rows()).toEqual(rows);
    for (const [index, row] of Object.entries(rowAt ?? {})) expect(await split.rows(Number(index), 1)).toEqual([row]);
    if (types) expect(await split.types()).toEqual(types);
    if (notes) expect(split.notes.map(({ detail }) => detail).join('\n')).toMatch(notes);
    for (const [query, found] of finds ?? []) expect([query, await split.find(query)]).toEqual([query, found]);
    for (const [query, message] of refuses ?? []) {
      await expect(split.find(query)).rejects.toMatchObject({
        name: 'QueryError',
        message: expect.stringMatching(message),
      });
    }
  },
);
