import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseQuery } from './parse.ts';
import { FIELDS, type Query, QuerySyntaxError } from './query.ts';

/** A query in one canonical way of writing, with every group in parentheses. */
function written(query: Query | null): string {
  if (query === null) return '';
  if (query.kind === 'not') return query.part.kind === 'not' ? `-(${written(query.part)})` : `-${written(query.part)}`;
  if (query.kind !== 'term') return `(${query.parts.map(written).join(query.kind === 'or' ? ' OR ' : ' ')})`;
  const { field, is, value, count } = query;
  const quoted = typeof value === 'number' ? String(value) : `"${value.replace(/["\\]/g, '\\$&')}"`;
  return field === 'word' ? quoted : `${field}${is}${quoted}${count ? `${count.is}${count.value}` : ''}`;
}

const read = (text: string) => written(parseQuery(text));

function mistakeOf(text: string): string {
  try {
    parseQuery(text);
  } catch (error) {
    if (error instanceof QuerySyntaxError) return `${error.mistake} ${error.at.from}-${error.at.to}`;
    throw error;
  }
  return 'none';
}

describe('a query', () => {
  test.each([
    ['', ''],
    ['   ', ''],
    ['car', '"car"'],
    ['class:car', 'class:"car"'],
    ['Class:car>=3', 'class:"car">=3'],
    ['class:"traffic light"<2 dusk', '(class:"traffic light"<2 "dusk")'],
    ['split:train -empty:YES', '(split:"train" -empty:"yes")'],
    ['a AND b', '("a" "b")'],
    ['a OR b c', '("a" OR ("b" "c"))'],
    ['(a OR b) c', '(("a" OR "b") "c")'],
    ['-(a OR b)', '-("a" OR "b")'],
    ['a or b', '("a" "or" "b")'],
    ['ORANGE AND1', '("ORANGE" "AND1")'],
    ['IMG(1).jpg', '"IMG(1).jpg"'],
    ['path:"cam 1/"', 'path:"cam 1/"'],
    ['"say \\"hi\\" \\\\"', '"say \\"hi\\" \\\\"'],
    ['area<0.01', 'area<0.01'],
    ['area<1%', 'area<0.01'],
    ['size>1.5MB', 'size>1500000'],
    ['size<=2KiB', 'size<=2048'],
    ['changed>2026-11-01', 'changed>"2026-11-01"'],
    ['width>=1000 height:480', '(width>=1000 height:480)'],
    ['a-b', '"a-b"'],
    ['차량 class:보행자', '("차량" class:"보행자")'],
  ])('%s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  test.each([
    ['(a', 'never_closed 0-1'],
    ['a)b', 'none'],
    ['a )', 'never_opened 2-3'],
    ['()', 'term_missing 1-1'],
    ['a OR', 'term_missing 4-4'],
    ['OR a', 'term_missing 0-0'],
    ['a -', 'nothing_negated 2-3'],
    ['--a', 'nothing_negated 0-1'],
    ['say "hi', 'quote_never_closed 4-5'],
    ['colour:red', 'no_field 0-6'],
    ['https://example.org', 'no_field 0-5'],
    ['constructor:a', 'no_field 0-11'],
    ['class:', 'value_missing 0-6'],
    ['class>3', 'not_compared 0-7'],
    ['class:car>', 'count_missing 9-10'],
    ['empty:maybe', 'not_a_choice 6-11'],
    ['area<small', 'not_a_number 5-10'],
    ['width<10%', 'not_a_number 6-9'],
    ['size>1 parsec', 'none'],
    ['size>1parsec', 'not_a_size 5-12'],
    ['changed>2026-02-30', 'not_a_day 8-18'],
    [`${'('.repeat(20)}a${')'.repeat(20)}`, 'too_deep 13-14'],
    [Array(61).fill('a').join(' '), 'too_many_terms 120-121'],
    ['a'.repeat(2001), 'too_long 2000-2001'],
  ])('%s: %s', (text, expected) => {
    expect(mistakeOf(text)).toBe(expected);
  });

  test('a mistake says in words what is wrong', () => {
    expect(() => parseQuery('empty:maybe')).toThrow('“empty” is one of: yes, no.');
    expect(() => parseQuery('colour:red')).toThrow(`one of: ${Object.keys(FIELDS).join(', ')}.`);
  });

  test('any text is read or refused, and what is read means the same when it is written anew', () => {
    const pieces = fc.constantFrom(...'()-":<>=\\ab 1'.split(''), ' OR ', 'class:', 'area<', 'split:train ', '차');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 24 }), (parts) => {
        const text = parts.join('');
        let query: Query | null;
        try {
          query = parseQuery(text);
        } catch (error) {
          expect(error).toBeInstanceOf(QuerySyntaxError);
          const { at } = error as QuerySyntaxError;
          expect(at.from).toBeLessThanOrEqual(at.to);
          expect(at.to).toBeLessThanOrEqual(text.length);
          return;
        }
        expect(read(written(query))).toBe(written(query));
      }),
      { numRuns: 3000 },
    );
  });
});
