/** What was decided about a file of CSV, in words. */
export const CSV_NOTES = {
  titles: (lines: number): string =>
    `the first ${lines === 1 ? 'line is not a row, and was' : `${lines} lines are not rows, and were`} left out`,
  numbered: (): string => 'the first line has no names: the columns are numbered',
};
export type CsvNote = keyof typeof CSV_NOTES;

/** Which of the notes a text is, for who says it in another language; null for any other text. */
export function csvNoteOf(detail: string): { note: CsvNote; lines: number } | null {
  const lines = Number(/^the first (\d+) lines/.exec(detail)?.[1] ?? 1);
  if (detail === CSV_NOTES.titles(lines)) return { note: 'titles', lines };
  return detail === CSV_NOTES.numbered() ? { note: 'numbered', lines: 0 } : null;
}
