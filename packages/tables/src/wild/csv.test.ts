import { checkCases } from './check-cases.ts';

checkCases([
  {
    name: 'CSV of long integers, decimals and truth values',
    files: { 'train.csv': 'b,long,price,half\nTrue,12345678901234567,2.50,0.5\nFalse,5,10.25,3.0\n' },
    rows: [
      { b: true, long: '12345678901234567', price: '2.50', half: 0.5 },
      { b: false, long: 5, price: '10.25', half: 3 },
    ],
    types: { b: 'bool', long: 'int64', price: 'decimal', half: 'float64' },
    finds: [
      [{ filters: [{ column: 'price', op: 'min', value: '2.501' }] }, [1]],
      [{ filters: [{ column: 'price', op: 'equals', value: 2.5 }] }, [0]],
      [{ filters: [{ column: 'b', op: 'equals', value: true }] }, [0]],
    ],
    refuses: [[{ filters: [{ column: 'b', op: 'equals', value: 'yes' }] }, /true and false/]],
  },
  {
    name: 'CSV whose lines end with carriage returns alone',
    files: { 'train.csv': 'a,b\r1,"x\ry"\r3,z\r' },
    rows: [
      { a: 1, b: 'x\ny' },
      { a: 3, b: 'z' },
    ],
  },
  {
    name: 'text whose lines end with carriage returns alone',
    files: { 'train.txt': 'eins\rzwei\r' },
    rows: [{ text: 'eins' }, { text: 'zwei' }],
  },
  {
    name: 'CSV with a row that is too long beside one that fits',
    files: { 'train.csv': 'a,b\n1,2\n3,4,5\n' },
    failure: /train\.csv, line 3: 3 values, but line 1 names 2 columns/,
  },
  {
    name: 'CSV of which most rows are too long',
    files: { 'train.csv': 'a,b\n1,2\n3,4,5\n6,7,8\n' },
    failure: /train\.csv, line 3: 3 values/,
  },
  {
    name: 'CSV whose first line tells Excel the delimiter',
    files: { 'train.csv': 'sep=;\na;b\n1;x,y\n' },
    rows: [{ a: 1, b: 'x,y' }],
    notes: /the first line is not a row/,
  },
  {
    name: 'CSV below comments',
    files: { 'train.csv': '# made by hand, in May\n# v2\na,b\n1,2\n' },
    rows: [{ a: 1, b: 2 }],
    notes: /the first 2 lines are not rows/,
  },
  {
    name: 'CSV whose first name begins with a hash',
    files: { 'train.tsv': '#chrom\tpos\nchr1\t7\n' },
    rows: [{ '#chrom': 'chr1', pos: 7 }],
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
]);
