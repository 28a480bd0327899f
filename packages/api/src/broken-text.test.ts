import { expect, test } from 'vitest';
import { refuseBrokenText } from './broken-text.ts';

test.each([
  { name: '\ud800' },
  { name: ['fine', 'a\udc00'] },
  { name: { deep: { er: 'x\ud83d' } } },
  { name: { '\ud800': 1 } },
])('half a character is refused by the field that has it (%j)', (input) => {
  expect(() => refuseBrokenText(input)).toThrow(expect.objectContaining({ errorCode: 'invalid_input' }));
});

test('whole ones are not, however deep they lie', () => {
  let deep: unknown = '💥';
  for (let i = 0; i < 100_000; i++) deep = [deep];
  for (const input of [{ name: '한국어 💥' }, { deep }, null, 'text', undefined, { n: 1, f: null }])
    expect(() => refuseBrokenText(input)).not.toThrow();
});
