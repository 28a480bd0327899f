import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, test } from 'vitest';
import { en } from './en/index.ts';
import { ko } from './ko/index.ts';
import { serverTexts } from './ko/server.ts';

type Element = ReturnType<IntlMessageFormat['getAst']>[number];

/** Every text by its dotted key. */
function textsOf(tree: object, prefix = ''): Map<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([key, value]: [string, string | object]) =>
      typeof value === 'string' ? [[prefix + key, value] as const] : [...textsOf(value, `${prefix}${key}.`)],
    ),
  );
}

/** Names of the arguments and tags of a text, however deep they stand. */
function argumentsOf(text: string, locale: string): string[] {
  const names = new Set<string>();
  const visit = (elements: readonly Element[]) => {
    for (const element of elements) {
      if ('value' in element && element.type !== 0) names.add(element.value);
      if ('children' in element) visit(element.children);
      if ('options' in element) for (const option of Object.values(element.options)) visit(option.value);
    }
  };
  visit(new IntlMessageFormat(text, locale).getAst());
  return [...names].sort();
}

const english = textsOf(en);
const korean = textsOf(ko);
/** The same in both: names, and signs. */
const SAME = new Set(['frame.app', 'dataset.markdown', 'jobs.ended']);

describe('the catalogues', () => {
  test('have the same keys', () => {
    expect([...korean.keys()]).toEqual([...english.keys()]);
  });

  test('have texts with the same arguments', () => {
    const differing = [...english].filter(
      ([key, text]) => argumentsOf(text, 'en').join() !== argumentsOf(korean.get(key) ?? '', 'ko').join(),
    );
    expect(differing).toEqual([]);
  });

  test('are translated', () => {
    const left = [...korean].filter(([key, text]) => !SAME.has(key) && !/\p{Script=Hangul}/u.test(text));
    expect(left).toEqual([]);
  });

  test('texts for what the server says take a count, a limit or lines, and nothing else', () => {
    for (const [key, text] of textsOf(serverTexts)) {
      const formatted = String(new IntlMessageFormat(text, 'ko').format({ count: 1234, limit: 120, lines: 3 }));
      expect(formatted, key).toMatch(/\p{Script=Hangul}/u);
      if (text.includes('{count')) expect(formatted, key).toContain('1,234');
    }
  });
});
