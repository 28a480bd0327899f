import { expect, test } from 'vitest';
import { openTokenizer } from './open-tokenizer.ts';
import { textOf } from './tokenizer.ts';

const WORDS = ['[UNK]', '[CLS]', '[SEP]', '[PAD]', 'one', 'two', 'three', 'four', 'five', 'six'];
const special = (id: number) => ({
  ...{ id, content: WORDS[id], special: true },
  ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
});
const piece = (id: string) => ({ SpecialToken: { id, type_id: 0 } });

/** A word is a token, with [CLS] before each text and [SEP] behind it. */
function tokenizerOf(more: object = {}): string {
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [0, 1, 2, 3].map(special),
    normalizer: null,
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [piece('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, piece('[SEP]')],
      pair: [],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [1], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [2], tokens: ['[SEP]'] },
      },
    },
    decoder: null,
    model: { type: 'WordLevel', vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])), unk_token: '[UNK]' },
    ...more,
  });
}

const options = { maxLength: 6, truncation: true, padding: 'max_length', specialTokens: true } as const;
const idsOf = async (json: string, text: string, more: object = {}) => {
  const tokenizer = await openTokenizer(json, { ...options, ...more });
  return (await tokenizer.encode(text)).getIds();
};
const padding = (direction: string) => ({
  padding: {
    ...{ strategy: 'BatchLongest', direction, pad_to_multiple_of: null },
    ...{ pad_id: 3, pad_type_id: 0, pad_token: '[PAD]' },
  },
});
const truncation = (direction: string) => ({
  truncation: { direction, max_length: 512, strategy: 'LongestFirst', stride: 0 },
});

test('pads on the side that the file names', async () => {
  expect(await idsOf(tokenizerOf(), 'one')).toEqual([1, 4, 2, 3, 3, 3]);
  expect(await idsOf(tokenizerOf(padding('Left')), 'one')).toEqual([3, 3, 3, 1, 4, 2]);
});

test('cuts on the side that the file names', async () => {
  const text = 'one two three four';
  expect(await idsOf(tokenizerOf(), text, { maxLength: 4 })).toEqual([1, 4, 5, 2]);
  expect(await idsOf(tokenizerOf(truncation('Left')), text, { maxLength: 4 })).toEqual([1, 6, 7, 2]);
});

test('what the file presets does not count where it was not asked for', async () => {
  const json = tokenizerOf({ ...padding('Right'), ...truncation('Right') });
  expect(await idsOf(json, 'one two', { maxLength: 2, truncation: false, padding: 'none' })).toEqual([1, 4, 5, 2]);
});

test('a length that the special tokens do not fit into is refused with their number', async () => {
  await expect(idsOf(tokenizerOf(), 'one', { maxLength: 1 })).rejects.toMatchObject({
    body: { issues: [{ path: 'maxLength', message: expect.stringContaining('at least 2') }] },
  });
  expect(await idsOf(tokenizerOf(), 'one two', { maxLength: 2 })).toEqual([1, 2]);
});

test('a model that is unknown, and padding without a token for it, are refused', async () => {
  await expect(idsOf(tokenizerOf({ model: { type: 'New' } }), 'one')).rejects.toMatchObject({
    body: { issues: [{ path: 'tokenizerJson' }] },
  });
  const bare = JSON.parse(tokenizerOf());
  bare.added_tokens = bare.added_tokens.slice(0, 3);
  delete bare.model.vocab['[PAD]'];
  await expect(idsOf(JSON.stringify(bare), 'one')).rejects.toMatchObject({ body: { issues: [{ path: 'padding' }] } });
});

test('values of several types are texts as they are written', () => {
  const text = (value: unknown) => textOf({ v: value }, { column: 'v', template: undefined });
  expect(['a "b"', 7, null, ['x'], { k: true }].map(text)).toEqual(['a "b"', '7', '', '["x"]', '{"k":true}']);
  const template = 'v: {v} {toString} {{v}} {none}';
  expect(textOf({ v: 1 }, { column: 'v', template })).toBe('v: 1 {toString} {1} {none}');
});
