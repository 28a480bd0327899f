import type { Json } from '../values.ts';
import { checkCases, lines, many } from './check-cases.ts';

const own = (name: string, value: Json): Record<string, Json> => Object.fromEntries([[name, value]]);

checkCases([
  {
    name: 'a document with rows under several names',
    files: { 'a.json': '{"train": [{"a": 1}], "test": [{"a": 2}], "names": ["x"]}' },
    rows: [{ a: 1 }],
    notes: /beside its rows it has "test"/,
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
    name: 'an object keyed by ids',
    files: { 'train.jsonl': lines(many(2000, (i) => ({ i, scores: { [`user_${i}`]: i } }))) },
    types: { i: 'int64', scores: 'json' },
    numRows: 2000,
    rowAt: { 7: { i: 7, scores: { user_7: 7 } } },
  },
]);
