import { Writable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { bytes, print, setJson, table } from './output.ts';

afterEach(() => setJson(false));

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [1_250_000, '1.3 MB'],
  [999_949_999, '999.9 MB'],
  [3.2e15, '3200.0 TB'],
])('%d bytes are %s', (count, text) => {
  expect(bytes(count)).toBe(text);
});

describe('a table', () => {
  test('has columns as wide as they need to be, and nothing behind the last', () => {
    const lines = table([
      ['ID', 'NAME', 'SIZE'],
      ['1', 'a long name', '5 B'],
      ['22', 'x', ''],
    ]).split('\n');
    expect(lines).toEqual(['ID  NAME         SIZE', '1   a long name  5 B', '22  x']);
  });

  test('does nothing to the terminal, whatever names hold', () => {
    expect(table([['\u001b[31mred\u001b[0m', 'two\nlines\u0007']])).toBe('�[31mred�[0m  two�lines�');
    expect(table([])).toBe('');
  });
});

test('an answer is for people, or one document of JSON', () => {
  const written: string[] = [];
  const stream = Object.assign(
    new Writable({
      write(chunk, _encoding, done) {
        written.push(String(chunk));
        done();
      },
    }),
  );
  const answer = { id: 'a', size: 5 };
  print(answer, () => 'a, 5 B', stream as NodeJS.WriteStream);
  setJson(true);
  print(answer, () => 'a, 5 B', stream as NodeJS.WriteStream);
  expect(written[0]).toBe('a, 5 B\n');
  expect(JSON.parse(written[1] ?? '')).toEqual(answer);
});
