import { expect, test } from 'vitest';
import { CSV_NOTES, csvNoteOf } from './csv-notes.ts';

test('notes are known by their words', () => {
  expect(csvNoteOf(CSV_NOTES.titles(1))).toEqual({ note: 'titles', lines: 1 });
  expect(csvNoteOf(CSV_NOTES.titles(12))).toEqual({ note: 'titles', lines: 12 });
  expect(csvNoteOf(CSV_NOTES.numbered())).toEqual({ note: 'numbered', lines: 0 });
  expect(csvNoteOf('the first 3 lines')).toBe(null);
});
